import type { VenueId } from '../../domain/venue/venue.ts';

/** When a venue was last certified; null: not since the start. */
type CertifiedAtMs = number | null;

/** How much of a span lies beyond the time limit of its last certified read. Before the first read, all of it does. */
export function unverifiedMs(
  span: { readonly fromMs: number; readonly toMs: number },
  certifiedAtMs: CertifiedAtMs,
  timeLimitMs: number,
): number {
  const sinceMs = certifiedAtMs === null ? span.fromMs : certifiedAtMs + timeLimitMs;
  return Math.max(0, span.toMs - Math.max(span.fromMs, sinceMs));
}

/** Adds up, venue by venue, the time in which no certified read was within the limit. */
export class UnverifiedTime {
  readonly #startedAtMs: number;
  readonly #timeLimitMs: number;
  readonly #venues = new Map<
    VenueId,
    { readonly countedUntilMs: number; readonly certifiedAtMs: CertifiedAtMs }
  >();

  constructor(startedAtMs: number, timeLimitMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#timeLimitMs = timeLimitMs;
  }

  /** Time that has become unverified since this was last asked for the venue; told of every certified read. */
  pass(venue: VenueId, nowMs: number, certifiedAtMs: CertifiedAtMs): number {
    const { countedUntilMs, certifiedAtMs: before } = this.#venues.get(venue) ?? {
      countedUntilMs: this.#startedAtMs,
      certifiedAtMs: null,
    };
    this.#venues.set(venue, { countedUntilMs: nowMs, certifiedAtMs });
    // Up to the read, the one before it decides; what was counted already stays counted.
    const readAtMs = certifiedAtMs === before || certifiedAtMs === null ? nowMs : certifiedAtMs;
    const turnMs = Math.min(Math.max(readAtMs, countedUntilMs), nowMs);
    const limitMs = this.#timeLimitMs;
    return (
      unverifiedMs({ fromMs: countedUntilMs, toMs: turnMs }, before, limitMs) +
      unverifiedMs({ fromMs: turnMs, toMs: nowMs }, certifiedAtMs, limitMs)
    );
  }
}
