/** What a machine knows of time. */
export interface TimeSources {
  /** Epoch milliseconds by the machine's clock, which people and NTP set, also back. */
  readonly wallMs: () => number;
  /** Milliseconds by a clock that nobody sets. */
  readonly elapsedMs: () => number;
}

/**
 * Epoch milliseconds that never run backwards and never stand still.
 *
 * Follows the machine's clock. When that is set back, time goes on from where it was, ahead of the machine's clock
 * until that has caught up: otherwise nothing would be due, and no gate would close, for as long as it was set back.
 */
export function steadyTime({ wallMs, elapsedMs }: TimeSources): () => number {
  let lastMs = wallMs();
  let lastElapsedMs = elapsedMs();
  return () => {
    const elapsed = elapsedMs();
    const passedMs = Math.max(0, elapsed - lastElapsedMs);
    const wall = wallMs();
    if (wall >= lastMs) {
      lastMs = wall;
      lastElapsedMs = elapsed;
      return lastMs;
    }
    // Whole milliseconds, and what is left over counts the next time.
    const wholeMs = Math.floor(passedMs);
    lastMs += wholeMs;
    lastElapsedMs += wholeMs;
    return lastMs;
  };
}
