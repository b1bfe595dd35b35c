/** Money between an investor and an investment, signed as the investor sees it: negative is paid in, positive is got back. */
export interface CashFlow {
  readonly atMs: number;
  readonly amount: number;
}

const YEAR_MS = 365 * 86_400_000;

/**
 * Σ amount · (1 + rate)^(−days / 365), days from the earliest flow and in parts where times of day differ (Actual/365).
 * `rate` is of a year and above −1. Zero without flows.
 */
export function presentValue(flows: readonly CashFlow[], rate: number): number {
  const growth = Math.log1p(rate);
  return timed(flows).reduce((sum, { years, amount }) => sum + amount * Math.exp(-growth * years), 0);
}

/** A flow by the time since the first one. */
export interface TimedFlow {
  readonly years: number;
  readonly amount: number;
}

/** In time, flows of one moment netted, without those that come to nothing up to rounding. */
export function timed(flows: readonly CashFlow[]): readonly TimedFlow[] {
  const inTime = flows.toSorted((a, b) => a.atMs - b.atMs);
  const netted: { atMs: number; amount: number; gross: number }[] = [];
  for (const { atMs, amount } of inTime) {
    const last = netted.at(-1);
    if (last?.atMs === atMs) {
      last.amount += amount;
      last.gross += Math.abs(amount);
    } else netted.push({ atMs, amount, gross: Math.abs(amount) });
  }
  const kept = netted.filter(({ amount, gross }) => Math.abs(amount) > ROUNDING * gross);
  const first = inTime[0]?.atMs ?? 0;
  return kept.map(({ atMs, amount }) => ({ years: (atMs - first) / YEAR_MS, amount }));
}

const ROUNDING = 1e-14;
