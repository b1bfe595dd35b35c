import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCashAccount } from '../../db/venue-cash-repository.ts';
import { EXECUTION_DEFAULTS } from '../../src/app/portfolio/service-settings.ts';
import { listRebalances } from '../../src/app/rebalancing/list-rebalances.ts';
import { type Amount, add, amount, isLess, isMore, multiply, ZERO } from '../../src/domain/money/amount.ts';
import type { VenueServer } from '../../src/exchanges/simulated/simulated-venue.ts';
import type { SimulatedVenueEngine } from '../../src/exchanges/simulated/venue-engine.ts';
import { type DydxVariant, dydxBeside } from '../support/other-venues.ts';
import { MINUTE_MS, openWorld, type World } from '../support/reconciliation-world.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

/** Of the market at the simulated dYdX: 6 · (5 % − 3 %) / 8 an hour. */
const FUNDING_MAX = amount('0.015');
const PERPETUAL = 'perpetual:BTC-USD';

const worlds: World[] = [];
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await folder.clean();
});

/** Beside Coinbase, which may trade ETH alone: 10 000 USDC and a long of 0.1 BTC at dYdX, and all of it is wanted in BTC. */
async function opened(variant: DydxVariant = {}) {
  const found: { dydx?: SimulatedVenueEngine; server?: VenueServer } = {};
  const world = await openWorld({
    database: folder.path(),
    balances: { USD: '3000', BTC: '0', ETH: '1' },
    venue: { markets: ['ETH-USD'] },
    others: async (clock, now) => {
      const beside = await dydxBeside(clock, now, 'included', variant);
      found.dydx = beside.venue;
      found.server = beside.server;
      return [beside];
    },
    settings: {
      targets: { BTC: '0.99', ETH: '0.01', CASH: '0' },
      limits: {
        maxSlippageBps: amount('50'),
        minTradeUsd: amount('10'),
        maxOrderUsd: amount('4000'),
        minCashUsd: amount('20'),
      },
      execution: { ...EXECUTION_DEFAULTS, replansMax: 0 },
    },
  });
  worlds.push(world);
  await world.pass(2 * MINUTE_MS);
  const { dydx, server } = found;
  if (dydx === undefined || server === undefined) throw new Error('expected a dYdX beside Coinbase');
  return { world, dydx, server };
}

async function ask(world: World): Promise<void> {
  await world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId: 'r', approval: 'approved', reason: 'drift' },
  });
}

async function ordersAtDydx(world: World) {
  const [record] = await listRebalances(world.harness.database.db, { sinceMs: null, limit: 1 });
  return (record?.plan?.orders ?? []).filter(({ venue }) => venue === 'dydx');
}

async function rebalanced(world: World) {
  await ask(world);
  await world.pass(5 * MINUTE_MS);
  return ordersAtDydx(world);
}

const usdc = (dydx: SimulatedVenueEngine): Amount =>
  dydx.balances().find(({ asset }) => asset === 'USDC')?.available ?? ZERO;

const sizeAt = (dydx: SimulatedVenueEngine): Amount => dydx.positions()[0]?.size ?? ZERO;

describe('a rebalance at dYdX', () => {
  it('leaves the worst funding of all that is then open above the floor, and no more', async () => {
    const { world, dydx } = await opened();
    const before = sizeAt(dydx);
    const orders = await rebalanced(world);
    expect(orders.length).toBeGreaterThan(1);
    for (const order of orders) expect(order).toMatchObject({ side: 'buy', status: 'filled' });
    expect(isMore(sizeAt(dydx), multiply(before, amount('2')))).toBe(true);
    // At the highest mark that is reckoned with: 5 % above.
    const worst = multiply(multiply(sizeAt(dydx), amount('63000')), FUNDING_MAX);
    expect(isLess(usdc(dydx), add(worst, amount('20')))).toBe(false);
    // What is left beyond is what limits and fees were reckoned with and did not take: half a percent of what was spent.
    expect(isLess(usdc(dydx), add(worst, amount('120')))).toBe(true);
    dydx.settleFunding(multiply(FUNDING_MAX, amount('1.05')));
    expect(isLess(usdc(dydx), amount('20'))).toBe(false);
  });

  it('has it in the floor of the account, and takes no more for others', async () => {
    const { world, dydx } = await opened();
    await rebalanced(world);
    const account = await readCashAccount(world.harness.database.db, { venue: 'dydx', asset: 'USDC' });
    const worst = multiply(multiply(sizeAt(dydx), amount('63000')), FUNDING_MAX);
    expect(account).toMatchObject({ confirmed: usdc(dydx), reserved: '0', halted: null });
    expect(isLess(account?.floor ?? ZERO, add(worst, amount('20')))).toBe(false);
  });

  it('goes on where a payment comes in the middle, which takes of what was kept for it and breaks no premise', async () => {
    const { world, dydx, server } = await opened();
    // The answer to the first order takes a while.
    server.inject({ fault: { kind: 'latency', delayMs: 20_000 }, endpoint: 'RPC broadcast', count: 1 });
    await ask(world);
    for (let waits = 0; waits < 300 && dydx.orders().length === 0; waits += 1) await world.pass(100);
    expect(dydx.orders()).not.toEqual([]);
    expect(world.events('rebalancingEnded')).toEqual([]);
    const [payment] = dydx.settleFunding(FUNDING_MAX);
    await world.report({
      type: 'portfolio.fundingReported',
      eventId: 'funding',
      venue: 'dydx',
      asset: 'USDC',
      amount: payment?.payment ?? ZERO,
      market: 'BTC-USD',
      activityId: null,
      atMs: world.harness.clock.now(),
    });
    await world.pass(5 * MINUTE_MS);
    expect(world.events('rebalancingEnded')).toMatchObject([{ outcome: 'done' }]);
    expect(isLess(usdc(dydx), amount('20'))).toBe(false);
    const { db } = world.harness.database;
    expect(await readCashAccount(db, { venue: 'dydx', asset: 'USDC' })).toMatchObject({ halted: null });
    const audited = await db.selectFrom('audit_entry').select('kind').execute();
    expect(audited.map(({ kind }) => kind).filter((kind) => kind.startsWith('cash'))).toEqual([]);
  });

  it('buys nothing there where the venue does not tell what it asks, and says so', async () => {
    const { world, dydx } = await opened({ tellsMargins: false });
    const before = usdc(dydx);
    const orders = await rebalanced(world);
    expect(orders).toEqual([]);
    expect(usdc(dydx)).toBe(before);
    const plans = world.events('planMade');
    expect(plans.at(-1)?.plan.skipped.find(({ asset }) => asset === PERPETUAL)?.reason).toContain(
      'nothing is bought at dydx while 0.1 of perpetual:BTC-USD is open, and what perpetual:BTC-USD asks is not known: the venue gives no maintenance margin',
    );
  });
});

describe('a short at dYdX', () => {
  it('is closed by a reduce-only buy and not turned, whatever is wanted', async () => {
    const { world, dydx } = await opened({ size: '-0.1' });
    const orders = await rebalanced(world);
    for (const order of orders) expect(order).toMatchObject({ side: 'buy', status: 'filled' });
    for (const order of dydx.orders()) expect(order).toMatchObject({ side: 'buy', reduceOnly: true });
    expect(dydx.positions()).toEqual([]);
    expect(orders.reduce((total, order) => add(total, order.plannedQuantity), ZERO)).toBe('0.1');
  });

  it('is closed also where free collateral at the worst mark is less than the floor', async () => {
    // 9 300 of the 10 000 came from it: at 63 000 it owes 9 765 and asks 488.
    const { world, dydx } = await opened({ size: '-0.155' });
    await rebalanced(world);
    expect(dydx.positions()).toEqual([]);
    expect(isLess(usdc(dydx), amount('20'))).toBe(false);
  });
});

describe('a liquidation', () => {
  const killSwitch = (world: World) => world.harness.service.reading().state.killSwitch;
  const modes = (world: World) =>
    ['coinbase', 'dydx'].map((venue) => world.harness.service.reading().state.venues.get(venue)?.gates?.mode);

  const reconciled = async (world: World, requestId: string): Promise<void> => {
    const message = { type: 'reconciliation.requested', requestId } as const;
    await world.harness.send({ to: 'reconciliation', venue: 'dydx', message });
    await world.pass(MINUTE_MS);
  };

  it('stops trading everywhere with the read that shows it, until a person re-arms it, and once', async () => {
    const { world, dydx } = await opened();
    expect(modes(world)).toEqual(['active', 'active']);
    dydx.liquidate('BTC-USD');
    await reconciled(world, 'after the liquidation');
    expect(killSwitch(world)).toMatchObject({ isOn: true, by: 'reconciliation:dydx' });
    expect(killSwitch(world).reason).toMatch(/^dydx: a liquidation sold 0\.1 in BTC-USD at 59\d+, fill /);
    expect(modes(world)).toEqual(['halted', 'halted']);
    expect(world.events('tradingStopped')).toHaveLength(1);
    expect(await rebalanced(world)).toEqual([]);
    await world.harness.send({
      to: 'portfolio',
      message: {
        type: 'portfolio.decisionMade',
        requestId: 'd',
        by: 'person:ann',
        decision: { kind: 'rearmTrading', reason: 'looked at it' },
      },
    });
    await reconciled(world, 'after the re-arming');
    expect(killSwitch(world)).toMatchObject({ isOn: false, by: 'person:ann' });
    await world.restart();
    await reconciled(world, 'after the restart');
    expect(killSwitch(world)).toMatchObject({ isOn: false, by: 'person:ann' });
    expect(world.events('tradingStopped')).toHaveLength(1);
    expect(sizeAt(dydx)).toBe('0');
  });
});
