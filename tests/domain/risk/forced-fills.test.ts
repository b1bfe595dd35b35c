import { describe, expect, it } from '@jest/globals';
import { amount } from '../../../src/domain/money/amount.ts';
import { describeForcedFill, newForcedFills } from '../../../src/domain/risk/forced-fills.ts';
import { NEVER_PULLED } from '../../../src/domain/risk/kill-switch.ts';
import type { Fill } from '../../../src/domain/venue/venue.ts';

const AT_MS = Date.UTC(2025, 0, 2);
const MINUTE_MS = 60_000;

const fill = (id: string, atMs: number, forcedBy?: Fill['forcedBy']): Fill => ({
  id,
  orderId: '',
  clientOrderId: null,
  market: 'BTC-USD',
  base: 'perpetual:BTC-USD',
  quote: 'USDC',
  side: 'sell',
  quantity: amount('0.1'),
  price: amount('54000'),
  quoteAmount: amount('5400'),
  fee: { asset: 'USDC', amount: amount('81') },
  atMs,
  ...(forcedBy === undefined ? {} : { forcedBy }),
});

const rearmed = { isOn: false, by: 'person:ann', atMs: AT_MS, reason: 'looked at it' };
const ids = (fills: readonly Fill[]) => fills.map(({ id }) => id);

describe('fills that nobody here ordered', () => {
  const liquidated = fill('l', AT_MS + MINUTE_MS, 'liquidation');

  it('are found among the others, once', () => {
    const fills = [fill('o', AT_MS), liquidated, fill('d', AT_MS, 'deleveraging')];
    expect(ids(newForcedFills(fills, { known: null, killSwitch: NEVER_PULLED }))).toEqual(['l', 'd']);
    expect(ids(newForcedFills(fills, { known: fills, killSwitch: NEVER_PULLED }))).toEqual([]);
  });

  it('are known to whoever has re-armed trading since, also over a restart', () => {
    const earlier = fill('e', AT_MS - MINUTE_MS, 'liquidation');
    expect(newForcedFills([earlier], { known: null, killSwitch: rearmed })).toEqual([]);
    expect(ids(newForcedFills([earlier, liquidated], { known: null, killSwitch: rearmed }))).toEqual(['l']);
  });

  it('may be listed some minutes late, after he has re-armed it for another reason', () => {
    const late = [fill('e', AT_MS - MINUTE_MS, 'liquidation'), fill('old', AT_MS - 700_000, 'liquidation')];
    expect(ids(newForcedFills(late, { known: [], killSwitch: rearmed }))).toEqual(['e']);
  });

  it('are told with what they did', () => {
    expect(describeForcedFill(liquidated)).toBe(
      'a liquidation sold 0.1 in BTC-USD at 54000, fill l of 2025-01-02T00:01:00.000Z',
    );
  });
});
