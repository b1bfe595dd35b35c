import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { known, sumFigures } from '../../../src/domain/lots/figure.ts';
import { basisOf, gainOfDisposal, measureDisposal } from '../../../src/domain/lots/lot-disposal.ts';
import type { LotEvent } from '../../../src/domain/lots/lot-event.ts';
import type { LotRules } from '../../../src/domain/lots/lot-rules.ts';
import { lossesOf, replaceLosses } from '../../../src/domain/lots/wash-sale.ts';
import { amount, sum } from '../../../src/domain/money/amount.ts';
import { accounted, at, bought, lot, NOW_MS, RULES, sold, someAmount } from './lot-rig.ts';

const a = amount;
const WASH: LotRules = { ...RULES, washSale: { windowDays: 30, groups: [['BTC', 'WBTC'], ['ETH']] } };
const day = (text: string): number => at(`${text}T12:00:00Z`);

/** Bought for 100 on 1 March 2025, sold for 60 on 1 June. */
const LOSS = [
  bought({ id: 'old', atMs: day('2025-03-01') }),
  sold({ id: 's', atMs: day('2025-06-01'), proceeds: known(a('60')) }),
];
const again = (on: string, more: Partial<Parameters<typeof bought>[0]> = {}): LotEvent =>
  bought({ id: 'new', atMs: day(on), cost: known(a('70')), ...more });

function outcome(events: readonly LotEvent[], rules: LotRules = WASH) {
  const { disposals, lots } = accounted(events, rules);
  return {
    gains: disposals.map(gainOfDisposal),
    disallowed: disposals.flatMap(({ matches }) => matches.map((match) => match.disallowedLoss)),
    bases: lots.map((each) => [each.id, each.quantity, basisOf(each)]),
    lots,
  };
}

describe('a loss', () => {
  it('goes to the basis of what is bought within 30 days, and its holding period too', () => {
    const { gains, disallowed, bases, lots } = outcome([...LOSS, again('2025-06-20')]);
    expect(gains).toEqual([known(a('0'))]);
    expect(disallowed).toEqual(['40']);
    expect(bases).toEqual([['new', '1', known(a('110'))]]);
    // Held from 1 March to 1 June: 92 days before the purchase of 20 June.
    expect(lots[0]?.heldSince).toEqual({ state: 'known', atMs: day('2025-03-20') });
    expect(lots[0]?.acquiredAtMs).toBe(day('2025-06-20'));
  });

  it.each<[string, readonly LotEvent[], string]>([
    ['30 days later', [again('2025-07-01')], '40'],
    ['31 days later', [again('2025-07-02')], '0'],
    ['30 days before', [again('2025-05-02')], '40'],
    ['31 days before', [again('2025-05-01')], '0'],
    ['of a like asset', [again('2025-06-20', { asset: 'WBTC' })], '40'],
    ['of another asset', [again('2025-06-20', { asset: 'ETH' })], '0'],
    ['in another account', [again('2025-06-20', { account: 'cold' })], '40'],
    ['that is a deposit', [again('2025-06-20', { source: 'deposit' })], '0'],
    ['of half as much', [again('2025-06-20', { quantity: a('0.5') })], '20'],
  ])('with a purchase %s is disallowed by what that replaces', (_, more, disallowed) => {
    expect(outcome([...LOSS, ...more]).disallowed).toEqual([disallowed]);
    expect(outcome([...LOSS, ...more], RULES).disallowed).toEqual(['0']);
  });

  it('is replaced by a part of a lot alone, which is cut out of it', () => {
    const { bases } = outcome([...LOSS, again('2025-06-20', { quantity: a('3'), cost: known(a('210')) })]);
    expect(bases).toEqual([
      ['new', '2', known(a('140'))],
      ['new/s', '1', known(a('110'))],
    ]);
  });

  it('is not replaced by what is left of the lot that was sold', () => {
    const events = [
      bought({ id: 'old', atMs: day('2025-05-20'), quantity: a('2'), cost: known(a('200')) }),
      sold({ id: 's', atMs: day('2025-06-01'), proceeds: known(a('60')) }),
    ];
    expect(outcome(events).disallowed).toEqual(['0']);
  });

  it('comes back when the replacement is sold', () => {
    const { gains } = outcome([...LOSS, again('2025-06-20'), sold({ id: 'z', atMs: day('2025-12-20') })]);
    // 60 - 100 and 100 - 70 are -10 together, whenever they count.
    expect(gains).toEqual([known(a('0')), known(a('-10'))]);
  });

  it('does not count for an asset in no group', () => {
    const rules = { ...WASH, washSale: { windowDays: 30, groups: [['ETH']] } };
    expect(outcome([...LOSS, again('2025-06-20')], rules).disallowed).toEqual(['0']);
  });
});

describe('replacing losses', () => {
  const someLots = fc
    .array(
      fc.record({ quantity: someAmount(5), cost: someAmount(200), days: fc.integer({ min: 0, max: 60 }) }),
      { minLength: 1, maxLength: 8 },
    )
    .map((told) => told.map((one, index) => lot(`L${index}`, one)));
  const scenario = fc.record({ sold: someLots, held: someLots, proceeds: someAmount(100) }).map((drawn) => {
    const parts = drawn.sold.map((each) => ({ ...each, id: `sold ${each.id}` }));
    const disposed = {
      id: 's',
      kind: 'disposal',
      account: 'main',
      asset: 'BTC',
      atMs: NOW_MS,
      proceeds: known(drawn.proceeds),
    } as const;
    const losses = lossesOf(measureDisposal(disposed, parts, WASH), WASH);
    return { ...drawn, losses, replaced: replaceLosses(drawn.held, losses, WASH) };
  });

  it('1. What is disallowed of losses is what the bases of replacement lots grew by.', () => {
    fc.assert(
      fc.property(scenario, ({ held, losses, replaced }) => {
        const disallowed = sum(replaced.disallowances.map(({ loss }) => loss));
        expect(sumFigures(replaced.lots.map(basisOf))).toEqual(
          sumFigures([...held.map(basisOf), known(disallowed)]),
        );
        const left = sum(replaced.open.map(({ loss }) => loss));
        expect(sum([disallowed, left])).toBe(sum(losses.map(({ loss }) => loss)));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('2. A lot replaces once, and never what came from its own acquisition.', () => {
    fc.assert(
      fc.property(scenario, ({ held, losses, replaced }) => {
        const replacing = replaced.lots.filter(({ isReplacement }) => isReplacement);
        const once = sum(losses.map(({ quantity }) => quantity));
        const left = sum(replaced.open.map(({ quantity }) => quantity));
        expect(sum([...replacing.map(({ quantity }) => quantity), left])).toBe(once);
        expect(replaceLosses(replacing, losses, WASH).disallowances).toEqual([]);
        // The lots that were sold have the origins of those that are held: L0 is never replaced by L0.
        const alone = held.slice(0, 1);
        const own = losses.filter(({ origin }) => origin === alone[0]?.origin);
        expect(replaceLosses(alone, own, WASH).disallowances).toEqual([]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });
});
