/** A figure that describes a sample, or why there is none. Nothing turns the missing one into zero. Doubles: statistics, no money. */
export type Statistic<T = number> = { readonly value: T } | NoStatistic;

/** `reason` says what is missing, for people: "29 returns, at least 30 are needed". */
export interface NoStatistic {
  readonly value: null;
  readonly reason: string;
}

/** A number that no double holds is no figure. */
export const statistic = (value: number): Statistic =>
  Number.isFinite(value) ? { value } : noStatistic('it is too large for a number');

export const noStatistic = (reason: string): NoStatistic => ({ value: null, reason });
