// What is kept of a series that grows every few minutes.
//
// Invariants, each held by a property test of the same words:
// 1. What was taken before a flow, and the first of every day, are kept for ever.
// 2. What is kept at one time was kept at every earlier one.

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * How long a row of a series is kept, decided once, when it is written: `flow` and `daily` for ever. A row of the
 * schedule is the first of its day, or else the first of its hour, or else `raw`.
 */
export const TIERS = ['raw', 'hourly', 'daily', 'flow'] as const;
export type Tier = (typeof TIERS)[number];
export type ScheduledTier = Exclude<Tier, 'flow'>;

export interface Retention {
  readonly rawMs: number;
  readonly hourlyMs: number;
}

/** Thirty days as they were taken, a year by the hour. */
export const DEFAULT_RETENTION: Retention = { rawMs: 30 * DAY_MS, hourlyMs: 365 * DAY_MS };

/** The tier of the next row of the schedule; `beforeAtMs` is the time of the last one, null where there is none. */
export function tierOf(beforeAtMs: number | null, atMs: number): ScheduledTier {
  if (beforeAtMs === null || isOther(beforeAtMs, atMs, DAY_MS)) return 'daily';
  return isOther(beforeAtMs, atMs, HOUR_MS) ? 'hourly' : 'raw';
}

/** What may go now: of each tier everything that was taken before a time. */
export function duesOf(
  { rawMs, hourlyMs }: Retention,
  nowMs: number,
): readonly { readonly tier: ScheduledTier; readonly beforeMs: number }[] {
  return [
    { tier: 'raw', beforeMs: nowMs - rawMs },
    { tier: 'hourly', beforeMs: nowMs - Math.max(rawMs, hourlyMs) },
  ];
}

export function isDue(
  { tier, atMs }: { readonly tier: Tier; readonly atMs: number },
  retention: Retention,
  nowMs: number,
): boolean {
  return duesOf(retention, nowMs).some((due) => due.tier === tier && atMs < due.beforeMs);
}

const isOther = (aMs: number, bMs: number, lengthMs: number): boolean =>
  Math.floor(aMs / lengthMs) !== Math.floor(bMs / lengthMs);
