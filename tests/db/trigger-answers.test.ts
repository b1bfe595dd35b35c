import { afterAll, expect, it } from '@jest/globals';
import { savePlan } from '../../db/plan-repository.ts';
import { recordRebalance } from '../../db/rebalance-repository.ts';
import { readLastAnsweredAtMs, readLastTriggeredAtMs } from '../../db/trigger-repository.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { waitingFor } from '../support/waiting-for.ts';

const folder = new DatabaseFolder();
afterAll(() => folder.clean());

it('tells when a plan was last made to be acted on, and when triggers asked for one', async () => {
  const { db } = await folder.memory();
  const plan = (hash: string, atMs: number) =>
    savePlan(db, { hash, atMs, mode: 'paper', status: 'planned', body: {} });
  // What somebody only looked at has no rebalance.
  await plan('seen', 9);
  expect([await readLastAnsweredAtMs(db), await readLastTriggeredAtMs(db)]).toEqual([null, null]);
  await plan('a', 5);
  await recordRebalance(db, { ...waitingFor('a'), requestedAtMs: 4 });
  expect([await readLastAnsweredAtMs(db), await readLastTriggeredAtMs(db)]).toEqual([5, null]);
  await plan('b', 3);
  const triggered = {
    ...waitingFor('b'),
    origin: { kind: 'triggers', fired: [] },
    requestedAtMs: 2,
  } as const;
  await recordRebalance(db, triggered);
  await recordRebalance(db, {
    ...triggered,
    plan: null,
    requestedAtMs: 7,
    stands: { state: 'refused', reason: 'a venue is silent', endedAtMs: 7 },
  });
  expect([await readLastAnsweredAtMs(db), await readLastTriggeredAtMs(db)]).toEqual([5, 2]);
});
