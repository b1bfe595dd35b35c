import { type Amount, isNegative, isPositive, isZero } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { AssetId } from '../venue/venue.ts';
import type { AttributionPeriod, Cell, CellValue, PeriodTrade } from './attribution-period.ts';

/**
 * What is wrong with periods, or null: each ends after it begins, the next begins where it ends and with what it ended
 * with, cell by cell; a cell stands once in a valuation; what is traded is not what it is paid with.
 */
export function findPeriodsProblem(periods: readonly AttributionPeriod[]): InputProblem | null {
  for (const [index, period] of periods.entries()) {
    const at = `periods[${index}]`;
    const problem =
      findOwnProblem(period, at) ?? (index === 0 ? null : findGap(periods[index - 1] ?? period, period, at));
    if (problem !== null) return problem;
  }
  return null;
}

function findOwnProblem(
  { fromMs, toMs, opening, closing, trades, transfers }: AttributionPeriod,
  at: string,
): InputProblem | null {
  if (!(toMs > fromMs)) return inputProblem(`${at}.to`, `a time after ${isoTime(fromMs)}`, isoTime(toMs));
  for (const [side, values] of [
    ['opening', opening],
    ['closing', closing],
  ] as const) {
    const seen = new Set<string>();
    for (const [place, value] of values.entries()) {
      if (seen.has(keyOf(value)))
        return inputProblem(`${at}.${side}[${place}]`, 'each strategy, venue and asset once', nameOf(value));
      seen.add(keyOf(value));
    }
  }
  for (const [place, trade] of trades.entries()) {
    const problem = findTradeProblem(trade, `${at}.trades[${place}]`);
    if (problem !== null) return problem;
  }
  for (const [place, { valueUsd }] of transfers.entries())
    if (isNegative(valueUsd))
      return inputProblem(`${at}.transfers[${place}].value`, 'an amount that is not negative', valueUsd);
  return null;
}

function findTradeProblem(trade: PeriodTrade, at: string): InputProblem | null {
  if (trade.asset === trade.quote)
    return inputProblem(`${at}.quote`, 'another asset than the one that is traded', trade.quote);
  if (!isPositive(trade.quantity)) return inputProblem(`${at}.quantity`, 'an amount above 0', trade.quantity);
  return null;
}

/** An asset without a price on either side of the boundary may come into the values or go out of them. */
function findGap(before: AttributionPeriod, after: AttributionPeriod, at: string): InputProblem | null {
  if (after.fromMs !== before.toMs)
    return inputProblem(
      `${at}.from`,
      `${isoTime(before.toMs)}, where the period before ends`,
      isoTime(after.fromMs),
    );
  const unpriced = new Set<AssetId>([...before.unpriced, ...after.unpriced]);
  const opening = new Map(after.opening.map((value) => [keyOf(value), value]));
  const closing = new Map(before.closing.map((value) => [keyOf(value), value]));
  for (const value of [...before.closing, ...after.opening]) {
    if (unpriced.has(value.asset)) continue;
    const expected = worthOf(closing, value);
    const found = worthOf(opening, value);
    if (expected !== found)
      return inputProblem(
        `${at}.opening`,
        `${expected} of ${nameOf(value)}, as the period before closes with`,
        found,
      );
  }
  return null;
}

const worthOf = (values: ReadonlyMap<string, CellValue>, cell: Cell): Amount | '0' => {
  const worth = values.get(keyOf(cell))?.valueUsd ?? '0';
  return isZero(worth as Amount) ? '0' : worth;
};

const keyOf = ({ strategy, venue, asset }: Cell): string => JSON.stringify([strategy, venue, asset]);
const nameOf = ({ strategy, venue, asset }: Cell): string =>
  [asset, `at ${venue}`, ...(strategy === '' ? [] : [`of ${strategy}`])].join(' ');
const isoTime = (atMs: number): string => new Date(atMs).toISOString();
