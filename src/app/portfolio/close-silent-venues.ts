import type { VenueId } from '../../domain/venue/venue.ts';
import { memoryOf, type Reading } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';

/** Venues that have been silent for too long while their gates stand open. */
export function silentVenues({ state, settings, nowMs }: Reading): readonly VenueId[] {
  const sinceMs = nowMs - settings.reconciliation.gateTimeLimitMs;
  return [...state.venues].flatMap(([venue, { gates, lastCertifiedAtMs }]) =>
    gates?.isOpen === true && lastCertifiedAtMs !== null && lastCertifiedAtMs < sinceMs ? [venue] : [],
  );
}

/** How long until the first venue may have been silent for too long. A read that comes meanwhile only makes it later. */
export function untilSilenceMs({ state, settings, nowMs }: Reading): number {
  const { gateTimeLimitMs } = settings.reconciliation;
  let dueAtMs = nowMs + gateTimeLimitMs;
  for (const { gates, lastCertifiedAtMs } of state.venues.values())
    if (gates?.isOpen === true && lastCertifiedAtMs !== null)
      dueAtMs = Math.min(dueAtMs, lastCertifiedAtMs + gateTimeLimitMs);
  return Math.max(dueAtMs - nowMs, 0) + 1;
}

/** Closes the gates of silent venues: nobody sends a message about silence. */
export async function closeSilentVenues(context: RoundContext): Promise<void> {
  for (const venue of silentVenues(context)) {
    const { discrepancies, lastCertifiedAtMs } = memoryOf(context.state, venue);
    await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs });
  }
}
