import type { VenueId } from '../../domain/venue/venue.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

/** What this work reported of a venue last, or of any; null where nothing. */
export function statusIn({ change }: RoundContext, venue: VenueId | null): string | null {
  const reported = change.announcements.findLast(
    (each) => each.type === 'venueReportMade' && (venue === null || each.venue === venue),
  );
  return reported?.type === 'venueReportMade' ? reported.status : null;
}

/** Whether book and venue agreed when they were last compared, and that was not before `sinceMs`. */
export function isCertified(venue: VenueId, sinceMs: number, context: RoundContext): boolean {
  const { state } = context;
  if (state.book.venues.get(venue)?.isOpened !== true) return false;
  const status = statusIn(context, venue);
  if (status !== null) return status === 'reconciled';
  const { lastReport, lastCertifiedAtMs } = memoryOf(state, venue);
  return lastReport?.status === 'reconciled' && lastCertifiedAtMs !== null && lastCertifiedAtMs >= sinceMs;
}
