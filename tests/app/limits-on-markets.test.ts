import { afterEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { EXECUTION_DEFAULTS, type ServiceSettings } from '../../src/app/portfolio/service-settings.ts';
import { listRebalances } from '../../src/app/rebalancing/list-rebalances.ts';
import { amount, isMore, multiply } from '../../src/domain/money/amount.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '../../src/domain/risk/risk-limits.ts';
import type { MarketRules } from '../../src/exchanges/simulated/market-rules.ts';
import { dydxBeside } from '../support/other-venues.ts';
import {
  MINUTE_MS,
  openWorld,
  SECOND_MS,
  spot,
  TEST_PRICES,
  type World,
  type WorldOptions,
} from '../support/reconciliation-world.ts';

const HOUR_MS = 60 * MINUTE_MS;
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** 54 000 USD, nine tenths of it in BTC; less of it is wanted, and ETH for it. */
async function opened(
  limits: RiskLimits,
  { settings, ...more }: WorldOptions & { readonly settings?: Partial<ServiceSettings> } = {},
): Promise<World> {
  const world = await openWorld({
    ...more,
    settings: {
      targets: { BTC: '0.6', ETH: '0.2', CASH: '0.2' },
      limits: {
        ...DEFAULT_LIMITS,
        maxOrderUsd: amount('40000'),
        maxSlippageBps: amount('50'),
        ...limits,
      },
      execution: { ...EXECUTION_DEFAULTS, replansMax: 0, release: 'barrier' },
      ...settings,
    },
  });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  return world;
}

let asked = 0;
async function rebalance(world: World, ms = 30 * SECOND_MS): Promise<Audited> {
  asked += 1;
  const requestId = `r-${asked}`;
  await world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId, approval: 'approved', reason: 'drift' },
  });
  await world.pass(ms);
  const entries = await readAudit(world.harness.database.db, { afterSequence: 0, limit: 1_000 });
  const made = entries
    .filter(({ kind }) => kind === 'planMade' || kind === 'planRefused')
    .map(({ kind, body }) => ({ kind, ...(body as object) }) as Audited)
    .find((entry) => entry.requestId === requestId);
  if (made === undefined) throw new Error(`${requestId} is answered`);
  return made;
}

interface Audited {
  readonly kind: string;
  readonly requestId: string;
  readonly reason?: string;
  readonly plan?: { readonly skipped: readonly { readonly asset: string; readonly reason: string }[] };
  readonly risk: {
    readonly findings: readonly {
      readonly limit: string;
      readonly action: string;
      readonly subject: object;
      readonly reason: string;
    }[];
    readonly notEvaluated: readonly { readonly limit: string; readonly missing: string }[];
  };
}

const sold = (world: World, asset: string) =>
  world.venue
    .orders()
    .filter(({ market }) => market === `${asset}-USD`)
    .map(({ quantity }) => multiply(quantity, TEST_PRICES.priceAt(asset)));

/** Told by the venue as long as it is not null. */
function traded(base: string, dayQuoteVolume: string | null) {
  const rules = {
    ...spot(base),
    ...(dayQuoteVolume === null ? {} : { dayQuoteVolume: amount(dayQuoteVolume) }),
  };
  return rules as MarketRules & { dayQuoteVolume?: MarketRules['dayQuoteVolume'] };
}

describe('the volume of a market', () => {
  const limits = { maxOrderPctADV: amount('1') };

  it('cuts orders in it; where it is not told nothing is cut, and the limit is named as not evaluated', async () => {
    const world = await opened(limits, { markets: [traded('BTC', '500000'), traded('ETH', null)] });
    const { risk } = await rebalance(world);
    const ofBtc = sold(world, 'BTC');
    expect(ofBtc).toHaveLength(4);
    for (const value of ofBtc) expect(isMore(value, amount('5000'))).toBe(false);
    const ofEth = sold(world, 'ETH');
    expect(ofEth).toHaveLength(1);
    expect(isMore(ofEth[0] ?? amount('0'), amount('7000'))).toBe(true);
    expect(risk.notEvaluated).toEqual([
      { limit: 'maxOrderPctADV', missing: 'the volume of 24 hours of ETH-USD at coinbase' },
    ]);
  });

  it('has to be told where somebody wrote the limit: an order in a market without it is left out', async () => {
    const world = await opened(limits, {
      markets: [traded('BTC', '500000'), traded('ETH', null)],
      settings: { limitsWritten: ['maxOrderPctADV'] },
    });
    const { plan } = await rebalance(world);
    expect(sold(world, 'BTC').length).toBeGreaterThan(0);
    expect(sold(world, 'ETH')).toEqual([]);
    expect(plan?.skipped).toMatchObject([
      {
        asset: 'ETH',
        reason: expect.stringMatching(/^maxOrderPctADV: .* volume .* ETH-USD at coinbase is not known$/),
      },
    ]);
  });

  it('lets nothing be traded where it is zero', async () => {
    const world = await opened(limits, { markets: [traded('BTC', '500000'), traded('ETH', '0')] });
    const { plan } = await rebalance(world);
    expect(sold(world, 'ETH')).toEqual([]);
    expect(plan?.skipped).toMatchObject([
      { asset: 'ETH', reason: expect.stringMatching(/an order here may be worth 0 at most/) },
    ]);
  });

  it('leaves out a buy where it has shrunk since the plan, between the sells and the buys', async () => {
    const eth = traded('ETH', '10000000');
    const world = await opened(limits, { markets: [traded('BTC', '10000000'), eth] });
    world.inject({ kind: 'latency', delayMs: 25_000 }, 'POST /api/v3/brokerage/orders', 1);
    await world.harness.send({
      to: 'rebalancing',
      message: { type: 'rebalancing.requested', requestId: 'r', approval: 'approved', reason: 'drift' },
    });
    await world.pass(10 * SECOND_MS);
    expect(world.venue.orders().map(({ side }) => side)).toEqual(['sell']);
    Object.assign(eth, { dayQuoteVolume: amount('100000') });
    await world.reconcile();
    await world.pass(5 * MINUTE_MS);
    const [record] = await listRebalances(world.harness.database.db, { sinceMs: null, limit: 1 });
    const [sell, buy] = record?.plan?.orders ?? [];
    expect(sell).toMatchObject({ side: 'sell', status: 'filled' });
    expect(buy).toMatchObject({ side: 'buy', status: 'skipped' });
    expect(buy?.reason).toMatch(
      /^maxOrderPctADV: an order of \d+\.\d+ is \d+\.\d+ % of the volume of 24 hours of ETH-USD at coinbase, at most 1.2 % may be$/,
    );
  });
});

describe('the price of an asset', () => {
  const { priceDeviation, priceStaleness, frozenShare } = DEFAULT_RISK_LIMITS;
  const limits = { priceDeviation, priceStaleness: { ...priceStaleness, tradeMs: 60_000 } };
  const often = { pollIntervalMs: 20_000 };
  /** Bitcoin is 60 000 at dYdX all the time. */
  const feedOf = (btc: { price: string }) => ({
    priceAt: (asset: string) => (asset === 'BTC' ? amount(btc.price) : TEST_PRICES.priceAt(asset)),
  });
  const besides: WorldOptions['others'] = async (clock, now) => [await dydxBeside(clock, now)];
  const deviating = ({ risk }: Audited) =>
    risk.findings.filter(({ limit }) => limit === 'priceDeviation').map(({ subject }) => subject);

  it('has the other venues as sources, and is traded at while they agree', async () => {
    const btc = { price: '61000' };
    const world = await opened(limits, { prices: feedOf(btc), others: besides, reconciliation: often });
    const { kind, risk } = await rebalance(world);
    expect([kind, risk.findings]).toEqual(['planMade', []]);
    // Ether has one source, and what that is is said.
    expect(risk.notEvaluated).toEqual([
      { limit: 'priceDeviation', missing: 'a second source of the price of ETH' },
    ]);
    expect(sold(world, 'BTC').length).toBeGreaterThan(0);
  });

  it('freezes the asset where two of them lie too far apart, and the plan where that is too much of it', async () => {
    const btc = { price: '61500' };
    const more = { prices: feedOf(btc), others: besides, reconciliation: often };
    const world = await opened(limits, more);
    const frozen = await rebalance(world);
    expect(deviating(frozen)).toEqual(
      expect.arrayContaining([
        { kind: 'market', venue: 'coinbase', asset: 'BTC' },
        { kind: 'market', venue: 'dydx', asset: 'perpetual:BTC-USD' },
      ]),
    );
    expect(sold(world, 'BTC')).toEqual([]);
    const whole = await opened({ ...limits, frozenShare }, more);
    expect(await rebalance(whole)).toMatchObject({
      kind: 'planRefused',
      reason: expect.stringMatching(/^frozenShare: \d+(\.\d+)? of the portfolio have no usable price/),
    });
  });

  it('freezes it for a minute where it jumped by more than a tenth', async () => {
    const btc = { price: '60000' };
    const world = await opened(limits, { prices: feedOf(btc), reconciliation: often });
    btc.price = '66001';
    await world.pass(25 * SECOND_MS);
    const frozen = await rebalance(world, 5 * SECOND_MS);
    expect(deviating(frozen)).toContainEqual({ kind: 'market', venue: 'coinbase', asset: 'BTC' });
    expect(JSON.stringify(frozen.risk.findings)).toMatch(
      /is 0.100017 from what it was \d+ s before, at most 0.1 may be/,
    );
    expect(sold(world, 'BTC')).toEqual([]);
    await world.pass(70 * SECOND_MS);
    expect(deviating(await rebalance(world))).toEqual([]);
    expect(sold(world, 'BTC').length).toBeGreaterThan(0);
  });

  it('is not held against one of before where nobody read any, which is told and stops nothing', async () => {
    const world = await opened(limits, {
      reconciliation: { pollIntervalMs: 15 * MINUTE_MS },
      settings: { limitsWritten: ['priceDeviation'] },
    });
    await world.pass(14 * MINUTE_MS + 10 * SECOND_MS);
    const { risk } = await rebalance(world, 5 * SECOND_MS);
    expect(risk.findings.filter(({ action }) => action === 'tell')).toMatchObject([
      { reason: expect.stringMatching(/what BTC at coinbase cost a minute before is not known$/) },
      { reason: expect.stringMatching(/what ETH at coinbase cost a minute before is not known$/) },
    ]);
  });
});

describe('what is held and traded nowhere', () => {
  const { priceStaleness, frozenShare } = DEFAULT_RISK_LIMITS;
  const limits = { priceStaleness: { ...priceStaleness, tradeMs: 60_000 }, frozenShare };
  const balances = { USD: '3000', BTC: '0.8', ETH: '1', SOL: '100' };
  const names = { markets: ['BTC-USD', 'ETH-USD', 'SOL-USDC'] };

  /** 15 000 of 69 000 in SOL, which is priced in USDC, and traded in USD alone. */
  const openedWithSol = (sol: MarketRules) =>
    opened(limits, {
      balances,
      venue: names,
      markets: [spot('BTC'), spot('ETH'), sol],
      reconciliation: { pollIntervalMs: 6 * HOUR_MS, gateTimeLimitMs: 8 * HOUR_MS },
    });

  it('is valued by its last price: it is told of after a day, and frozen after three', async () => {
    const sol = spot('SOL', 'USDC') as { spreadBps: MarketRules['spreadBps'] } & MarketRules;
    const world = await openedWithSol(sol);
    const fresh = await rebalance(world);
    expect([fresh.kind, fresh.risk.findings]).toEqual(['planMade', []]);
    // Nothing is bid any more.
    sol.spreadBps = amount('10000');
    const answeredAfter = async (ms: number) => {
      await world.pass(ms);
      await world.reconcile();
      return rebalance(world);
    };
    expect((await answeredAfter(25 * HOUR_MS)).risk.findings).toMatchObject([
      { limit: 'priceStaleness', action: 'tell', subject: { kind: 'asset', asset: 'SOL' } },
    ]);
    expect(await answeredAfter(48 * HOUR_MS)).toMatchObject({
      kind: 'planRefused',
      reason: expect.stringMatching(/^frozenShare: /),
    });
  });

  it('is frozen where it trades and its market stands still', async () => {
    const sol = { ...spot('SOL'), isTradable: false };
    const world = await opened(limits, {
      balances,
      venue: { markets: ['BTC-USD', 'ETH-USD', 'SOL-USD'] },
      markets: [spot('BTC'), spot('ETH'), sol],
    });
    expect(await rebalance(world)).toMatchObject({
      kind: 'planRefused',
      reason: expect.stringMatching(/^frozenShare: 15000 of the portfolio have no usable price/),
    });
  });

  it('leaves the share unknown where it never had a price', async () => {
    const world = await opened(limits, { balances });
    const { kind, risk } = await rebalance(world);
    expect(kind).toBe('planMade');
    expect(risk.notEvaluated).toEqual([{ limit: 'frozenShare', missing: 'a price of SOL, now or before' }]);
  });
});
