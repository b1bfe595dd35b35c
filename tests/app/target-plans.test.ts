import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { readPlans } from '../../db/plan-repository.ts';
import { readSignalHistory, readTokenMappings } from '../../db/target-repository.ts';
import type { PlanTargeting } from '../../src/app/rebalancing/plan-input-of.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import type { Plan } from '../../src/domain/rebalancing/plan.ts';
import { CASH, type TargetWeights } from '../../src/domain/rebalancing/targets.ts';
import { DEFAULT_AGGREGATION } from '../../src/domain/signals/aggregation-rules.ts';
import type { Signal } from '../../src/domain/signals/signal.ts';
import type { TargetBase, Targeting } from '../../src/domain/strategies/targeting.ts';
import type { ReadReturns } from '../../src/domain/targets/usable-returns.ts';
import { wavy } from '../domain/targets/target-fixtures.ts';
import {
  fillEvents,
  MINUTE_MS,
  openWorld,
  placeOrder,
  SECOND_MS,
  START_MS,
  submittedEvent,
  type World,
} from '../support/reconciliation-world.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const DAY_MS = 86_400_000;
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await folder.clean();
});

const STRATEGIES: TargetBase = {
  kind: 'strategies',
  strategies: [
    { id: 'trend', weightPpm: 600_000, mixPpm: { BTC: 500_000, ETH: 500_000 }, registered: [], venues: null },
  ],
  cashPpm: 400_000,
  caps: { bounds: {}, excess: 'cash' },
};

const targetingOf = (changes: Partial<Targeting> = {}): Targeting => ({
  base: STRATEGIES,
  method: { kind: 'threshold' },
  over: 'assets',
  caps: { bounds: {}, excess: 'cash' },
  returnsAgeMaxMs: 3 * DAY_MS,
  unassigned: 'hold',
  symbols: { BTC: 'BTC', ETH: 'ETH' },
  ...changes,
});

async function worldOf(
  targeting: Targeting,
  {
    database,
    mode = 'demo',
    balances,
  }: { database?: string; mode?: 'demo' | 'live'; balances?: Record<string, string> } = {},
): Promise<World> {
  const world = await openWorld({
    settings: { targeting, mode },
    ...(database === undefined ? {} : { database }),
    ...(balances === undefined ? {} : { balances }),
  });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  return world;
}

let asked = 0;

interface Made {
  readonly plan: Plan;
  readonly targeting: PlanTargeting;
  readonly targets: TargetWeights;
}

/** What a plan is made for, or why there is none. */
async function planned(world: World): Promise<Made | string> {
  asked += 1;
  const requestId = `plan-${asked}`;
  const message = {
    type: 'rebalancing.requested',
    requestId,
    approval: 'planOnly',
    reason: 'asked for',
  } as const;
  await world.harness.send({ to: 'rebalancing', message });
  await world.pass(20 * SECOND_MS);
  const refused = world.events('rebalancingRefused').find((each) => each.requestId === requestId);
  if (refused !== undefined) return refused.reason;
  const { plan } = world.events('planMade').find((each) => each.requestId === requestId)!;
  const entries = await audited(world, 'planMade');
  const body = entries.find((each) => each.requestId === requestId) as unknown as Pick<Made, 'targeting'>;
  return { plan, targeting: body.targeting, targets: body.targeting.targets };
}

function madeOf(made: Made | string): Made {
  if (typeof made === 'string') throw new Error(made);
  return made;
}

async function audited(world: World, kind: string) {
  const entries = await readAudit(world.harness.database.db, { afterSequence: 0, limit: 1_000, kind });
  return entries.map(({ body }) => body as Readonly<Record<string, unknown>>);
}

const told = (world: World, returns: ReadReturns) =>
  world.harness.send({
    to: 'portfolio',
    message: { type: 'portfolio.returnsRead', returns, uses: ['targets'] },
  });

const returnsOf = (changes: Partial<Extract<ReadReturns, { state: 'read' }>> = {}): ReadReturns => ({
  state: 'read',
  source: 'returns.csv',
  returns: { BTC: wavy(0.001, 0.02), ETH: wavy(0.001, 0.04, 0.2) },
  observations: 60,
  endsAtMs: START_MS,
  ...changes,
});

describe('a plan of strategies', () => {
  it('has their combined weights as targets, and stands with how they came about', async () => {
    const world = await worldOf(targetingOf());
    const made = await planned(world);
    expect(made).toMatchObject({
      targets: { BTC: 300_000, ETH: 300_000, CASH: 400_000 },
      targeting: { method: 'threshold', confidence: 1, sources: ['strategies of the configuration'] },
    });
    const [stored] = await readPlans(world.harness.database.db, { limit: 1 });
    expect(stored?.body).toMatchObject({ targeting: { method: 'threshold' } });
  });

  it('is made of equal risk once returns are told, and refused before, with a code in the audit log', async () => {
    const world = await worldOf(targetingOf({ method: { kind: 'risk_parity' } }));
    expect(await planned(world)).toBe(
      'targets: method.returns.file expected daily returns for risk_parity, found none: it has not been read yet',
    );
    expect(await audited(world, 'planRefused')).toMatchObject([{ code: 'RETURNS_UNKNOWN' }]);
    await told(world, returnsOf());
    const { targets } = madeOf(await planned(world));
    expect(targets.BTC! / targets.ETH!).toBeGreaterThan(1.8);
    expect(targets.CASH).toBe(400_000);
    await told(world, returnsOf({ endsAtMs: START_MS - 4 * DAY_MS }));
    expect(await planned(world)).toContain(
      'expected returns that end at most 3 days ago, found 4.01 days ago',
    );
    await told(world, { state: 'unread', source: 'returns.csv', reason: 'it cannot be read, ENOENT' });
    expect(await planned(world)).toContain('returns.csv expected daily returns');
    expect((await audited(world, 'returnsRead')).map(({ state }) => state)).toEqual([
      'read',
      'read',
      'unread',
    ]);
  });

  it('takes returns of a journal that does not say what they are for as those of the method', async () => {
    const world = await worldOf(targetingOf({ method: { kind: 'risk_parity' } }));
    const message = { type: 'portfolio.returnsRead', returns: returnsOf() } as const;
    await world.harness.send({ to: 'portfolio', message });
    expect(madeOf(await planned(world)).targets.CASH).toBe(400_000);
  });

  it('follows what a source says until it expires, also over a restart', async () => {
    const method = {
      kind: 'signals',
      rules: { sources: [{ source: 'desk', asset: 'BTC' }], reach: 0.5, cashMinPpm: 0 },
    } as const;
    const world = await worldOf(targetingOf({ method }), { database: folder.path() });
    const signal = (changes: Partial<Signal>): Signal => ({
      source: 'desk',
      asset: 'BTC',
      direction: 'short',
      strength: 1,
      confidence: 1,
      atMs: START_MS,
      expiresAtMs: START_MS + 10 * MINUTE_MS,
      ...changes,
    });
    const report = (...signals: readonly Signal[]) =>
      world.harness.send({
        to: 'portfolio',
        message: { type: 'portfolio.signalsReported', requestId: 's', by: 'bot', signals },
      });
    await report(signal({}), signal({ source: 'stranger' }));
    expect(world.events('signalsSettled')[0]?.outcomes).toMatchObject([
      { status: 'kept' },
      { status: 'refused' },
    ]);
    expect(await planned(world)).toMatchObject({ targets: { BTC: 150_000, ETH: 300_000, CASH: 550_000 } });
    await world.restart();
    await world.pass(MINUTE_MS);
    expect(await planned(world)).toMatchObject({ targets: { BTC: 150_000 } });
    await report(signal({ direction: 'long', atMs: START_MS - 1 }));
    expect(world.events('signalsSettled').at(-1)?.outcomes).toMatchObject([{ status: 'late' }]);
    await world.pass(10 * MINUTE_MS);
    expect(await planned(world)).toMatchObject({
      targets: { BTC: 300_000, ETH: 300_000, CASH: 400_000 },
      targeting: { notes: [expect.stringMatching(/^desk on BTC: expired \d+ ms ago/)] },
    });
  });

  it('follows what several sources say together, by their history, also over a restart', async () => {
    const method = {
      kind: 'signals',
      rules: {
        sources: [
          { source: 'desk', asset: 'BTC' },
          { source: 'news', asset: 'BTC' },
        ],
        reach: 1,
        cashMinPpm: 0,
        aggregation: {
          ...DEFAULT_AGGREGATION,
          sourcesMin: 2,
          silentIntervals: 99,
          limits: { BTC: { lowerPpm: 100_000 } },
        },
      },
    } as const;
    const world = await worldOf(targetingOf({ method }), { database: folder.path() });
    const signal = (source: string, minutesAgo: number, strength: number): Signal => ({
      source,
      asset: 'BTC',
      direction: 'short',
      strength,
      confidence: 1,
      atMs: START_MS - minutesAgo * MINUTE_MS,
      expiresAtMs: START_MS + DAY_MS,
    });
    const report = (...signals: readonly Signal[]) =>
      world.harness.send({
        to: 'portfolio',
        message: { type: 'portfolio.signalsReported', requestId: 's', by: 'bot', signals },
      });
    // Newest first, as no message of a bot is but a file may be: each is part of the history.
    await report(...[0, 1, 2, 3, 4, 5].map((minutes) => signal('desk', minutes, minutes === 0 ? 0.9 : 0.3)));
    expect(world.events('signalsSettled')[0]?.outcomes.map(({ status }) => status)).toEqual(
      Array.from({ length: 6 }, () => 'kept'),
    );
    expect(await planned(world)).toMatchObject({
      targets: { BTC: 300_000 },
      targeting: {
        notes: expect.arrayContaining([
          'BTC: no view, expected signals of 2 sources, found 1; its weight is as configured',
          expect.stringMatching(/^desk on BTC: extreme, damped to 17 %/),
        ]),
      },
    });
    await report(signal('news', 0, 0.4));
    const expected = {
      // 0.9 of what is left of the desk's half, and 0.4 of the half of the news.
      targets: { BTC: 300_000 * (1 - (0.9 * 0.5 * 3.5) / 20.235 - 0.4 * 0.5) },
      aggregates: [
        {
          asset: 'BTC',
          view: { direction: 'short' },
          counted: [{ dampings: [{ kind: 'extreme' }] }, { weightPpm: 500_000, dampings: [] }],
          ignored: [{ source: 'desk', code: 'replaced' }],
        },
      ],
    };
    for (const restarts of [false, true]) {
      if (restarts) await world.restart();
      await world.pass(MINUTE_MS);
      const made = madeOf(await planned(world));
      expect(made.targeting).toMatchObject({ aggregates: expected.aggregates });
      expect(Math.abs(made.targets.BTC! - expected.targets.BTC)).toBeLessThanOrEqual(2);
    }
    expect(await readSignalHistory(world.harness.database.db)).toHaveLength(7);
    const [stored] = await readPlans(world.harness.database.db, { limit: 1 });
    expect(stored?.body).toMatchObject({ targeting: { aggregates: [{ asset: 'BTC' }] } });
  });

  it('keeps adaptive targets while their score does not rise enough, also over a restart', async () => {
    const rules = { tilt: 1, tiltShareMax: 0.25, priorObservations: 0, minImprovement: 0.5 };
    const world = await worldOf(targetingOf({ method: { kind: 'adaptive', rules } }), {
      database: folder.path(),
    });
    const better = { BTC: wavy(0.003, 0.02), ETH: wavy(0.001, 0.02, 0.2) };
    await told(world, returnsOf({ returns: better }));
    const first = madeOf(await planned(world));
    await world.restart();
    await world.pass(MINUTE_MS);
    const slightly = { BTC: wavy(0.0029, 0.02), ETH: wavy(0.001, 0.02, 0.2) };
    await told(world, returnsOf({ returns: slightly }));
    const again = madeOf(await planned(world));
    expect(again.targets).toEqual(first.targets);
    expect(again.targeting.notes).toEqual([expect.stringContaining('targets stay')]);
  });
});

describe('what a strategy without a mix trades', () => {
  const base: TargetBase = {
    ...STRATEGIES,
    strategies: [{ id: 'ethTrend', weightPpm: 600_000, mixPpm: null, registered: [], venues: null }],
  };

  it('is not traded live on the word of its name until a person has confirmed it', async () => {
    const world = await worldOf(targetingOf({ base }), { mode: 'live', database: folder.path() });
    expect(await planned(world)).toContain('"trueup targets confirm ethTrend ETH", before it is traded live');
    expect(await audited(world, 'planRefused')).toMatchObject([{ code: 'TOKENS_UNCONFIRMED' }]);
    const confirm = (asset: string) =>
      world.harness.send({
        to: 'portfolio',
        message: {
          type: 'portfolio.decisionMade',
          requestId: `confirm ${asset}`,
          by: 'ann',
          decision: { kind: 'confirmToken', strategy: 'ethTrend', asset },
        },
      });
    await confirm('BTC');
    await confirm('ETH');
    expect(world.events('decisionAnswered').map(({ answer }) => answer.status)).toEqual(['refused', 'done']);
    expect(await planned(world)).toMatchObject({ targets: { ETH: 600_000, CASH: 400_000 } });
    await world.restart();
    await world.pass(MINUTE_MS);
    expect(await planned(world)).toMatchObject({ targets: { ETH: 600_000 }, targeting: { confidence: 0.6 } });
    expect(await readTokenMappings(world.harness.database.db)).toMatchObject([
      { strategy: 'ethTrend', asset: 'ETH', source: 'name', confidence: 0.6, confirmation: { by: 'ann' } },
    ]);
    expect(await audited(world, 'tokensInferred')).toHaveLength(1);
    expect(await audited(world, 'decisionMade')).toMatchObject([
      { answer: { status: 'refused' } },
      { decision: { kind: 'confirmToken', asset: 'ETH' }, answer: { status: 'done' } },
    ]);
  });

  it('is learned from the fills of the orders that name it, at the next start', async () => {
    const world = await worldOf(targetingOf({ base }), { database: folder.path() });
    const order = placeOrder(world.venue, { id: 'o-1' });
    await world.report(
      { ...submittedEvent(order), strategy: 'ethTrend' } as BookEvent,
      ...fillEvents(world.venue, order),
    );
    const other = placeOrder(world.venue, { id: 'o-2' });
    await world.report(submittedEvent(other), ...fillEvents(world.venue, other));
    await world.restart();
    await world.pass(MINUTE_MS);
    expect(await readTokenMappings(world.harness.database.db)).toMatchObject([
      { strategy: 'ethTrend', asset: 'BTC', source: 'fills', confidence: 0.9, confirmation: null },
    ]);
    expect(await planned(world)).toMatchObject({ targets: { BTC: 600_000, [CASH]: 400_000 } });
  });
});

describe('holdings that no target names', () => {
  const base: TargetBase = { kind: 'weights', weights: { BTC: 900_000, CASH: 100_000 } };
  const sides = (made: Made | string) =>
    madeOf(made).plan.orders.map(({ asset, side }) => `${side} ${asset}`);

  it('are frozen under hold, and sold under sell', async () => {
    const held = await planned(await worldOf(targetingOf({ base })));
    expect(sides(held)).not.toContain('sell ETH');
    expect(held).toMatchObject({
      targeting: { unassigned: [{ action: 'hold', asset: 'ETH', quantity: '1', reason: 'policy' }] },
    });
    const sold = await planned(await worldOf(targetingOf({ base, unassigned: 'sell' })));
    expect(sides(sold)).toContain('sell ETH');
    expect(sold).toMatchObject({ targeting: { unassigned: [{ action: 'sell', asset: 'ETH' }] } });
  });

  it('are held under adopt where no strategy wants them', async () => {
    const adopted = await planned(await worldOf(targetingOf({ base, unassigned: 'adopt' })));
    expect(sides(adopted)).not.toContain('sell ETH');
    expect(adopted).toMatchObject({
      targeting: { unassigned: [{ action: 'hold', reason: 'no strategy wants it' }] },
    });
  });

  it('stay where no strategy lets them be traded, and no plan is made where that is everywhere', async () => {
    const [trend] = STRATEGIES.strategies;
    const at = (venues: readonly string[]): TargetBase => ({
      ...STRATEGIES,
      strategies: [{ ...trend!, mixPpm: { BTC: 1_000_000 }, venues }],
    });
    const here = await planned(await worldOf(targetingOf({ base: at(['coinbase']) })));
    expect(sides(here)).toContain('sell BTC');
    expect(await planned(await worldOf(targetingOf({ base: at(['dydx']) })))).toBe(
      'targets.BTC: expected a group with a market at some venue, found none',
    );
  });
});
