import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerPlan } from '../../src/cli/plan-command.ts';
import { runInProcess } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-plan-tax-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOTS = [
  { lot: 'L1', asset: 'BTC', quantity: '1', basis: '90', acquiredAt: '2025-09-23T12:00:00Z' },
  { lot: 'L2', asset: 'BTC', quantity: '1', basis: '80', acquiredAt: '2024-08-19T12:00:00Z' },
  { lot: 'L3', asset: 'BTC', quantity: '1', basis: '105', acquiredAt: '2025-12-12T12:00:00Z' },
  { lot: 'L4', asset: 'BTC', quantity: '1', basis: '112', acquiredAt: '2024-02-01T12:00:00Z' },
  { lot: 'L5', asset: 'BTC', quantity: '1', basis: '20', acquiredAt: '2023-07-16T12:00:00Z' },
];
const MARKET = {
  asset: 'BTC',
  bid: '100',
  ask: '100',
  step: '1',
  tick: '0.01',
  minQuantity: '1',
  minNotional: '1',
};
const VENUE = {
  id: 'cb',
  takerFeeBps: '0',
  cashAsset: 'USD',
  cash: '0',
  minCash: '0',
  holdings: { BTC: '5' },
  markets: [MARKET],
};
const TAX = { method: 'mintax', rates: { shortTerm: '0.37', longTerm: '0.15' } };
const portfolio = (lots: unknown, tax: unknown) => ({
  asOf: '2026-01-01T12:00:00Z',
  venues: [{ ...VENUE, ...(lots ? { lots } : {}) }],
  targets: { BTC: '0.4', USD: '0.6' },
  ...(tax ? { tax } : {}),
});

async function plan(content: unknown, ...more: readonly string[]) {
  const path = join(folder, 'portfolio.json');
  writeFileSync(path, JSON.stringify(content));
  return runInProcess(['plan', '--portfolio', path, ...more], { commands: [registerPlan] });
}

describe('trueup plan --portfolio, with tax', () => {
  it('tells what each order is taxed, lot by lot, and what the choice of lots saves', async () => {
    const { exitCode, out } = await plan(portfolio(LOTS, TAX), '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      orders: [{ side: 'sell', quantity: '3' }],
      objective: '-0.65',
      tax: {
        shortTermGain: '-5',
        longTermGain: '8',
        tax: '-0.65',
        countedUsd: '-0.65',
        savedAgainstFifo: '13.85',
        orders: [{ sequence: 1, lots: [{ lot: 'L3' }, { lot: 'L4' }, { lot: 'L2' }] }],
      },
    });
  });

  it('shows it to people, with what is unknown and why', async () => {
    const { out } = await plan(portfolio(LOTS.slice(0, 3), { ...TAX, method: 'fifo' }));
    expect(out).toMatch(/1 +untold cb BTC +2 +200 +unknown +unknown +unknown +unknown\n/);
    expect(out).toMatch(/1 +L2 +1 +100 +80 +20 +longTerm +3\n/);
    expect(out).toContain(
      'unknown: the basis of lot untold cb BTC is unknown: it is held, and no lot tells of it',
    );
    expect(out).toContain('the plan counts 77 USD of tax, and what is unknown at its worst');
  });

  it('says nothing of tax without it', async () => {
    const { out } = await plan(portfolio(null, null), '--json');
    expect(JSON.parse(out).tax).toBeUndefined();
  });

  it.each<[string, unknown, unknown, string]>([
    ['lots without tax', LOTS, null, 'venues[0].lots'],
    ['more lots than are held', [{ ...LOTS[0], quantity: '6' }], TAX, 'venues[0].lots'],
    ['lots of what is not held', [{ ...LOTS[0], asset: 'ETH' }], TAX, 'venues[0].lots[0].asset'],
    ['a lot twice', [LOTS[0], LOTS[0]], TAX, 'tax.lots[1].id'],
    ['a basis as a number', [{ ...LOTS[0], basis: 90 }], TAX, 'venues[0].lots[0].basis'],
    ['no rates', LOTS, { method: 'fifo' }, 'tax.rates'],
    ['a method of no venue', LOTS, { ...TAX, methods: { kraken: 'fifo' } }, 'tax.methods.kraken'],
    ['a loss without a time', LOTS, { ...TAX, recentLosses: [{ asset: 'BTC' }] }, 'tax.recentLosses[0].at'],
  ])('refuses %s, with its path', async (_, lots, tax, path) => {
    const { exitCode, err } = await plan(portfolio(lots, tax));
    expect([exitCode, err]).toEqual([2, expect.stringContaining(`portfolio.json: ${path}: expected `)]);
  });
});
