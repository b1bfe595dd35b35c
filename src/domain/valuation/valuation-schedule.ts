// When a valuation is due: on a grid of UTC, and at every 00:00 UTC.
//
// Invariants, each held by a property test of the same words:
// 1. Every 00:00 UTC is a time of the schedule, whatever the interval.
// 2. Whoever looks at each time of the schedule takes each once.

const DAY_MS = 86_400_000;

/** The first time of the schedule after `nowMs`. The interval begins anew at every 00:00 UTC. */
export function nextValuationAtMs(nowMs: number, intervalMs: number): number {
  const midnight = startOfDay(nowMs);
  const next = midnight + (Math.floor((nowMs - midnight) / intervalMs) + 1) * intervalMs;
  return Math.min(next, midnight + DAY_MS);
}

/** Whether a time of the schedule has come since the last valuation that it asked for; null: there is none yet. */
export function isValuationDue(lastAtMs: number | null, nowMs: number, intervalMs: number): boolean {
  return lastAtMs === null || nextValuationAtMs(lastAtMs, intervalMs) <= nowMs;
}

/** 00:00 UTC of the day of a time. */
export const startOfDay = (atMs: number): number => Math.floor(atMs / DAY_MS) * DAY_MS;

/** Every 00:00 UTC from one time to another, both included. */
export function midnightsBetween(fromMs: number, toMs: number): readonly number[] {
  const midnights: number[] = [];
  const first = startOfDay(fromMs);
  for (let atMs = first < fromMs ? first + DAY_MS : first; atMs <= toMs; atMs += DAY_MS) midnights.push(atMs);
  return midnights;
}
