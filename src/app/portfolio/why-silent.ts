import type { VenueId } from '../../domain/venue/venue.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

/** Why a person cannot decide on what a venue shows: it has shown nothing for too long. Null where it has. */
export function whySilent(venue: VenueId, { state, settings, nowMs }: RoundContext): string | null {
  const { lastCertifiedAtMs } = memoryOf(state, venue);
  if (lastCertifiedAtMs === null) return `${venue} has not been read since the start`;
  const silentMs = nowMs - lastCertifiedAtMs;
  const limitMs = settings.reconciliation.gateTimeLimitMs;
  if (silentMs <= limitMs) return null;
  return `${venue} was read ${silentMs} ms ago, the limit is ${limitMs} ms: reconcile first`;
}
