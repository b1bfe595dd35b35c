/** One value a period, oldest first, of the same periods for every series; null where there is none. */
export type Observations = readonly (number | null)[];

/** Returns as they are, or prices above zero of which log returns are taken. */
export type SeriesKind = 'returns' | 'prices';

/**
 * The returns of two series over the same periods. Of prices: log returns between one time that both have a price of and
 * the next such time, so that a gap of one makes the same longer period of both.
 */
export function commonReturns(
  first: Observations,
  second: Observations,
  kind: SeriesKind,
): readonly [readonly number[], readonly number[]] {
  const some: number[] = [];
  const others: number[] = [];
  for (const [time, value] of first.entries()) {
    const other = second[time] ?? null;
    if (value === null || other === null) continue;
    some.push(value);
    others.push(other);
  }
  return kind === 'returns' ? [some, others] : [logReturns(some), logReturns(others)];
}

/** The returns of one series; of prices, from each price to the next that there is. */
export function ownReturns(values: Observations, kind: SeriesKind): readonly number[] {
  const present = values.filter((value) => value !== null);
  return kind === 'returns' ? present : logReturns(present);
}

/** ln(p₁/p₀) of prices above zero, oldest first. */
export const logReturns = (prices: readonly number[]): readonly number[] =>
  prices.slice(1).map((price, i) => Math.log(price / (prices[i] ?? Number.NaN)));
