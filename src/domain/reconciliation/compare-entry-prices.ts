import type { BookView } from '../book/book-view.ts';
import { entryPricesAgree } from '../book/position-entry.ts';
import { absolute, add, divide, subtract } from '../money/amount.ts';
import { type Position, perpetualAsset } from '../venue/venue.ts';
import type { Difference } from './compare.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';

/**
 * Compares what the positions were entered at, where both sides agree on the size and the book knows its entry price.
 * Nothing is held because of it: such a difference misstates a gain, is told as a warning, and closes no gate.
 */
export function compareEntryPrices(book: BookView, positions: readonly Position[]): readonly Difference[] {
  if (book.entryPrices.size === 0) return [];
  const held = new Map(book.holdings.map((holding) => [holding.asset, add(holding.available, holding.hold)]));
  return positions.flatMap(({ market, size, entryPrice }): Difference[] => {
    const asset = perpetualAsset(market);
    const believed = book.entryPrices.get(asset);
    if (believed === undefined || held.get(asset) !== size) return [];
    if (entryPricesAgree(believed, entryPrice, RECONCILIATION_DEFAULTS.entryPriceTolerance)) return [];
    const delta = subtract(entryPrice, believed);
    return [
      {
        venue: book.venue,
        asset,
        bucket: 'entryPrice',
        subject: asset,
        class: 'positionMismatch',
        settledClass: 'positionMismatch',
        severity: 'warning',
        isMaterial: true,
        bookAmount: believed,
        venueAmount: entryPrice,
        delta,
        valueUsd: null,
        relative: divide(absolute(delta), absolute(believed)),
        pendingOn: [],
        pendingUntilMs: null,
        awaitsOutcome: false,
        isOverdue: false,
      },
    ];
  });
}
