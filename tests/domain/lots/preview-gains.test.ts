import { describe, expect, it } from '@jest/globals';
import { known } from '../../../src/domain/lots/figure.ts';
import type { Lot } from '../../../src/domain/lots/lot.ts';
import {
  type GainPreviewInput,
  type PlannedSale,
  previewGains,
} from '../../../src/domain/lots/preview-gains.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { lot, NOW_MS, RULES } from './lot-rig.ts';

const a = amount;
const figure = (text: string) => known(a(text));
const order = (more: Partial<PlannedSale> = {}): PlannedSale => ({
  account: 'main',
  asset: 'BTC',
  quantity: a('3'),
  price: a('100'),
  feeRate: a('0'),
  ...more,
});
const POOL: readonly Lot[] = [
  lot('L1', { cost: '90', days: 100 }),
  lot('L2', { cost: '80', days: 500 }),
  lot('L3', { cost: '105', days: 20 }),
  lot('L4', { cost: '112', days: 700 }),
  lot('L5', { cost: '20', days: 900 }),
];

const preview = (more: Partial<GainPreviewInput> = {}) =>
  previewGains({ lots: POOL, orders: [order()], method: 'mintax', rules: RULES, atMs: NOW_MS, ...more });

function previewed(more: Partial<GainPreviewInput> = {}) {
  const outcome = preview(more);
  if (outcome.state === 'refused') throw new Error(JSON.stringify(outcome.problem));
  return outcome.preview;
}

describe('a preview of gains', () => {
  it('has both terms, the tax, and what it saves against the oldest first', () => {
    // L3 short: -5; L4 and L2 long: -12 + 20. FIFO: L5, L4, L2, all long: 88 at 15 %.
    expect(previewed()).toMatchObject({
      method: 'mintax',
      shortTermGain: figure('-5'),
      longTermGain: figure('8'),
      taxFreeGain: figure('0'),
      tax: figure('-0.65'),
      fifo: { shortTermGain: figure('0'), longTermGain: figure('88'), tax: figure('13.2') },
      savedAgainstFifo: figure('13.85'),
      costAgainstNoTrade: figure('-0.65'),
      hints: [],
    });
  });

  it('takes fees off the proceeds, and sells orders one after the other', () => {
    const orders = [
      order({ quantity: a('1'), feeRate: a('0.01') }),
      order({ quantity: a('1'), price: a('200') }),
    ];
    const { disposals, longTermGain } = previewed({ orders, method: 'fifo' });
    expect(disposals.map(({ matches }) => matches.map((match) => match.lot.id))).toEqual([['L5'], ['L4']]);
    expect(longTermGain).toEqual(figure('167'));
  });

  it('says in how many days a lot is long-term, and what waiting saves', () => {
    const lots = [lot('A', { cost: '180', days: 354, quantity: '2' }), lot('B', { cost: '105', days: 354 })];
    // Bought on 2025-01-12, long-term from 2026-01-13; now is 2026-01-01. A gains 20: 37 % against 15 %.
    expect(previewed({ lots, method: 'fifo' }).hints).toEqual([
      {
        account: 'main',
        asset: 'BTC',
        lot: 'A',
        quantity: '2',
        longTermInDays: 12,
        longTermOn: '2026-01-13',
        saves: '4.4',
      },
    ]);
    const free = previewed({ lots, method: 'fifo', rules: { ...RULES, longTerm: 'taxFree' } });
    expect(free.hints).toMatchObject([{ lot: 'A', saves: '7.4' }]);
  });

  it('does not know what it does not know', () => {
    const lots = [lot('D', { cost: null, days: 900 }), lot('L', { cost: '90', days: 10 })];
    const orders = [order({ quantity: a('1') })];
    const mintax = previewed({ lots, orders });
    expect(mintax).toMatchObject({ tax: figure('3.7'), shortTermGain: figure('10') });
    expect(mintax.fifo.tax).toEqual({ state: 'unknown', reason: 'the basis of lot D is unknown' });
    expect(mintax.savedAgainstFifo.state).toBe('unknown');
    const reason = 'nobody knows since when lot D is held';
    expect(mintax.fifo.longTermGain).toEqual({ state: 'unknown', reason });
  });

  it('counts a wash sale by lots that are held already', () => {
    const lots = [lot('old', { cost: '150', days: 60 }), lot('new', { cost: '100', days: 10 })];
    const orders = [order({ quantity: a('1') })];
    const washSale = { windowDays: 30, groups: [['BTC']] };
    expect(previewed({ lots, orders, method: 'fifo', rules: { ...RULES, washSale } }).tax).toEqual(
      figure('0'),
    );
    expect(previewed({ lots, orders, method: 'fifo' }).tax).toEqual(figure('-18.5'));
  });

  it.each<[string, Partial<PlannedSale>, string]>([
    ['more than there is', { quantity: a('6') }, 'orders[0].quantity'],
    ['an account that holds none', { account: 'cold' }, 'orders[0].quantity'],
    ['a quantity of zero', { quantity: a('0') }, 'orders[0].quantity'],
    ['a price of zero', { price: a('0') }, 'orders[0].price'],
    ['a fee of all', { feeRate: a('1') }, 'orders[0].feeRate'],
    ['a fee below zero', { feeRate: a('-0.1') }, 'orders[0].feeRate'],
  ])('refuses %s', (_, more, path) => {
    expect(preview({ orders: [order(more)] })).toMatchObject({ state: 'refused', problem: { path } });
  });
});
