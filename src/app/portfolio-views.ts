import { totalOf } from '../domain/book/book-state.ts';
import { isTradable } from '../domain/reconciliation/gate.ts';
import type { AssetId, VenueId } from '../domain/venue/venue.ts';
import type { Reading } from './portfolio/read-standing.ts';
import type { VenueBalances } from './portfolio-api.ts';

/** What the book holds at every configured venue; assets of which it holds nothing are left out. */
export function balancesOf({ state, settings }: Reading): readonly VenueBalances[] {
  return settings.venues.map(({ venue }) => ({
    venue,
    balances: [...(state.book.venues.get(venue)?.holdings.values() ?? [])]
      .sort((a, b) => (a.asset < b.asset ? -1 : 1))
      .map((holding) => {
        const { asset, available, hold, inTransit, accrued } = holding;
        return { asset, available, hold, inTransit, accrued, total: totalOf(holding) };
      })
      .filter(({ available, hold, inTransit, accrued }) =>
        [available, hold, inTransit, accrued].some((amount) => amount !== '0'),
      ),
  }));
}

/** The venue's gates as they were last decided, and closed where the venue has been silent for too long since. */
export function isTradableAt({ state, settings, nowMs }: Reading, venue: VenueId, asset: AssetId): boolean {
  const memory = state.venues.get(venue);
  if (!memory?.gates || memory.lastCertifiedAtMs === null) return false;
  if (nowMs - memory.lastCertifiedAtMs > settings.reconciliation.gateTimeLimitMs) return false;
  return isTradable(memory.gates, asset);
}
