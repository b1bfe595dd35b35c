import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { readAudit } from '../../db/audit-repository.ts';
import { ordersQuery } from '../../db/rebalance-history-repository.ts';
import { EXECUTION_DEFAULTS } from '../../src/app/portfolio/service-settings.ts';
import { findRebalance, listRebalances } from '../../src/app/rebalancing/list-rebalances.ts';
import { add, amount, multiply, subtract, sum } from '../../src/domain/money/amount.ts';
import type { RecordedPlan } from '../../src/domain/rebalancing/history/rebalance-record.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import {
  MINUTE_MS,
  openWorld,
  SECOND_MS,
  START_MS,
  type World,
  type WorldOptions,
} from '../support/reconciliation-world.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const folder = new DatabaseFolder();
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => folder.clean());

/** 0.8 BTC, 1 ETH and 3000 USD at one Coinbase account, and nine tenths of it in BTC; 40 % is wanted. */
async function opened(options: WorldOptions = {}, settings: WorldOptions['settings'] = {}): Promise<World> {
  const world = await openWorld({
    ...options,
    settings: {
      targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
      limits: {
        ...DEFAULT_LIMITS,
        maxOrderUsd: amount('40000'),
        maxSlippageBps: amount('50'),
        minTradeUsd: amount('10'),
      },
      // What came short stays so, for the history to say.
      execution: { ...EXECUTION_DEFAULTS, replansMax: 0 },
      ...settings,
    },
  });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  return world;
}

const ask = (world: World, approval: 'approved' | 'ask' | 'policy' | 'planOnly', requestId = 'r-1') =>
  world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId, approval, reason: 'drift' },
  });

async function rebalanced(world: World, requestId = 'r-1') {
  await ask(world, 'approved', requestId);
  await world.pass(5 * MINUTE_MS);
  return newest(world);
}

const history = (world: World) => listRebalances(world.harness.database.db, { sinceMs: null, limit: 100 });

async function newest(world: World) {
  const [found] = await history(world);
  if (!found) throw new Error('a rebalance was asked for');
  return found;
}

function planOf({ plan }: { readonly plan: RecordedPlan | null }): RecordedPlan {
  if (plan === null) throw new Error('a plan was made');
  return plan;
}

const a = amount;
const known = (value: unknown) => ({ state: 'known', value });

describe('the history of rebalances', () => {
  it('has a sell that fills partly, to the last digit, and the buys that shrink for it', async () => {
    const world = await opened();
    world.venue.limitNextFill(a('0.4'));
    const record = await rebalanced(world);
    const plan = planOf(record);
    expect(record).toMatchObject({
      mode: 'demo',
      origin: { kind: 'bot' },
      reason: 'drift',
      approval: 'approved',
      decidedBy: 'bot',
      state: 'done',
    });
    expect(record.requestedAtMs).toBe(START_MS + MINUTE_MS);
    const [sell, ...others] = plan.orders;
    if (!sell) throw new Error('the plan sells BTC');
    // The venue's own fills are what the book must have been told.
    const fills = world.venue.fills().filter(({ side }) => side === 'sell');
    const quantity = sum(fills.map((fill) => fill.quantity));
    const quote = sum(fills.map(({ quoteAmount }) => quoteAmount));
    const fee = sum(fills.map((fill) => fill.fee.amount));
    expect(multiply(sell.plannedQuantity, a('0.4')).startsWith(quantity.slice(0, 8))).toBe(true);
    const shortfallUsd = subtract(multiply(quantity, sell.midPrice), quote);
    expect(sell).toMatchObject({
      side: 'sell',
      market: 'BTC-USD',
      midPrice: '60000',
      orderedQuantity: sell.plannedQuantity,
      filledQuantity: known(quantity),
      averageFillPrice: known('59988'),
      fees: known([{ asset: 'USD', amount: fee }]),
      status: 'partlyFilled',
      realisedCost: known({
        shortfallUsd,
        feesUsd: fee,
        totalUsd: add(shortfallUsd, fee),
        turnoverUsd: multiply(quantity, a('60000')),
      }),
    });
    // What fills at the touch costs what the plan expected of it.
    expect(sell.realisedCost).toEqual(sell.expectedCostOfFilled);
    expect(Number(sell.expectedCost.totalUsd) * 0.4).toBeCloseTo(Number(add(shortfallUsd, fee)), 4);
    expect(others.length).toBeGreaterThan(0);
    for (const buy of others) {
      expect(buy).toMatchObject({ side: 'buy', market: 'ETH-USD' });
      expect(Number(buy.orderedQuantity)).toBeLessThan(Number(buy.plannedQuantity));
    }
    expect(record.shortfall).toContain(`sell 1 in BTC-USD at coinbase filled ${quantity} of`);
  });

  it('has a plan that came short, and the one that followed for the same request', async () => {
    const world = await opened({}, { execution: EXECUTION_DEFAULTS });
    world.venue.limitNextFill(a('0.4'));
    await rebalanced(world);
    const [second, first, ...others] = await history(world);
    expect(others).toEqual([]);
    expect([first?.requestId, second?.requestId]).toEqual(['r-1', 'r-1']);
    expect(first?.plan?.orders.map(({ status }) => status)).toContain('partlyFilled');
    expect(new Set(second?.plan?.orders.map(({ status }) => status))).toEqual(new Set(['filled']));
    expect(Number(planOf(second as never).drift.before)).toBeLessThan(
      Number(planOf(first as never).drift.before),
    );
    const ended = world.harness.events.filter(({ type }) => type === 'rebalancingEnded');
    expect(ended).toHaveLength(1);
  });

  it('has the weights that the certified book had afterwards, and not those that were expected', async () => {
    const world = await opened();
    world.venue.limitNextFill(a('0.4'));
    const record = await rebalanced(world);
    const { weights, drift } = planOf(record);
    const value = { BTC: Number(world.held('BTC')) * 60_000, ETH: Number(world.held('ETH')) * 3_000 };
    const nav = value.BTC + value.ETH + Number(world.held('USD'));
    if (record.after.state === 'unknown') throw new Error(record.after.reason);
    const { value: after } = record.after;
    expect(Number(after.navUsd)).toBeCloseTo(nav, 6);
    expect(Number(after.weights.BTC)).toBeCloseTo(value.BTC / nav, 9);
    expect(Number(after.weights.BTC)).toBeGreaterThan(Number(weights.afterExpected.BTC) + 0.1);
    expect(Number(after.drift)).toBeGreaterThan(Number(drift.afterExpected) + 0.1);
    expect(Number(after.drift)).toBeLessThan(Number(drift.before));
  });

  it('does not know what an order has done whose answer never came, while it is under way', async () => {
    const world = await opened();
    world.inject({ kind: 'latency', delayMs: 25_000 }, 'POST /api/v3/brokerage/orders', 1);
    await ask(world, 'approved');
    await world.pass(10 * SECOND_MS);
    const record = await newest(world);
    expect(record).toMatchObject({
      state: 'executing',
      endedAtMs: null,
      after: { state: 'unknown', reason: 'it is under way' },
    });
    const plan = planOf(record);
    expect(plan.orders[0]).toMatchObject({
      filledQuantity: { state: 'unknown' },
      realisedCost: { state: 'unknown' },
    });
    expect(new Set(plan.orders.slice(1).map(({ clientOrderId }) => clientOrderId))).toEqual(new Set([null]));
    expect(plan.cost.realised.state).toBe('unknown');
    await world.pass(10 * MINUTE_MS);
    const end = await newest(world);
    expect(end).toMatchObject({ id: record.id, state: 'done', after: { state: 'known' } });
    expect(planOf(end).cost.realised.state).toBe('known');
  });

  it('goes on in the same record after a restart', async () => {
    const world = await opened({ database: folder.path('restart.sqlite') });
    world.inject({ kind: 'answerLost' }, 'POST /api/v3/brokerage/orders', 1);
    await ask(world, 'approved');
    await world.pass(SECOND_MS);
    await world.restart();
    await world.pass(10 * MINUTE_MS);
    expect(await history(world)).toMatchObject([{ state: 'done', after: { state: 'known' } }]);
    expect(planOf(await newest(world)).cost.realised.state).toBe('known');
  });

  it('tells of what was not carried out how it ended, who wanted it so, and that nothing was sent', async () => {
    const world = await opened();
    const decide = async (decision: 'approve' | 'reject') => {
      const { hash } = planOf(await newest(world));
      const message = { type: 'rebalancing.planDecided', planHash: hash, decision, by: 'person:a' } as const;
      await world.harness.send({ to: 'rebalancing', message });
    };
    await ask(world, 'ask', 'rejected');
    await world.pass(10 * SECOND_MS);
    expect(await newest(world)).toMatchObject({ state: 'waiting', stateReason: 'a person was asked for' });
    await decide('reject');
    await ask(world, 'ask', 'late');
    await world.pass(11 * MINUTE_MS);
    await ask(world, 'ask', 'aborted');
    await world.pass(10 * SECOND_MS);
    const abort = { type: 'rebalancing.abortRequested', by: 'person:b', reason: 'not now' } as const;
    await world.harness.send({ to: 'rebalancing', message: abort });
    world.inject({ kind: 'serverError', status: 500 }, '/accounts', 1_000);
    await ask(world, 'approved', 'uncertified');
    await world.pass(5 * MINUTE_MS);
    const nothing = { plan: { cost: { realised: known(expect.objectContaining({ totalUsd: '0' })) } } };
    expect((await history(world)).toReversed()).toMatchObject([
      {
        state: 'rejected',
        decidedBy: 'person:a',
        after: { state: 'unknown', reason: 'no order was sent' },
        ...nothing,
      },
      { state: 'expired', decidedBy: null, stateReason: 'nobody approved the plan in time', ...nothing },
      { state: 'aborted', decidedBy: 'person:b', begunAtMs: null, ...nothing },
      {
        state: 'refused',
        plan: null,
        stateReason: 'no plan on an uncertified venue: coinbase is inconclusive',
      },
    ]);
    expect(world.venue.orders()).toEqual([]);
    const { db } = world.harness.database;
    const kept = await readAudit(db, { afterSequence: 0, limit: 1_000, kind: 'rebalanceUnsent' });
    expect(kept.map(({ actor, body }) => [actor, (body as { state: string }).state])).toEqual([
      ['person:a', 'rejected'],
      ['rebalancing', 'expired'],
      ['person:b', 'aborted'],
      ['rebalancing', 'refused'],
    ]);
  });

  it('names the person who approved a plan', async () => {
    const world = await opened();
    await ask(world, 'ask');
    await world.pass(10 * SECOND_MS);
    const { hash } = planOf(await newest(world));
    const message = {
      type: 'rebalancing.planDecided',
      planHash: hash,
      decision: 'approve',
      by: 'person:a',
    } as const;
    await world.harness.send({ to: 'rebalancing', message });
    await world.pass(5 * MINUTE_MS);
    expect(await newest(world)).toMatchObject({ state: 'done', decidedBy: 'person:a', approval: 'ask' });
  });

  it('has expired what waited for a person when the service ended', async () => {
    const world = await opened({ database: folder.path('waiting.sqlite') });
    await ask(world, 'ask');
    await world.pass(10 * SECOND_MS);
    await world.restart();
    await world.pass(SECOND_MS);
    expect(await newest(world)).toMatchObject({
      state: 'expired',
      stateReason: 'the service ended before anybody decided',
    });
  });

  it('has no entry for a plan that was only asked for', async () => {
    const world = await opened();
    await ask(world, 'planOnly');
    await world.pass(MINUTE_MS);
    expect(world.events('planMade')).toHaveLength(1);
    expect(await history(world)).toEqual([]);
  });

  it('has what the limits refused, with the limit', async () => {
    const limits = { ...DEFAULT_LIMITS, minimumBalanceUsd: a('1000000') };
    const record = await rebalanced(await opened({}, { limits }));
    expect(record).toMatchObject({ state: 'refused', plan: null });
    expect(record.stateReason).toMatch(/^minimumBalanceUsd: /);
  });

  it('makes the same plan in paper, live and demo, to the hash, and tells of paper that it planned only', async () => {
    const live = await opened({}, { mode: 'live' });
    const paper = await opened({}, { mode: 'paper' });
    const done = await rebalanced(live);
    const onPaper = await rebalanced(paper);
    const inDemo = await rebalanced(await opened({}, { mode: 'demo' }));
    expect(planOf(onPaper).hash).toBe(planOf(done).hash);
    expect(planOf(inDemo).hash).toBe(planOf(done).hash);
    expect(onPaper).toMatchObject({
      mode: 'paper',
      state: 'planned',
      stateReason: 'paper mode sends no order',
      begunAtMs: null,
    });
    expect(done).toMatchObject({ mode: 'live', state: 'done' });
    expect(paper.venue.orders()).toEqual([]);
    expect(planOf(onPaper).orders.length).toBeGreaterThan(0);
    for (const order of planOf(onPaper).orders)
      expect(order).toMatchObject({ status: 'planned', filledQuantity: known('0') });
  });

  it('is read newest first, page by page, and one by the beginning of its id or of its plan', async () => {
    const world = await opened({}, { limits: { ...DEFAULT_LIMITS, minimumBalanceUsd: a('1000000') } });
    for (let n = 0; n < 25; n++) {
      await ask(world, 'approved', `r-${n}`);
      await world.pass(SECOND_MS);
    }
    const { db } = world.harness.database;
    const all = await history(world);
    expect(all.map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 25 }, (_, n) => `r-${24 - n}`),
    );
    const since = all[9]?.requestedAtMs ?? null;
    expect(await listRebalances(db, { sinceMs: since, limit: 100 })).toHaveLength(10);
    expect(await listRebalances(db, { sinceMs: null, limit: 21 })).toHaveLength(21);
    const id = all[22]?.id ?? '';
    expect(await findRebalance(db, id.slice(0, 12))).toMatchObject({ state: 'found', rebalance: { id } });
    expect(await findRebalance(db, 'zzzz')).toEqual({ state: 'none' });
    expect((await findRebalance(db, '')).state).toBe('several');
  });

  it('finds the fills of orders by an index, and not by reading the book', async () => {
    const world = await opened();
    const { db } = world.harness.database;
    const { sql: text } = ordersQuery(['a', 'b']).compile(db);
    const { rows } = await sql<{ detail: string }>`explain query plan ${sql.raw(
      text.replaceAll('?', "'a'"),
    )}`.execute(db);
    const details = rows.map(({ detail }) => detail).join('\n');
    expect(details).toMatch(/SEARCH book_event USING INDEX book_event_fill_by_order/);
    expect(details).not.toMatch(/SCAN/);
  });
});

describe('a plan that the policy decides on', () => {
  const within = (limits: { maxUsd?: string; maxNavFraction?: string; maxUsdPerDay?: string }) => ({
    triggers: {
      triggers: [],
      combination: 'any' as const,
      gates: { confirmations: 2, confirmationSpacingMs: 0, minIntervalMs: 0 },
      checkIntervalMs: 24 * 60 * MINUTE_MS,
      approval: {
        kind: 'policy' as const,
        limits: {
          maxUsd: a(limits.maxUsd ?? '1000000'),
          maxNavFraction: a(limits.maxNavFraction ?? '1'),
          maxUsdPerDay: a(limits.maxUsdPerDay ?? '1000000'),
        },
      },
    },
  });

  it('is carried out within the limits, and the policy is who approved it', async () => {
    const world = await opened({}, { mode: 'live', ...within({}) });
    await ask(world, 'policy');
    await world.pass(5 * MINUTE_MS);
    expect(await newest(world)).toMatchObject({ state: 'done', approval: 'policy', decidedBy: 'policy' });
  });

  it('waits for a person beyond them, and says which', async () => {
    const world = await opened({}, { mode: 'live', ...within({ maxUsd: '1000' }) });
    await ask(world, 'policy');
    await world.pass(MINUTE_MS);
    expect(await newest(world)).toMatchObject({
      state: 'waiting',
      stateReason: expect.stringMatching(/above maxUsd 1000$/),
    });
    expect(world.venue.orders()).toEqual([]);
  });

  it('waits for a person once the day is used up', async () => {
    const world = await opened({}, { mode: 'live', ...within({ maxUsdPerDay: '60000' }) });
    await ask(world, 'policy', 'first');
    await world.pass(5 * MINUTE_MS);
    expect(await newest(world)).toMatchObject({ state: 'done', decidedBy: 'policy' });
    world.venue.deposit('USD', a('30000'));
    await world.report({
      type: 'portfolio.depositReported',
      eventId: 'deposit',
      venue: 'coinbase',
      asset: 'USD',
      amount: a('30000'),
      activityId: null,
      atMs: world.harness.clock.now(),
    });
    await world.reconcile();
    await ask(world, 'policy', 'second');
    await world.pass(MINUTE_MS);
    expect(await newest(world)).toMatchObject({
      requestId: 'second',
      state: 'waiting',
      stateReason: expect.stringMatching(/within 24 hours, above maxUsdPerDay 60000$/),
    });
  });

  it('waits for a person where there is no policy with limits', async () => {
    const world = await opened({}, { mode: 'live' });
    await ask(world, 'policy');
    await world.pass(MINUTE_MS);
    expect(await newest(world)).toMatchObject({ state: 'waiting', stateReason: 'the policy has no limits' });
  });
});
