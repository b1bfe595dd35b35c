import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import { saveExecution } from '../../db/execution-repository.ts';
import { MIGRATIONS } from '../../db/migrate.ts';
import { savePlan } from '../../db/plan-repository.ts';
import { readRebalances } from '../../db/rebalance-history-repository.ts';
import {
  beginRebalance,
  endRebalance,
  endUnsent,
  expireWaiting,
  type NewRebalance,
  POLICY,
  readApprovedByPolicyUsd,
  recordRebalance,
} from '../../db/rebalance-repository.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { startExecution } from '../../src/domain/rebalancing/execution-start.ts';
import { recordRebalance as recordOf } from '../../src/domain/rebalancing/history/rebalance-record.ts';
import { unknown } from '../../src/domain/rebalancing/triggers/fact.ts';
import { demoInput, planned } from '../domain/rebalancing/plan-fixtures.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const plan = planned(demoInput);
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const keepPlan = ({ db }: OpenDatabase, status: string, hash = plan.hash) =>
  savePlan(db, {
    hash,
    atMs: 1_000,
    mode: 'live',
    status,
    body: { plan: { ...plan, hash }, input: demoInput },
  });

async function facts({ db }: OpenDatabase) {
  const found = [];
  for await (const each of readRebalances(db, { order: 'oldestFirst', sinceMs: null, limit: null }))
    found.push(each);
  return found;
}

const waiting = (requestId: string): NewRebalance => ({
  requestId,
  mode: 'live',
  origin: { kind: 'bot' },
  reason: 'drift',
  approval: 'policy',
  requestedAtMs: 900,
  plan: { hash: plan.hash, plannedUsd: amount('250.5') },
  stands: { state: 'waiting', reason: '' },
});

const AFTER = unknown('a venue is not certified');

describe('the rebalances of a database', () => {
  it('begin once, end once, and only from where they stand', async () => {
    const database = await folder.memory();
    const { db } = database;
    await keepPlan(database, 'planned');
    await recordRebalance(db, waiting('r'));
    const end = { state: 'done', reason: '', after: AFTER, atMs: 3_000 } as const;
    await expect(endRebalance(db, 'r', end)).rejects.toThrow(
      'the rebalance of r is executing when it moves on',
    );
    await beginRebalance(db, 'r', { by: 'policy', atMs: 2_000 });
    await expect(beginRebalance(db, 'r', { by: 'policy', atMs: 2_001 })).rejects.toThrow('is waiting');
    const unsent = { state: 'rejected', reason: 'no', by: 'person:a', atMs: 2_500 } as const;
    await expect(endUnsent(db, 'r', unsent)).rejects.toThrow('is waiting');
    await endRebalance(db, 'r', end);
    await expect(endRebalance(db, 'r', end)).rejects.toThrow('is executing');
    expect(await expireWaiting(db, { reason: 'late', atMs: 4_000 })).toBe(0);
    expect((await facts(database)).map(({ entry }) => entry)).toMatchObject([
      { state: 'done', decidedBy: 'policy', begunAtMs: 2_000, endedAtMs: 3_000, after: AFTER },
    ]);
  });

  it('are another each time that the same request comes, and the newest moves on', async () => {
    const database = await folder.memory();
    const { db } = database;
    await keepPlan(database, 'planned');
    await recordRebalance(db, waiting('r'));
    await endUnsent(db, 'r', { state: 'expired', reason: 'late', by: null, atMs: 2_000 });
    await recordRebalance(db, waiting('r'));
    await beginRebalance(db, 'r', { by: 'bot', atMs: 3_000 });
    const found = (await facts(database)).map(({ entry }) => entry);
    expect(found).toMatchObject([{ state: 'expired' }, { state: 'executing' }]);
    expect(new Set(found.map(({ id }) => id)).size).toBe(2);
  });

  it('count for the policy what it has approved, to the digit, and since when', async () => {
    const database = await folder.memory();
    const { db } = database;
    await keepPlan(database, 'planned');
    for (const [requestId, by, atMs] of [
      ['a', POLICY, 1_000],
      ['b', POLICY, 2_000],
      ['c', 'person:a', 2_000],
      ['d', POLICY, 3_000],
    ] as const) {
      await recordRebalance(db, waiting(requestId));
      await beginRebalance(db, requestId, { by, atMs });
    }
    expect(await readApprovedByPolicyUsd(db, 2_000)).toBe('501');
    expect(await readApprovedByPolicyUsd(db, 3_001)).toBe('0');
  });

  it('have what was carried out before they were kept, with what is known of it', async () => {
    const path = folder.path('old.sqlite');
    const before = MIGRATIONS.filter(({ name }) => name < '0013');
    const old = await openDatabase(path, { nowMs: 1, migrations: before });
    const hashes = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];
    for (const [index, status] of (['done', 'executing', 'planned'] as const).entries()) {
      const hash = hashes[index] ?? '';
      await keepPlan(old, status, hash);
      if (status === 'planned') continue;
      const execution = { ...startExecution({ ...plan, hash }, demoInput) };
      await saveExecution(old.db, { requestId: `r-${index}`, execution, atMs: 5_000 });
    }
    await old.close();
    const opened = await openDatabase(path, { nowMs: 2 });
    const found = await facts(opened);
    expect(found.map(({ entry }) => entry)).toMatchObject([
      { id: hashes[0], mode: 'live', state: 'done', origin: null, requestedAtMs: null, endedAtMs: 5_000 },
      { id: hashes[1], requestId: 'r-1', state: 'executing', endedAtMs: null },
    ]);
    expect(found.map(recordOf)[0]).toMatchObject({
      plan: { hash: hashes[0] },
      after: { state: 'unknown', reason: 'it was not kept at the time' },
    });
    await endRebalance(opened.db, 'r-1', { state: 'done', reason: '', after: AFTER, atMs: 6_000 });
    await opened.close();
  });
});
