import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { CommittedStep } from '../../actors/rebalancing-work.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { findIntent } from '../../db/order-intent-repository.ts';
import { savePlan } from '../../db/plan-repository.ts';
import { recordRebalance } from '../../db/rebalance-repository.ts';
import { rebalancingRecords } from '../../src/app/rebalancing/rebalancing-records.ts';
import { sha256Hex } from '../../src/domain/hash.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { applyExecutionEvent } from '../../src/domain/rebalancing/apply-execution-event.ts';
import type { Execution } from '../../src/domain/rebalancing/execution.ts';
import { IDLE_VIEW, nextActions } from '../../src/domain/rebalancing/execution-actions.ts';
import { startExecution } from '../../src/domain/rebalancing/execution-start.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { idleReading } from '../support/idle-reading.ts';
import { SHAPES } from '../support/placement/placement-plans.ts';
import { serviceSettings } from '../support/service-settings.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { waitingFor } from '../support/waiting-for.ts';

const ACCOUNT = 'dydx1abc/0';
const OTHER_ACCOUNT = 'dydx1abc/1';

let folder: DatabaseFolder;
let database: OpenDatabase;
beforeEach(async () => {
  folder = new DatabaseFolder();
  database = await folder.memory();
});
afterEach(() => folder.clean());

/** A plan that sells at two venues at once, and the records of a service with the accounts that are given. */
async function planned(accounts: Readonly<Record<string, string | null>>, name: string) {
  const hash = sha256Hex(name);
  const shape = SHAPES.at(-1);
  if (shape === undefined) throw new Error('there is a plan for two venues');
  const [north = '', south = ''] = Object.keys(accounts);
  const names: Readonly<Record<string, string>> = { north, south };
  const begun = startExecution({ ...shape.plan, hash }, shape.input);
  const nameOf = (venue: string): string => names[venue] ?? venue;
  const execution: Execution = {
    ...begun,
    legs: begun.legs.map((leg) => ({ ...leg, venue: nameOf(leg.venue) })),
    venues: begun.venues.map((at) => ({ ...at, venue: nameOf(at.venue) })),
  };
  await savePlan(database.db, { hash, atMs: NOW_MS, mode: 'demo', status: 'planned', body: {} });
  await recordRebalance(database.db, waitingFor(hash));
  const settings = serviceSettings(
    Object.entries(accounts).map(([venue, numberedAccount]) => ({ venue, numberedAccount })),
  );
  const reading = () => idleReading(settings, NOW_MS);
  const work = rebalancingRecords({ database, settings, reading, now: () => NOW_MS });
  const readings = execution.venues.map(({ venue }) => ({
    venue,
    revision: 0,
    cashEvent: Number.MAX_SAFE_INTEGER,
    confirmed: { USD: amount('1000'), A: amount('1000'), B: amount('1000') },
  }));
  await work.begin('request', execution, { by: 'bot', readings });
  const steps: CommittedStep[] = [];
  let after = execution;
  for (const action of nextActions(execution, IDLE_VIEW)) {
    if (action.kind !== 'intend') continue;
    const { leg: sequence, quantity, reservation } = action;
    const event = { type: 'legIntended', leg: sequence, quantity, reservation } as const;
    const before = after;
    after = applyExecutionEvent(before, event);
    const leg = after.legs.find((each) => each.sequence === sequence) ?? null;
    steps.push({ requestId: 'request', before, execution: after, event, leg, prepared: null });
  }
  return { work, steps };
}

type Planned = Awaited<ReturnType<typeof planned>>;

async function intendAll({ work, steps }: Planned): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const step of steps) {
    await work.commit(step);
    ids.push((await work.findInstruction(step.leg?.intentId ?? '')).clientOrderId);
  }
  return ids;
}

describe('a client number', () => {
  it('is counted within the account, whatever its venues are called', async () => {
    expect(await intendAll(await planned({ a: ACCOUNT, b: OTHER_ACCOUNT }, 'plan-1'))).toEqual(['1', '1']);
    expect(await intendAll(await planned({ renamed: ACCOUNT, b: null }, 'plan-2'))).toEqual([
      '2',
      expect.stringMatching(/\D/),
    ]);
    expect(await intendAll(await planned({ one: ACCOUNT, two: ACCOUNT }, 'plan-3'))).toEqual(['3', '4']);
  });

  it('is committed with its order, or not at all', async () => {
    const { work, steps } = await planned({ a: ACCOUNT, b: ACCOUNT }, 'plan-1');
    const [first, second] = steps;
    if (!first || !second) throw new Error('the plan has two sells');
    // What a step writes last fails: the disk is full, or the process dies.
    await sql`create trigger no_space before insert on audit_entry begin select raise(abort, 'no space'); end`.execute(
      database.db,
    );
    // SQLite's own error is of another realm than the test's, so that only its words can be looked at.
    for (let tries = 0; tries < 3; tries++)
      await expect(work.commit(first)).rejects.toMatchObject({ message: 'no space' });
    expect(await findIntent(database.db, first.leg?.intentId ?? '')).toBeNull();
    expect(await database.db.selectFrom('account_number').selectAll().execute()).toEqual([]);
    await sql`drop trigger no_space`.execute(database.db);
    // Whichever of two orders is committed first has the first number.
    expect(await intendAll({ work, steps: [second, first] })).toEqual(['1', '2']);
  });

  it('stays with its order when the order is committed again', async () => {
    const made = await planned({ a: ACCOUNT, b: ACCOUNT }, 'plan-1');
    expect(await intendAll(made)).toEqual(['1', '2']);
    expect(await intendAll(made)).toEqual(['1', '2']);
    const next = await planned({ a: ACCOUNT, b: ACCOUNT }, 'plan-2');
    expect(await intendAll(next)).toEqual(['3', '4']);
  });
});
