import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import { whyMoved, whyPricesMoved } from '../../../src/domain/rebalancing/plan-movement.ts';
import { twoVenues } from './execution-fixtures.ts';
import { market, venue } from './plan-fixtures.ts';

const FIFTY = amount('50');
const SELL = { venue: 'north', asset: 'A', side: 'sell' } as const;
const BUY = { venue: 'north', asset: 'B', side: 'buy' } as const;

const inputOf = (change: {
  readonly cash?: string;
  readonly held?: string;
  readonly bid?: string | null;
  readonly ask?: string | null;
}): PlanInput => {
  const { cash = '20', held = '10', bid = '99', ask = '101' } = change;
  const north = venue({
    id: 'north',
    cash,
    minCash: '20',
    takerFeeBps: '10',
    holdings: { A: held },
    markets: ['A', 'B'].map((asset) => ({
      ...market({ asset, bid: '99', ask: '101', step: '1', minQuantity: '1', minNotional: '0' }),
      bid: bid === null ? null : amount(bid),
      ask: ask === null ? null : amount(ask),
    })),
  });
  return { ...twoVenues, venues: [north] };
};
const planned = inputOf({});

describe('whether a plan fits the world', () => {
  it.each<[string, Parameters<typeof inputOf>[0], string | null]>([
    ['nothing has moved', {}, null],
    ['cash is less by anything', { cash: '19.99' }, 'cash at north was 20 and is 19.99'],
    ['cash is more, within the bound', { cash: '20.1' }, null],
    ['cash is more, beyond it', { cash: '20.2' }, 'cash at north was 20 and is 20.2'],
    ['less is held of what is sold', { held: '9' }, 'A at north was 10 and is 9'],
    ['more is held of what is sold', { held: '11' }, null],
    ['a price has moved within the bound', { bid: '99.5', ask: '101.5' }, null],
    [
      'a price has moved beyond it',
      { bid: '99.6', ask: '101.6' },
      'A at north has moved by 60 bps, from 100 to 100.6',
    ],
    [
      'a price has fallen beyond it',
      { bid: '98', ask: '100' },
      'A at north has moved by 100 bps, from 100 to 99',
    ],
    ['a price is gone', { bid: null }, 'A at north has no price any more'],
  ])('says what is so where %s', (_, change, reason) => {
    expect(whyMoved([SELL, BUY], { planned, now: inputOf(change) }, FIFTY)).toBe(reason);
  });

  it('does not mind that less is held of what is bought, or of what has no order', () => {
    expect(whyMoved([BUY], { planned, now: inputOf({ held: '1' }) }, FIFTY)).toBeNull();
    expect(whyMoved([], { planned, now: inputOf({ cash: '1' }) }, FIFTY)).toBeNull();
  });

  it('looks at prices alone where orders have moved the rest', () => {
    const now = inputOf({ cash: '1', held: '1' });
    expect(whyPricesMoved([SELL, BUY], { planned, now }, FIFTY)).toBeNull();
  });

  it('finds no price that has moved by less than the bound, either way', () => {
    fc.assert(
      fc.property(fc.integer({ min: -49, max: 49 }), (bps) => {
        const at = (price: number) => String((price * (10_000 + bps)) / 10_000);
        const now = inputOf({ bid: at(99), ask: at(101) });
        expect(whyPricesMoved([SELL], { planned, now }, FIFTY)).toBeNull();
      }),
    );
  });
});
