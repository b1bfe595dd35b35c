import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerPlan } from '../../src/cli/plan-command.ts';
import { runInProcess } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BTC = {
  asset: 'BTC',
  bid: '49990',
  ask: '50010',
  step: '0.0001',
  tick: '0.01',
  minQuantity: '0.0001',
  minNotional: '1',
};
const CB = {
  id: 'cb',
  takerFeeBps: '10',
  cashAsset: 'USD',
  cash: '5000',
  minCash: '0',
  holdings: { BTC: '0.1' },
  markets: [BTC],
};
const PORTFOLIO = {
  asOf: '2026-01-01T00:00:00Z',
  reportingCurrency: 'USD',
  venues: [CB],
  targets: { BTC: '0.25', USD: '0.75' },
  destination: 'target',
  limits: {},
};

async function plan(content: unknown, ...more: readonly string[]) {
  const path = join(folder, 'portfolio.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  const ended = await runInProcess(['plan', '--portfolio', path, ...more], { commands: [registerPlan] });
  const err = ended.err.replaceAll(`${folder}/`, '');
  return { ...ended, problems: err.split('\n').slice(1, -1) };
}

async function planned(content: unknown) {
  const { exitCode, out, err } = await plan(content, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

describe('trueup plan --portfolio', () => {
  it('cuts targets to the limits that the file names, and refuses one that a file cannot be held to', async () => {
    const wanted = { ...PORTFOLIO, targets: { BTC: '0.45', USD: '0.55' } };
    const cut = await planned({ ...wanted, limits: { maxPositionPct: '40' } });
    expect(Number(cut.weightsAfterExpected.BTC)).toBeLessThanOrEqual(0.4);
    expect(Number((await planned(wanted)).weightsAfterExpected.BTC)).toBeGreaterThan(0.449);
    const { exitCode, problems } = await plan({ ...PORTFOLIO, limits: { dailyLoss: '0.05' } });
    expect(exitCode).toBe(2);
    expect(problems.join()).toContain('limits.dailyLoss');
    expect(problems.join()).toContain('the gain or loss of 24 hours is not known');
  });

  it('cuts orders to their share of the volume of a day, and refuses the limit where no volume is told', async () => {
    const at = (dayQuoteVolume: string | null) => ({
      ...PORTFOLIO,
      venues: [{ ...CB, markets: [dayQuoteVolume === null ? BTC : { ...BTC, dayQuoteVolume }] }],
    });
    const limits = { maxOrderPctADV: '1' };
    const { orders } = await planned({ ...at('100000'), limits });
    expect(orders.map((order: { readonly notionalUsd: string }) => order.notionalUsd)).toEqual([
      '835',
      '835',
      '830',
    ]);
    // A volume that no limit looks at changes nothing, the hash included.
    expect(await planned(at('100000'))).toEqual(await planned(PORTFOLIO));
    const untold = await plan({ ...at(null), limits });
    expect([untold.exitCode, untold.problems.join()]).toEqual([
      2,
      expect.stringContaining('the volume of 24 hours of BTC-USD at cb is not known'),
    ]);
    const negative = await plan({ ...at('-1'), limits });
    expect([negative.exitCode, negative.problems.join()]).toEqual([
      2,
      expect.stringContaining('venues[0].markets[0].dayQuoteVolume'),
    ]);
  });

  it('plans for what a file describes, to the last digit', async () => {
    // 0.1 BTC at 50 000 and 5 000 in cash: 2 500 of BTC are to go, 0.05 of it.
    const document = await planned(PORTFOLIO);
    expect(document).toMatchObject({
      navUsd: '10000',
      orders: [
        {
          sequence: 1,
          venue: 'cb',
          asset: 'BTC',
          side: 'sell',
          quantity: '0.05',
          limitPrice: '49990',
          notionalUsd: '2500',
        },
      ],
      skipped: [],
      drift: { before: '0.25', structural: '0' },
      cash: { cb: { before: '5000', expectedAfter: '7497.0005' } },
    });
    // What tracking and trading cost: 0.05 × 10 for half the spread, 2.4995 for the fee, and cash short by as much.
    expect(document.objective).toBe('5.999');
    expect(Number(document.lowerBound)).toBeLessThanOrEqual(5.999);
    expect(document.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await planned(PORTFOLIO)).toEqual(document);
  });

  it('takes a holding of nothing for nothing, also where it has no market', async () => {
    const listed = { ...PORTFOLIO, venues: [{ ...CB, holdings: { BTC: '0.1', DOGE: '0' } }] };
    expect((await planned(listed)).orders).toEqual((await planned(PORTFOLIO)).orders);
  });

  it('makes no order that is below the smallest one of its market at its limit price', async () => {
    const markets = [{ ...BTC, bid: '50000', ask: '50000', step: '0.001', minNotional: '500' }];
    const wide = {
      ...PORTFOLIO,
      venues: [{ ...CB, markets }],
      targets: { BTC: '0.44', USD: '0.56' },
      limits: { maxSlippageBps: '3000' },
    };
    // 0.012 are worth 600 at the bid, which is 1.1 × 500 and more; at 35 000, which it may be sold for, they are not.
    const [order] = (await planned(wide)).orders;
    expect(order).toMatchObject({ side: 'sell', quantity: '0.015', limitPrice: '35000' });
  });

  it('answers why one asset is traded as it is, and why it is not', async () => {
    const { exitCode, out } = await plan(PORTFOLIO, '--why', 'btc');
    expect(exitCode).toBe(0);
    expect(out).toContain('BTC  50 % of the portfolio → 25.');
    expect(out).toContain(
      'cb: sell 0.05 in BTC-USD at 49990 or better: BTC is 50 % of the portfolio, above its target',
    );
    expect(out).toContain('not more: BTC reaches its target to the nearest lot');
    expect((await plan(PORTFOLIO, '--why', 'USD')).out).toContain(
      'no order of its own: what it comes to follows from the orders in the others',
    );
    const rest = { ...PORTFOLIO, targets: { BTC: '0.5', USD: '0.5' } };
    expect((await plan(rest, '--why', 'USD')).out).toContain('the plan has nothing to do with it');
    expect((await plan(rest, '--why', 'BTC')).out).toContain(
      'cb: no order in BTC: BTC is within the smallest order',
    );
    const { out: text } = await plan(PORTFOLIO, '--why', 'BTC', '--json');
    expect(JSON.parse(text)).toMatchObject({
      asset: 'BTC',
      weightTarget: '0.25',
      orders: [{ side: 'sell' }],
    });
  });

  it('leaves alone what is inside its band, and brings what is outside to its destination', async () => {
    const bands = { BTC: '0.05' };
    const edge = await planned({ ...PORTFOLIO, destination: 'edge', bands });
    expect(edge.destination.weights).toEqual({ BTC: '0.3', CASH: '0.7' });
    expect(edge.weightsTarget).toEqual({ BTC: '0.25', CASH: '0.75' });
    expect(edge.orders).toMatchObject([{ side: 'sell', quantity: '0.04' }]);
    const half = await planned({ ...PORTFOLIO, destination: { fraction: '0.5' }, bands });
    expect(half.destination.weights.BTC).toBe('0.275');
    const near = { ...PORTFOLIO, targets: { BTC: '0.47', USD: '0.53' }, bands };
    expect((await planned(near)).orders).toEqual([]);
    expect((await plan(near)).out).toContain(
      'BTC is inside its band: 50 % of the portfolio, target 47 % ± 5 points',
    );
    const { out } = await plan(near, '--why', 'BTC');
    expect(out).toContain('cb: no order in BTC: BTC is inside its band');
    expect(out).toContain('its width: as it was given');
  });

  it('answers a flow with buys alone, or with sells alone', async () => {
    const buys = await planned({ ...PORTFOLIO, flowFirst: 'buysOnly' });
    expect(buys.orders).toEqual([]);
    expect(buys.skipped[0].reason).toContain('this plan only buys, from cash that came in');
    const sells = await planned({ ...PORTFOLIO, flowFirst: 'sellsOnly' });
    expect(sells.orders).toMatchObject([{ side: 'sell', quantity: '0.05' }]);
  });

  it('ends a band where a limit does', async () => {
    const wanted = {
      ...PORTFOLIO,
      targets: { BTC: '0.4', USD: '0.6' },
      destination: 'edge',
      bands: { BTC: '0.05' },
    };
    expect((await planned(wanted)).destination.weights.BTC).toBe('0.45');
    const capped = await planned({ ...wanted, limits: { maxPositionPct: '42' } });
    expect(Number(capped.destination.weights.BTC)).toBeLessThanOrEqual(0.42);
    expect(Number(capped.destination.weights.BTC)).toBeGreaterThan(0.415);
  });

  it('takes the band that loses least where only the destination is named', async () => {
    const { destination } = await planned({ ...PORTFOLIO, destination: 'optimal' });
    expect(destination.bands.BTC).toMatchObject({ source: 'optimal', state: 'outside' });
    const averse = await planned({ ...PORTFOLIO, destination: 'optimal', bandTerms: { riskAversion: '30' } });
    expect(Number(averse.destination.bands.BTC.halfWidth)).toBeLessThan(
      Number(destination.bands.BTC.halfWidth),
    );
  });

  it('refuses to say why of an asset that the plan does not know, and names those that it does', async () => {
    const { exitCode, err } = await plan(PORTFOLIO, '--why', 'DOGE');
    expect([exitCode, err]).toEqual([
      2,
      expect.stringContaining('--why: expected one of BTC, CASH, USD, found DOGE'),
    ]);
  });

  it('counts the cash of all venues as one group, whatever it is called', async () => {
    const other = { ...CB, id: 'sol', cashAsset: 'USDC', cash: '1000', holdings: {}, markets: [] };
    const targets = { BTC: '0.5', USD: '0.2', USDC: '0.3' };
    const document = await planned({ ...PORTFOLIO, venues: [CB, other], targets });
    expect(document.navUsd).toBe('11000');
    expect(document.weightsBefore.CASH).toBe('0.5454545455');
    expect(document.orders).toMatchObject([{ venue: 'cb', side: 'buy' }]);
  });

  it('enforces what is named and nothing else', async () => {
    const held = await planned({ ...PORTFOLIO, limits: { minTradeUsd: '5500' } });
    expect(held.orders).toEqual([]);
    expect(held.skipped).toMatchObject([{ venue: 'cb', asset: 'BTC' }]);
    const sliced = await planned({ ...PORTFOLIO, limits: { maxOrderUsd: '1000' } });
    expect(sliced.orders.length).toBeGreaterThan(2);
  });

  it('shows a table to people', async () => {
    const { exitCode, out } = await plan(PORTFOLIO);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/BTC-USD +sell +0\.05 +49990 +2500/);
  });

  const withVenue = (more: object) => ({ ...PORTFOLIO, venues: [{ ...CB, ...more }] });
  const withMarket = (more: object) => withVenue({ markets: [{ ...BTC, ...more }] });
  const { ask: _ask, ...askless } = BTC;
  it.each<[string, unknown, string]>([
    ['weights that do not sum to 1', { ...PORTFOLIO, targets: { BTC: '0.3', USD: '0.6' } }, 'targets'],
    ['a weight below zero', { ...PORTFOLIO, targets: { BTC: '-0.5', USD: '1.5' } }, 'targets.BTC'],
    ['a weight as a number', { ...PORTFOLIO, targets: { BTC: 0.5, USD: '0.5' } }, 'targets.BTC'],
    [
      'a weight finer than a millionth',
      { ...PORTFOLIO, targets: { BTC: '0.3333333', USD: '0.6666667' } },
      'targets.BTC',
    ],
    ['a target that trades nowhere', { ...PORTFOLIO, targets: { XYZ: '0.5', USD: '0.5' } }, 'targets.XYZ'],
    ['an asset without a market', withVenue({ holdings: { DOGE: '1' } }), 'venues[0].holdings.DOGE'],
    [
      'an asset with the name of all cash',
      withVenue({ holdings: {}, markets: [{ ...BTC, asset: 'CASH' }] }),
      'venues[0].markets[0].asset',
    ],
    [
      'a holding with the name of all cash',
      withVenue({ holdings: { CASH: '0' } }),
      'venues[0].holdings.CASH',
    ],
    ['a negative quantity', withVenue({ holdings: { BTC: '-0.1' } }), 'venues[0].holdings.BTC'],
    ['a quantity as a number', withVenue({ holdings: { BTC: 0.1 } }), 'venues[0].holdings.BTC'],
    ['negative cash', withVenue({ cash: '-1' }), 'venues[0].cash'],
    ['bid above ask', withMarket({ bid: '50011' }), 'venues[0].markets[0].bid'],
    ['a market without a price', withVenue({ markets: [askless] }), 'venues[0].markets[0].ask'],
    ['a price of null', withMarket({ bid: null }), 'venues[0].markets[0].bid'],
    ['a price of zero', withMarket({ bid: '0' }), 'venues[0].markets[0].bid'],
    ['a step of zero', withMarket({ step: '0' }), 'venues[0].markets[0].step'],
    ['an unknown key', withVenue({ fee: '1' }), 'venues[0].fee'],
    ['an unknown limit', { ...PORTFOLIO, limits: { maxSlippage: '1' } }, 'limits.maxSlippage'],
    ['another destination', { ...PORTFOLIO, destination: 'middle' }, 'destination'],
    ['a fraction above one', { ...PORTFOLIO, destination: { fraction: '1.5' } }, 'destination.fraction'],
    ['a destination that is no share', { ...PORTFOLIO, destination: { share: '1' } }, 'destination.share'],
    ['a flow of both sides', { ...PORTFOLIO, flowFirst: 'both' }, 'flowFirst'],
    ['other bands', { ...PORTFOLIO, bands: 'wide' }, 'bands'],
    ['a half width as a number', { ...PORTFOLIO, bands: { BTC: 0.1 } }, 'bands.BTC'],
    ['a band without a target', { ...PORTFOLIO, bands: { XYZ: '0.1' } }, 'bands.XYZ'],
    ['no risk aversion', { ...PORTFOLIO, bandTerms: { riskAversion: '0' } }, 'bandTerms.riskAversion'],
    ['no venues', { ...PORTFOLIO, venues: [] }, 'venues'],
    ['a venue twice', { ...PORTFOLIO, venues: [CB, CB] }, 'venues[1].id'],
    ['a time without a zone', { ...PORTFOLIO, asOf: '2026-01-01' }, 'asOf'],
  ])('refuses %s, with its path', async (_, content, path) => {
    const { exitCode, out, problems } = await plan(content);
    expect([exitCode, out]).toEqual([2, '']);
    expect(problems.join('\n')).toContain(`portfolio.json: ${path}: expected `);
  });

  it('refuses a file that is not there, is no JSON, or names a key twice', async () => {
    expect(
      (await runInProcess(['plan', '--portfolio', '/nowhere.json'], { commands: [registerPlan] })).exitCode,
    ).toBe(2);
    expect((await plan('{"venues": [')).exitCode).toBe(2);
    expect((await plan('{"asOf": 1, "asOf": 2}')).problems[0]).toContain('line 1');
  });

  it('wants a configuration or a portfolio, one of them', async () => {
    for (const words of [['plan'], ['plan', '--config', 'a', '--portfolio', 'b']])
      expect((await runInProcess(words, { commands: [registerPlan] })).exitCode).toBe(2);
  });
});
