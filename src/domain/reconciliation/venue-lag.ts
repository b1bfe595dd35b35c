// How long a venue takes to show what has happened there, and so how long a difference is given to settle.
//
// Invariants, each held by a property test of the same name:
// 1. The quiet window is never below what is configured and never above its cap.
// 2. A venue that lists every fill at once is never waited for longer than configured.
// 3. Of a thousand fills at most one took longer than the window, as long as the cap allows it.

import type { BookView } from '../book/book-view.ts';
import type { Known, Snapshot } from '../venue/observation.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';

/** What reads have shown of a venue's delay. A statistic: it decides how long to wait and nothing else. */
export interface VenueLag {
  /** How many fills were listed within so many whole seconds, by second; the last for all that took longer. */
  readonly counts: readonly number[];
  /** Fills of the book that no read has listed yet, with the time at which they happened. */
  readonly lacking: ReadonlyMap<string, number>;
  /** When the venue was last read; null before the first time. */
  readonly readAtMs: number | null;
}

export const NO_LAG: VenueLag = { counts: [], lacking: new Map(), readAtMs: null };

const SECOND_MS = 1_000;
const LONGEST_S = RECONCILIATION_DEFAULTS.quietWindowMaxMs / SECOND_MS;
/** From here on a fill that no read has listed is not waited for any more. */
const MISSING_S = 10 * LONGEST_S;
/** Of so many fills one may be slower than the window. */
const SLOWEST_OF = 1_000;
/** From here on half of what was counted is forgotten: a venue may have become faster. */
const COUNTED_MAX = 4 * SLOWEST_OF;

/**
 * Takes one certified read. A fill that the very first read after it lists says that there is no delay to speak of; one
 * that reads lacked took as long as the read that lists it says.
 */
export function learnLag(
  before: VenueLag,
  { value, certificate }: Known<Snapshot>,
  book: BookView,
): VenueLag {
  const { observedAtMs } = certificate;
  if (before.readAtMs !== null && observedAtMs <= before.readAtMs) return before;
  const listed = new Set(value.fills.map(({ id }) => id));
  const counts = [...before.counts];
  const lacking = new Map<string, number>();
  const expected = [...before.lacking];
  for (const [id, { atMs }] of book.recentFills) {
    const isNew = before.readAtMs !== null && atMs > before.readAtMs && atMs <= observedAtMs;
    if (isNew && !before.lacking.has(id)) expected.push([id, atMs]);
  }
  for (const [id, atMs] of expected) {
    const tookS = Math.max(0, Math.ceil((observedAtMs - atMs) / SECOND_MS));
    if (listed.has(id)) count(counts, before.lacking.has(id) ? Math.min(LONGEST_S, tookS) : 0);
    // What no read has listed for that long is not slow but missing: a finding, and nothing to wait for.
    else if (tookS < MISSING_S) lacking.set(id, atMs);
  }
  return { counts: forgetful(counts), lacking, readAtMs: observedAtMs };
}

/** How long to wait for this venue: what is configured, or what 999 of 1000 fills have taken, up to the cap. */
export function quietWindowOf({ counts }: VenueLag, configuredMs: number): number {
  const total = counts.reduce((sum, counted) => sum + counted, 0);
  let slower = total;
  let seconds = 0;
  while (seconds < counts.length) {
    slower -= counts[seconds] ?? 0;
    if (slower * SLOWEST_OF <= total) break;
    seconds += 1;
  }
  const learnedMs = Math.min(total === 0 ? 0 : seconds * SECOND_MS, RECONCILIATION_DEFAULTS.quietWindowMaxMs);
  return Math.max(configuredMs, learnedMs);
}

function count(counts: number[], second: number): void {
  while (counts.length <= second) counts.push(0);
  counts[second] = (counts[second] ?? 0) + 1;
}

function forgetful(counts: readonly number[]): readonly number[] {
  const total = counts.reduce((sum, counted) => sum + counted, 0);
  return total <= COUNTED_MAX ? counts : counts.map((counted) => Math.floor(counted / 2));
}
