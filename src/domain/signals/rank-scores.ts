/**
 * Places among values, the largest first, as scores from 1 for the first to -1 for the last: 1 − 2·place/(n − 1), where
 * equal values share the mean of their places. Null for a single value, which is before and behind nobody.
 */
export function rankScores(values: readonly number[]): readonly number[] | null {
  if (values.length < 2) return null;
  return values.map((value) => {
    const before = values.filter((other) => other > value).length;
    const level = values.filter((other) => other === value).length;
    return 1 - (2 * (before + (level - 1) / 2)) / (values.length - 1);
  });
}
