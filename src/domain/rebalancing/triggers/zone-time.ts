import { IANAZone } from 'luxon';
import { assert } from '../../assert.ts';

/** A date and a time as a clock on the wall of some zone shows them. Months and days count from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const MINUTE_MS = 60_000;
/** No zone is further from UTC than 14 hours, and clocks are not moved twice within two days. */
const AROUND_MS = 86_400_000;

/**
 * When a clock on the wall of a zone shows a time, in epoch milliseconds. A time that is shown twice, as clocks are
 * put back, is the first; one that is never shown, as they are put forward, is the moment at which they are.
 */
export function instantOf(time: LocalTime, zone: string): number {
  const asUtcMs = Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute);
  const before = offsetMs(zone, asUtcMs - AROUND_MS);
  const after = offsetMs(zone, asUtcMs + AROUND_MS);
  const shown = [asUtcMs - before, asUtcMs - after].filter(
    (instant) => instant + offsetMs(zone, instant) === asUtcMs,
  );
  if (shown.length > 0) return Math.min(...shown);
  return changeBetween(zone, asUtcMs - AROUND_MS, asUtcMs + AROUND_MS);
}

/** What a clock on the wall of a zone shows at a time in epoch milliseconds. */
export function localTimeAt(atMs: number, zone: string): LocalTime {
  const shifted = new Date(atMs + offsetMs(zone, atMs));
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
  };
}

function offsetMs(zone: string, atMs: number): number {
  const minutes = IANAZone.create(zone).offset(atMs);
  assert(Number.isFinite(minutes), `a zone is one of the IANA database: ${zone}`);
  return minutes * MINUTE_MS;
}

/** The first whole minute with the later offset, by halving. */
function changeBetween(zone: string, fromMs: number, toMs: number): number {
  const later = offsetMs(zone, toMs);
  let [low, high] = [Math.floor(fromMs / MINUTE_MS), Math.ceil(toMs / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(zone, middle * MINUTE_MS) === later) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}
