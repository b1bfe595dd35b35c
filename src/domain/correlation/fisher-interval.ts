export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Two-sided 95 % of a normal distribution. */
const NORMAL_95 = 1.959963984540054;

/**
 * The 95 % confidence interval of a correlation, -1 to 1, that was measured on `observations` pairs: atanh ρ is nearly
 * normal with a standard error of 1/√(n - 3) (Fisher 1921). Everything from -1 to 1 for fewer than four pairs.
 */
export function fisherInterval(correlation: number, observations: number): Interval {
  if (observations <= 3) return { lower: -1, upper: 1 };
  const middle = Math.atanh(correlation);
  if (!Number.isFinite(middle)) return { lower: correlation, upper: correlation };
  const half = NORMAL_95 / Math.sqrt(observations - 3);
  return { lower: Math.tanh(middle - half), upper: Math.tanh(middle + half) };
}
