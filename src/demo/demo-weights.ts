import type { Reading } from '../app/portfolio/read-standing.ts';
import { valueBook } from '../app/portfolio/read-standing.ts';
import { type Amount, divide, isZero, round } from '../domain/money/amount.ts';

/** Decimals of a weight as it is shown. */
const DECIMALS = 6;

/** What the book's holdings are worth now and the share of each group, cash included. */
export function weightsNow(reading: Reading): {
  readonly navUsd: Amount;
  readonly weights: Readonly<Record<string, Amount>>;
} {
  const { totalUsd, byGroup } = valueBook(reading);
  const groups = [...byGroup].filter(([, value]) => !isZero(value)).sort(([a], [b]) => (a < b ? -1 : 1));
  const weights = Object.fromEntries(
    groups.map(([group, value]) => [group, divide(value, totalUsd, DECIMALS, 'half')]),
  );
  return { navUsd: round(totalUsd, 2), weights };
}
