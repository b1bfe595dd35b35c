import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registerAttribution } from '../../src/cli/attribution-command.ts';
import { runInProcess } from './command-line.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-attribution-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(document: unknown, ...words: readonly string[]) {
  const path = join(folder, 'periods.json');
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
  return runInProcess(['attribution', '--input', path, ...words], { commands: [registerAttribution] });
}

async function told(document: unknown, ...words: readonly string[]) {
  const { exitCode, out, err } = await run(document, '--json', ...words);
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

const btc = (value: string) => ({ strategy: 'trend', venue: 'coinbase', asset: 'BTC', value });
const usd = (value: string) => ({ strategy: 'trend', venue: 'coinbase', asset: 'USD', value });
const usdc = (value: string) => ({ strategy: 'carry', venue: 'dydx', asset: 'USDC', value });
const day = (number: number): string => `2024-01-0${number}T00:00:00.000Z`;

const BOUGHT = {
  from: day(1),
  to: day(2),
  opening: [btc('6000'), usd('4000')],
  closing: [btc('8080'), usd('2387')],
  trades: [
    {
      strategy: 'trend',
      venue: 'coinbase',
      asset: 'BTC',
      quote: 'USD',
      side: 'buy',
      quantity: '0.04',
      fillPrice: '40100',
      decisionMid: '40000',
      fee: '9',
      rebalance: 'r1',
    },
  ],
};
const PAID = {
  from: day(2),
  to: day(3),
  flows: [usdc('5000')],
  payments: [
    {
      strategy: 'carry',
      venue: 'dydx',
      asset: 'perpetual:ETH-USD',
      kind: 'funding',
      value: '12.5',
      paidIn: 'USDC',
    },
  ],
  closing: [btc('7900'), usd('2387'), usdc('5012.5')],
};
const FILE = {
  periods: [BOUGHT, PAID],
  rebalances: [{ id: 'r1', at: day(1), expected: { shortfall: '2', fees: '9.6' } }],
  portfolios: [
    {
      at: day(1),
      value: '10000',
      quantities: { BTC: '0.15', USD: '4000' },
      prices: { BTC: '40000', USD: '1' },
    },
    {
      at: day(2),
      value: '10467',
      quantities: { BTC: '0.19', USD: '2387' },
      prices: { BTC: '44000', USD: '1' },
    },
  ],
};

describe('trueup attribution', () => {
  it('tells each part of each period, in money to the last digit, and of all of them', async () => {
    const document = await told(FILE, '--by', 'strategy');
    expect(document.chains).toHaveLength(1);
    expect(document.chains[0].periods).toMatchObject([
      {
        from: day(1),
        return: 0.0467,
        base: '10000',
        gain: '467',
        gains: [{ name: 'trend', price: '480', fees: '-9', slippage: '-4', funding: '0', cash: '0' }],
      },
      { return: (12.5 - 180) / 15467, base: '15467', gain: '-167.5' },
    ]);
    expect(document.return).toBeCloseTo(1.0467 * (1 - 167.5 / 15467) - 1, 15);
    expect(document.contributions.map(({ name }: { name: string }) => name)).toEqual(['carry', 'trend']);
    const totals = document.contributions.reduce(
      (sum: number, { total }: { total: number }) => sum + total,
      0,
    );
    expect(totals).toBeCloseTo(document.return, 14);
    const parts = Object.values<number>(document.parts).reduce((sum, part) => sum + part, 0);
    expect(parts).toBeCloseTo(document.return, 14);
  });

  it('has the same return by every grouping, by asset where none is named', async () => {
    const byAsset = await told(FILE);
    expect(byAsset.grouping).toBe('asset');
    for (const by of ['asset', 'strategy', 'venue'])
      expect((await told(FILE, '--by', by)).return).toBeCloseTo(byAsset.return, 15);
  });

  it('tells what rebalancing was worth, and what it cost against what was expected', async () => {
    const { rebalancing } = await told(FILE);
    expect(rebalancing.rebalances).toMatchObject([
      {
        id: 'r1',
        premium: { actual: expect.closeTo(0.0467, 15), hold: 0.06, premium: expect.closeTo(-0.0133, 15) },
        expected: { shortfall: '2', fees: '9.6', total: '11.6', turnover: '1600' },
        realised: { shortfall: '4', fees: '9', total: '13', turnover: '1600' },
        overrun: '1.4',
        realisedBps: '81.25',
      },
    ]);
    expect(rebalancing.cumulative).toMatchObject({ counted: 1, compared: { overrun: '1.4' }, unknown: [] });
  });

  it('tells what is not known of a rebalance, and why', async () => {
    const { rebalancing } = await told({ periods: [PAID_ALONE], rebalances: [{ id: 'r2', at: day(2) }] });
    expect(rebalancing.rebalances).toMatchObject([
      {
        premium: { unknown: 'there is no valuation at or before it' },
        realised: { unknown: 'no trade is of it' },
        overrun: { unknown: 'no trade is of it' },
      },
    ]);
  });

  it('has no return of several chains together, and says of each why', async () => {
    const empty = { from: day(3), to: day(4), flows: [], closing: [] };
    const gone = { ...PAID, closing: [], flows: [], payments: [] };
    const document = await told({ ...FILE, periods: [BOUGHT, gone, empty] });
    expect(document).toMatchObject({
      return: null,
      contributions: null,
      reason: '1 chains and 1 periods without a return: none is of the whole',
    });
    expect(document.chains).toMatchObject([{ return: null, reason: /loss of everything/ }]);
    expect(document.undefinedPeriods).toMatchObject([{ from: day(3), reason: /nothing was there/ }]);
  });

  it('links weights and returns', async () => {
    const document = await told({
      weights: { A: [0.5, 0.45, 0.4], B: [0.3, 0.35, 0.4], C: [0.2, 0.2, 0.2] },
      returns: { A: [0.1, -0.04, 0.06], B: [-0.05, 0.08, 0.03], C: [0.02, 0.01, -0.02] },
    });
    expect(document.return).toBeCloseTo(0.085114976, 12);
    expect(document.contributions.A).toBeCloseTo(0.05708037110239182, 12);
    const lost = await told({ weights: { A: [1] }, returns: { A: [-1] } });
    expect(lost).toMatchObject({
      return: null,
      contributions: null,
      reason: /^period 0: .*loss of everything/,
    });
  });

  it('takes numbers that are still what was written, and dates', async () => {
    const venue = 'coinbase';
    const held = (of: number, cash: number) => [
      { venue, asset: 'BTC', value: of },
      { venue, asset: 'USD', value: cash },
    ];
    const fee = { venue, asset: 'BTC', kind: 'fee', value: -0.5, paidIn: 'USD' };
    const periods = [
      { from: '2024-01-01', to: '2024-01-02', opening: held(600, 400), closing: held(660, 400) },
      { from: '2024-01-02', to: '2024-01-03', closing: held(627, 399.5), payments: [fee] },
    ];
    // 1000 → 1060 → 1026.5
    expect(await told({ periods })).toMatchObject({ return: expect.closeTo(0.0265, 15) });
  });

  it('shows people a table whose last line sums', async () => {
    const { exitCode, out } = await run(FILE);
    expect(exitCode).toBe(0);
    expect(out).toContain('BTC                3.5831 %  -0.0895 %  -0.0398 %  0.0000 %  0.0000 %  3.4538 %');
    expect(out).toContain('all                3.5831 %  -0.0895 %  -0.0398 %  0.0827 %  0.0000 %  3.5365 %');
    expect(out).toMatch(/r1 .* 4\.6700 % {2}6\.0000 % {2}-1\.3300 % +11\.6 +13 +1\.4/);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'periods.json: expected'],
    ['no periods', {}, 'periods.json: periods: expected a list of 1 to 10000 periods, found nothing'],
    [
      'a number for money that lost digits',
      { periods: [{ ...BOUGHT, opening: [{ ...btc('1'), value: 6000.123456789012 }] }] },
      'periods.json: periods[0].opening[0].value: expected a decimal number as text, such as "0.25", found 6000.123456789012',
    ],
    [
      'an unknown key',
      { periods: [{ ...BOUGHT, fees: [] }] },
      'periods.json: periods[0].fees: expected one of "from", ',
    ],
    [
      'no opening',
      { periods: [PAID] },
      'periods.json: periods[0].opening: expected the values that the first',
    ],
    [
      'another opening',
      { periods: [BOUGHT, { ...PAID, opening: [btc('1')] }] },
      'periods.json: periods[1].opening: expected 8080 of BTC at coinbase of trend, as the period before closes with, found 1',
    ],
    [
      'a time that has no zone',
      { periods: [{ ...BOUGHT, from: '2024-01-01T12:00:00' }] },
      'periods[0].from: expected a date such as',
    ],
    [
      'a stray rebalance',
      { periods: [BOUGHT] },
      'periods.json: periods[0].trades[0].rebalance: expected the id of one',
    ],
    [
      'a rebalance twice',
      { ...FILE, rebalances: [...FILE.rebalances, ...FILE.rebalances] },
      'rebalances[1].id: expected each once',
    ],
    [
      'lists that do not fit',
      { weights: { A: [1, 1] }, returns: { A: [0.1] } },
      'periods.json: returns.A: expected a list of 2 numbers, as weights.A, found 1',
    ],
    [
      'a name without weights',
      { weights: { A: [1] }, returns: { B: [0.1] } },
      'returns.B: expected a name that "weights" has',
    ],
  ])('refuses %s by its place, with exit code 2', async (_what, document, message) => {
    const { exitCode, err } = await run(document);
    expect(err).toContain(message);
    expect(exitCode).toBe(2);
  });
});

const PAID_ALONE = { ...PAID, opening: [usd('10')] };
