import { describe, expect, it } from '@jest/globals';
import { markOpened, totalOf, viewOf } from '../../../src/domain/book/book-state.ts';
import { correctionTransaction } from '../../../src/domain/book/correction-transaction.ts';
import { openingTransaction } from '../../../src/domain/book/opening.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { advanceDiscrepancies } from '../../../src/domain/reconciliation/advance-discrepancies.ts';
import { candidatesFrom } from '../../../src/domain/reconciliation/candidates.ts';
import { explainDiscrepancies } from '../../../src/domain/reconciliation/explain.ts';
import type { Snapshot } from '../../../src/domain/venue/observation.ts';
import type { Activity } from '../../../src/domain/venue/venue.ts';
import { BookHarness } from '../../support/book-harness.ts';
import { compareOf, QUIET_MS, readAt, snapshotOf, VENUE } from '../../support/reconciliation-fixtures.ts';

const OPENED_AT_MS = 1_000_000;

const payment = (id: string, paid: string, atMs: number, isSettled: boolean): Activity => ({
  id,
  kind: 'funding',
  deltas: [{ asset: 'USDC', amount: amount(paid) }],
  atMs,
  ...(isSettled ? {} : { isUnsettled: true as const }),
});

/** A book that was opened while funding was owed, and what a venue says of it later. */
function openedBook(usdc: string, accrued: string) {
  const harness = new BookHarness();
  const snapshot = snapshotOf({ USDC: usdc }, owes(accrued), OPENED_AT_MS).value;
  const opening = openingTransaction({ venue: VENUE, snapshot, booked: [], atMs: OPENED_AT_MS });
  if (opening !== null) harness.post(opening);
  markOpened(harness.book, VENUE);
  const view = () => viewOf(harness.book, VENUE, 0);
  const compare = (held: string, more: Partial<Snapshot>, atMs: number) =>
    compareOf({}, {}, { book: view(), snapshot: snapshotOf({ USDC: held }, more, atMs) });

  /** What two reads confirm, explained and booked; the verdicts and causes. */
  function settle(held: string, more: Partial<Snapshot>, activity: readonly Activity[]): readonly string[] {
    const [first, second] = [2_000_000, 2_000_000 + QUIET_MS].map((atMs) => compare(held, more, atMs));
    if (first === undefined || second === undefined) throw new Error('a round reads twice');
    const seen = advanceDiscrepancies([], first, readAt(2_000_000)).discrepancies;
    const { discrepancies } = advanceDiscrepancies(seen, second, readAt(2_000_000 + QUIET_MS));
    const candidates = candidatesFrom({
      venue: VENUE,
      fills: [],
      activity,
      recentVenueIds: view().recentVenueIds,
      recentSinceMs: 0,
      openedAtMs: OPENED_AT_MS,
      fillsSinceMs: 0,
      activityScope: { sinceMs: 0, assets: new Set(['USDC']) },
      bookTransactions: harness.transactions,
      differences: second.differences,
      holdings: view().holdings,
      accrued: more.accrued ?? [],
      transfersInTransit: [],
      wrappedPairs: [],
      observedAtMs: second.observedAtMs,
    });
    const { differences } = second;
    const explanations = explainDiscrepancies({ venue: VENUE, discrepancies, differences, candidates });
    let part = 0;
    for (const { movement } of explanations.flatMap(({ events }) => events)) {
      const { venueId, movements } = movement;
      const at = { correctionId: `c${harness.transactions.length}`, venue: VENUE, atMs: 2_000_000 };
      harness.post(correctionTransaction({ ...at, part: part++, venueId, movements }));
    }
    return explanations.map(
      ({ verdict, events }) =>
        `${verdict} ${events
          .map(({ cause }) => cause)
          .sort()
          .join(' ')}`,
    );
  }

  const holding = () => {
    const [found] = view().holdings;
    if (found === undefined) throw new Error('the book holds USDC');
    return { available: found.available, accrued: found.accrued, total: totalOf(found) };
  };
  return { compare, settle, holding };
}

const owes = (amountText: string): Partial<Snapshot> =>
  amountText === '0' ? {} : { accrued: [{ asset: 'USDC', amount: amountText }] };

describe('funding that is owed', () => {
  it('is opened on top of the balance, and agrees with the snapshot that it was opened from', () => {
    const book = openedBook('100', '12.5');
    expect(book.holding()).toEqual({ available: '100', accrued: '12.5', total: '112.5' });
    const comparison = book.compare('100', owes('12.5'), 2_000_000);
    expect(comparison.differences).toEqual([]);
    expect(comparison.accrued).toEqual([{ asset: 'USDC', bookAmount: '12.5', venueAmount: '12.5' }]);
  });

  it('grows at the venue without a discrepancy, and without anything to book', () => {
    const book = openedBook('100', '12.5');
    expect(book.settle('100', owes('14'), [payment('p1', '1.5', 1_500_000, false)])).toEqual([]);
    expect(book.holding()).toEqual({ available: '100', accrued: '12.5', total: '112.5' });
  });

  it.each([
    ['0', 'unique funding funding'],
    ['12.5', 'unique funding funding fundingAccrued'],
    ['-3', 'unique funding funding fundingAccrued'],
  ])('is paid: %s of the opening and what fell due since, and nothing else', (accrued, said) => {
    const book = openedBook('100', accrued);
    const before = payment('p0', accrued === '0' ? '1' : accrued, 900_000, true);
    const since = [payment('p1', '1.5', 1_500_000, true), payment('p2', '-0.25', 1_600_000, true)];
    const later = payment('p3', '0.75', 1_700_000, false);
    const held = { '0': '101.25', '12.5': '113.75', '-3': '98.25' }[accrued] ?? '';
    expect(book.settle(held, owes('0.75'), [before, ...since, later])).toEqual([said]);
    expect(book.holding()).toEqual({ available: held, accrued: '0', total: held });
    expect(book.compare(held, owes('0.75'), 3_000_000).differences).toEqual([]);
  });

  it('is paid once: what was booked of it explains nothing again', () => {
    const book = openedBook('100', '0');
    const paid = [payment('p1', '1.5', 1_500_000, true)];
    expect(book.settle('101.5', {}, paid)).toEqual(['unique funding']);
    expect(book.settle('101.5', {}, paid)).toEqual([]);
    expect(book.settle('103', {}, paid)).toEqual(['none ']);
  });

  it('is taken out of the balance of a book that had it there, and comes back when it is paid', () => {
    const book = openedBook('112.5', '0');
    expect(book.settle('100', owes('12.5'), [])).toEqual(['unique fundingAccrued']);
    expect(book.holding()).toEqual({ available: '100', accrued: '12.5', total: '112.5' });
    expect(book.settle('112.5', {}, [])).toEqual(['unique fundingAccrued']);
    expect(book.holding()).toEqual({ available: '112.5', accrued: '0', total: '112.5' });
  });
});
