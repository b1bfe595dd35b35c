import { compareVenue } from '../../domain/reconciliation/compare.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import { explainVenueRound } from './explain-venue-round.ts';
import { memoryOf, readStanding } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

/**
 * Derives a correction once more from what the venue said last and from the book as it stands. Null where nothing of
 * the kind follows any more, or where the venue's activity has not been read since the start.
 */
export async function deriveAgain(
  { venue, discrepancyIds }: Correction,
  { db, state, settings, nowMs }: RoundContext,
): Promise<Correction | null> {
  const { discrepancies, lastActivity, lastSnapshot } = memoryOf(state, venue);
  if (lastActivity === null || lastSnapshot === null) return null;
  const reading = { state, settings, nowMs };
  const standing = readStanding(reading, venue);
  const comparison = compareVenue({ ...standing, snapshot: lastSnapshot });
  const differs = new Set(
    comparison.differences.map(({ bucket, subject, delta }) => `${bucket}|${subject}|${delta}`),
  );
  const isThere = ({ bucket, subject, delta }: Discrepancy) => differs.has(`${bucket}|${subject}|${delta}`);
  const open = discrepancies.filter(
    ({ id, state: stands }) => discrepancyIds.includes(id) || CONFIRMED.has(stands),
  );
  const confirmed = open.filter(isThere).map(
    (each): Discrepancy => ({
      ...each,
      state: 'confirmed',
      lastSeenAtMs: comparison.observedAtMs,
    }),
  );
  const { corrections } = await explainVenueRound({
    venue,
    snapshot: lastSnapshot,
    comparison,
    discrepancies: confirmed,
    basis: lastActivity,
    db,
    reading,
  });
  return corrections.find((each) => each.discrepancyIds.join() === discrepancyIds.join()) ?? null;
}

/** What the proposal was derived together with: one explanation may be for several. */
const CONFIRMED: ReadonlySet<string> = new Set(['confirmed', 'unexplained', 'explained', 'proposed']);
