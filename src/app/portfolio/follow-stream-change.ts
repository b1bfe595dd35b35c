import type { StreamChanged } from '../../../actors/messages/portfolio-messages.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';

/**
 * Follows a venue's stream as it comes and goes. One that was live and is lost has missed nobody knows what: the venue's
 * gates are held, and it is read at once; a certified read that began after the loss lifts the hold, with the stream or
 * without. One that comes is followed by a read, for what happened while there was none.
 */
export async function followStreamChange(message: StreamChanged, context: RoundContext): Promise<void> {
  const { venue, state, reason } = message;
  const { state: portfolio, nowMs, change } = context;
  const { stream, discrepancies, lastCertifiedAtMs } = memoryOf(portfolio, venue);
  change.announcements.push({ type: 'streamStateChanged', atMs: nowMs, venue, state, reason });
  change.afterwards.push((after) => {
    memoryOf(after, venue).stream = state;
  });
  if (state === 'live') {
    change.movedVenues.add(venue);
    return;
  }
  // What was never live has missed nothing that reads have not shown.
  if (stream !== 'live') return;
  const hold = { sinceMs: nowMs, requestId: `stream:${venue}:${nowMs}`, reason };
  await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs, hold });
  change.requestedRounds.set(venue, hold.requestId);
  change.afterwards.push((after) => {
    memoryOf(after, venue).hold = hold;
  });
}
