import { totalOf } from '../domain/book/book-state.ts';
import { decideGates, type GateDecision, isTradable } from '../domain/reconciliation/gate.ts';
import type { AssetId, VenueId } from '../domain/venue/venue.ts';
import { memoryOf, type Reading } from './portfolio/read-standing.ts';
import type { VenueBalances } from './portfolio-api.ts';
import type { StreamRuntime } from './runtime-state.ts';

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

/** Whether new risk may be taken in an asset now. */
export function isTradableAt(reading: Reading, venue: VenueId, asset: AssetId): boolean {
  return reading.state.venues.has(venue) && isTradable(gatesAt(reading, venue), asset);
}

/** Every venue's gates as they stand now. */
export const gatesOf = (reading: Reading): readonly GateDecision[] =>
  reading.settings.venues.map(({ venue }) => gatesAt(reading, venue));

/** The venue's gates as they were last decided, and closed where the venue has been silent for too long since. */
function gatesAt({ state, settings, nowMs }: Reading, venue: VenueId): GateDecision {
  const { gates, lastCertifiedAtMs, opening, discrepancies } = memoryOf(state, venue);
  const { gateTimeLimitMs: timeLimitMs } = settings.reconciliation;
  const isSilent = lastCertifiedAtMs === null || nowMs - lastCertifiedAtMs > timeLimitMs;
  if (gates !== null && !isSilent) return gates;
  return decideGates({
    venue,
    isOpened: opening.state !== 'unopened',
    lastCertifiedAtMs,
    nowMs,
    timeLimitMs,
    discrepancies,
    navUsd: null,
    assets: gates?.assets.map(({ asset }) => asset) ?? [],
  });
}

/** What a venue's stream last said of itself. */
export function streamAt({ state }: Reading, venue: VenueId): StreamRuntime {
  const { stream, hold } = memoryOf(state, venue);
  return { state: stream ?? 'connecting', isHeld: hold !== null };
}
