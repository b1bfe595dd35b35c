import { attributeReturns } from '../domain/attribution/attribute-returns.ts';
import type { AttributionPeriod, Cell, PeriodTrade } from '../domain/attribution/attribution-period.ts';
import { findPeriodsProblem } from '../domain/attribution/find-periods-problem.ts';
import type { Grouping } from '../domain/attribution/grouping.ts';
import { linkByCarino } from '../domain/attribution/link-by-carino.ts';
import { neumaierSum } from '../domain/attribution/neumaier-sum.ts';
import { type RebalanceCost, rebalanceCosts } from '../domain/attribution/rebalance-costs.ts';
import { rebalancingPremium } from '../domain/attribution/rebalancing-premium.ts';
import { add, multiply, ONE } from '../domain/money/amount.ts';
import { realisedCost, type TradingCost, totalCost } from '../domain/rebalancing/history/order-cost.ts';
import { type InputProblem, inputProblem } from '../domain/rebalancing/input-problem.ts';
import { type Fact, known, unknown } from '../domain/rebalancing/triggers/fact.ts';
import { type AttributionDocument, attributionDocument, linkedDocument } from './attribution-document.ts';
import {
  attributionFileSchema,
  type MoneyAttributionFile,
  type ReturnsAttributionFile,
} from './attribution-file-schema.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { readCheckedFile } from './read-checked-file.ts';

export type AttributionOfFile =
  | { readonly state: 'attributed'; readonly document: AttributionDocument }
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

type Answer = AttributionDocument | InputProblem;

/**
 * Attributes the return of the periods that a file tells of, without a venue or a database. Money is decimal text, or
 * numbers of at most 15 digits, in one currency; a time names its zone, a date is its beginning, UTC; docs/ATTRIBUTION.md has every key. Or of `{"weights", "returns"}`, lists of numbers by
 * name: what is held at the beginning of each period, and what it has returned. `grouping` is not asked of these.
 *
 * Every problem names the file, the place, what was expected and what was found. Never throws for what a file holds.
 */
export function attributeFile(path: string, grouping: Grouping): AttributionOfFile {
  const read = readCheckedFile(path, attributionFileSchema);
  if (!read.ok) return { state: 'refused', problems: read.problems };
  const answer = 'weights' in read.value ? ofReturns(read.value) : ofMoney(read.value, grouping);
  return 'path' in answer
    ? { state: 'refused', problems: [{ ...answer, path: `${path}: ${answer.path}` }] }
    : { state: 'attributed', document: answer };
}

function ofMoney(
  { cash, rebalances, portfolios, ...file }: MoneyAttributionFile,
  grouping: Grouping,
): Answer {
  const periods = periodsOf(file.periods);
  const problem =
    findNoOpening(file.periods) ??
    findPeriodsProblem(periods) ??
    findRepeated('rebalances', 'id', rebalances) ??
    findRepeated('portfolios', 'at', portfolios) ??
    findStrayTrade(file.periods, rebalances);
  if (problem !== null) return problem;
  const happened = rebalances.map(({ id, at: atMs }) => ({ id, atMs }));
  const isRebalancingTold = rebalances.length + portfolios.length > 0;
  const attribution = attributeReturns(periods, { grouping, cash });
  if (!isRebalancingTold) return attributionDocument(attribution, null);
  return attributionDocument(attribution, {
    costs: rebalanceCosts(rebalances.map((rebalance) => costOf(rebalance, file.periods))),
    premium: rebalancingPremium(
      portfolios.map(({ at: atMs, value: navUsd, quantities, prices: pricesUsd, flow: flowUsd }) => ({
        atMs,
        navUsd,
        quantities,
        pricesUsd,
        flowUsd,
      })),
      happened,
    ),
  });
}

function periodsOf(periods: MoneyAttributionFile['periods']): readonly AttributionPeriod[] {
  return periods.map((period, index) => ({
    fromMs: period.from,
    toMs: period.to,
    opening: valuesOf(period.opening ?? periods[index - 1]?.closing ?? []),
    closing: valuesOf(period.closing),
    flows: period.flows.map(({ value: valueUsd, at, ...cell }) => ({ ...cellOf(cell), valueUsd, at })),
    trades: period.trades.map(tradeOf),
    payments: period.payments.map(({ value: valueUsd, kind, paidIn, ...cell }) => ({
      ...cellOf(cell),
      kind,
      paidIn,
      valueUsd,
    })),
    transfers: period.transfers.map(({ from, to, value: valueUsd }) => ({
      from: cellOf(from),
      to: cellOf(to),
      valueUsd,
    })),
    unpriced: period.unpriced,
  }));
}

type FileTrade = MoneyAttributionFile['periods'][number]['trades'][number];

const tradeOf = ({
  quote,
  side,
  quantity,
  fillPrice,
  decisionMid,
  fee,
  feeAsset,
  ...cell
}: FileTrade): PeriodTrade => ({
  ...cellOf(cell),
  quote,
  side,
  quantity,
  quoteUsd: multiply(quantity, fillPrice),
  decisionMidUsd: decisionMid ?? null,
  fee: { asset: feeAsset ?? quote, valueUsd: fee },
});

const cellOf = ({
  strategy = '',
  venue,
  asset,
}: Pick<Cell, 'venue' | 'asset'> & { readonly strategy?: string | undefined }): Cell => ({
  strategy,
  venue,
  asset,
});

const valuesOf = (values: MoneyAttributionFile['periods'][number]['closing']) =>
  values.map(({ value: valueUsd, ...cell }) => ({ ...cellOf(cell), valueUsd }));

/** Later periods open with what the one before has closed with; the first has none before it. */
const findNoOpening = ([first]: MoneyAttributionFile['periods']): InputProblem | null =>
  first?.opening === undefined
    ? inputProblem('periods[0].opening', 'the values that the first period begins with', 'nothing')
    : null;

function findRepeated<K extends string>(
  list: string,
  key: K,
  members: readonly Readonly<Record<K, unknown>>[],
): InputProblem | null {
  const seen = new Set<unknown>();
  for (const [index, member] of members.entries()) {
    if (seen.has(member[key])) return inputProblem(`${list}[${index}].${key}`, 'each once', member[key]);
    seen.add(member[key]);
  }
  return null;
}

/** A trade that is of a rebalance which the file does not tell of. */
function findStrayTrade(
  periods: MoneyAttributionFile['periods'],
  rebalances: MoneyAttributionFile['rebalances'],
): InputProblem | null {
  const ids = new Set(rebalances.map(({ id }) => id));
  for (const [index, { trades }] of periods.entries())
    for (const [place, { rebalance }] of trades.entries())
      if (rebalance !== undefined && !ids.has(rebalance))
        return inputProblem(
          `periods[${index}].trades[${place}].rebalance`,
          'the id of one of "rebalances"',
          rebalance,
        );
  return null;
}

function costOf(
  { id, at: atMs, expected }: MoneyAttributionFile['rebalances'][number],
  periods: MoneyAttributionFile['periods'],
): RebalanceCost {
  const trades = periods.flatMap((period) => period.trades.filter(({ rebalance }) => rebalance === id));
  const realised = realisedOf(trades);
  if (expected === undefined || realised.state === 'unknown')
    return { id, atMs, expected: unknown('the file does not tell what was expected'), realised };
  const { shortfall: shortfallUsd, fees: feesUsd } = expected;
  const { turnoverUsd } = realised.value;
  const totalUsd = add(shortfallUsd, feesUsd);
  return { id, atMs, expected: known({ shortfallUsd, feesUsd, totalUsd, turnoverUsd }), realised };
}

function realisedOf(trades: readonly FileTrade[]): Fact<TradingCost> {
  if (trades.length === 0) return unknown('no trade is of it');
  const costs: TradingCost[] = [];
  for (const { side, quantity, fillPrice, decisionMid, fee, quote } of trades) {
    if (decisionMid === undefined) return unknown('a trade of it has no decisionMid');
    const quoteAmount = multiply(quantity, fillPrice);
    // The fee's value is told, in the currency of the file.
    const fill = { fillId: '', quantity, quoteAmount, fee: { asset: quote, amount: fee } };
    const cost = realisedCost(side, [fill], { mid: decisionMid, priceOf: () => ONE });
    if (cost.state === 'unknown') return cost;
    costs.push(cost.value);
  }
  return known(totalCost(costs));
}

function ofReturns({ weights, returns }: ReturnsAttributionFile): Answer {
  const names = Object.keys(weights).sort();
  const problem = findUneven(names, { weights, returns });
  if (problem !== null) return problem;
  const count = weights[names[0] ?? '']?.length ?? 0;
  const periods = Array.from({ length: count }, (_, t) =>
    names.map((name) => (weights[name]?.[t] ?? 0) * (returns[name]?.[t] ?? 0)),
  );
  return linkedDocument(names, periods, periods.map(neumaierSum), linkByCarino(periods));
}

function findUneven(
  names: readonly string[],
  { weights, returns }: ReturnsAttributionFile,
): InputProblem | null {
  const [first] = names;
  if (first === undefined) return inputProblem('weights', 'one name at least', 'none');
  const stray = Object.keys(returns).find((name) => !Object.hasOwn(weights, name));
  if (stray !== undefined) return inputProblem(`returns.${stray}`, 'a name that "weights" has', stray);
  const count = weights[first]?.length ?? 0;
  for (const name of names)
    for (const [list, series] of Object.entries({ weights, returns })) {
      const found = Object.hasOwn(series, name) ? (series[name]?.length ?? 0) : 0;
      if (found !== count)
        return inputProblem(`${list}.${name}`, `a list of ${count} numbers, as weights.${first}`, found);
    }
  return null;
}
