/** What a year is made of. */
export interface AnnualTerms {
  /** How many returns make a year: 365 for days of a market that never closes, 252 for stock exchanges, 12 for months. */
  readonly periodsPerYear: number;
  /** A year's interest without risk as a fraction; 0.04 is four per cent. A period's is this divided by `periodsPerYear`. */
  readonly riskFree: number;
  /** A year's return below which a return counts as a loss to Sortino; a period's is this divided by `periodsPerYear`. */
  readonly minimumAcceptableReturn: number;
}

export const DAYS_PER_YEAR = 365;

/** Days, no interest, and every return below zero is a loss. */
export const DEFAULT_ANNUAL_TERMS: AnnualTerms = {
  periodsPerYear: DAYS_PER_YEAR,
  riskFree: 0,
  minimumAcceptableReturn: 0,
};
