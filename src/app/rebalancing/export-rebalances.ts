import { csvLine } from '../../../db/csv-line.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { Amount } from '../../domain/money/amount.ts';
import type { RebalanceRecord } from '../../domain/rebalancing/history/rebalance-record.ts';
import type { RecordedOrder } from '../../domain/rebalancing/history/recorded-order.ts';
import type { Fact } from '../../domain/rebalancing/triggers/fact.ts';
import { eachRebalance } from './list-rebalances.ts';
import { whyOf } from './rebalance-words.ts';

/** `csv`: a row an order, with its rebalance's columns repeated. `json`: an array of what `--json` tells of each. */
export type RebalanceFormat = 'csv' | 'json';

type Cell = string | number | null;
type Column<T> = readonly [name: string, cell: (from: T) => Cell];

/**
 * Writes every rebalance since a time, oldest first, and says how many. Holds a page in memory; `write` gets whole lines
 * without their ends.
 */
export async function exportRebalances(
  db: OpenDatabase['db'],
  { format, sinceMs }: { readonly format: RebalanceFormat; readonly sinceMs: number | null },
  write: (line: string) => unknown,
): Promise<number> {
  let count = 0;
  let held: string | null = null;
  await write(format === 'csv' ? csvLine(CSV_COLUMNS) : '[');
  for await (const rebalance of eachRebalance(db, { order: 'oldestFirst', sinceMs, limit: null })) {
    count += 1;
    if (format === 'csv') for (const line of csvLinesOf(rebalance)) await write(line);
    // A comma after each but the last.
    else {
      if (held !== null) await write(`${held},`);
      held = JSON.stringify(rebalance);
    }
  }
  if (held !== null) await write(held);
  if (format === 'json') await write(']');
  return count;
}

/** A rebalance without orders has one row, with nothing in the columns of orders. */
function csvLinesOf(rebalance: RebalanceRecord): readonly string[] {
  const of = REBALANCE_COLUMNS.map(([, cell]) => cell(rebalance));
  const orders = rebalance.plan?.orders ?? [];
  if (orders.length === 0) return [csvLine([...of, ...ORDER_COLUMNS.map(() => null)])];
  return orders.map((order) => csvLine([...of, ...ORDER_COLUMNS.map(([, cell]) => cell(order))]));
}

const time = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString());

/** What is not known says so; it is never empty, which is "there is none", and never zero. */
const told = <T>(fact: Fact<T> | undefined, cell: (value: T) => Cell): Cell =>
  fact === undefined ? null : fact.state === 'unknown' ? 'unknown' : cell(fact.value);

const shares = (weights: Readonly<Record<string, Amount>> | undefined): string | null =>
  weights === undefined
    ? null
    : Object.entries(weights)
        .map(([group, weight]) => `${group} ${weight}`)
        .join('; ');

const REBALANCE_COLUMNS: readonly Column<RebalanceRecord>[] = [
  ['rebalance', ({ id }) => id],
  ['requestedAt', ({ requestedAtMs }) => time(requestedAtMs)],
  ['plannedAt', ({ plan }) => time(plan?.plannedAtMs ?? null)],
  ['begunAt', ({ begunAtMs }) => time(begunAtMs)],
  ['endedAt', ({ endedAtMs }) => time(endedAtMs)],
  ['mode', ({ mode }) => mode],
  ['origin', ({ origin }) => origin?.kind ?? null],
  ['why', whyOf],
  ['approval', ({ approval }) => approval],
  ['decidedBy', ({ decidedBy }) => decidedBy],
  ['decidedAt', ({ decidedAtMs }) => time(decidedAtMs)],
  ['state', ({ state }) => state],
  ['stateReason', ({ stateReason }) => stateReason],
  ['planHash', ({ plan }) => plan?.hash ?? null],
  ['navBeforeUsd', ({ plan }) => plan?.navUsd ?? null],
  ['navAfterUsd', ({ after }) => told(after, ({ navUsd }) => navUsd)],
  ['weightsBefore', ({ plan }) => shares(plan?.weights.before)],
  ['weightsTarget', ({ plan }) => shares(plan?.weights.target)],
  ['weightsAfterExpected', ({ plan }) => shares(plan?.weights.afterExpected)],
  ['weightsAfter', ({ after }) => told(after, ({ weights }) => shares(weights))],
  ['driftBefore', ({ plan }) => plan?.drift.before ?? null],
  ['driftAfterExpected', ({ plan }) => plan?.drift.afterExpected ?? null],
  ['driftAfter', ({ after }) => told(after, ({ drift }) => drift)],
  ['expectedCostUsd', ({ plan }) => plan?.cost.expected.totalUsd ?? null],
  ['expectedCostOfFilledUsd', ({ plan }) => told(plan?.cost.expectedOfFilled, ({ totalUsd }) => totalUsd)],
  ['realisedCostUsd', ({ plan }) => told(plan?.cost.realised, ({ totalUsd }) => totalUsd)],
  ['realisedBpsOfTurnover', ({ plan }) => told(plan?.cost.realised, ({ bpsOfTurnover }) => bpsOfTurnover)],
  ['realisedBpsOfNav', ({ plan }) => told(plan?.cost.realised, ({ bpsOfNav }) => bpsOfNav)],
];

const ORDER_COLUMNS: readonly Column<RecordedOrder>[] = [
  ['order', ({ sequence }) => sequence],
  ['venue', ({ venue }) => venue],
  ['market', ({ market }) => market],
  ['asset', ({ asset }) => asset],
  ['side', ({ side }) => side],
  ['clientOrderId', ({ clientOrderId }) => clientOrderId],
  ['plannedQuantity', ({ plannedQuantity }) => plannedQuantity],
  ['orderedQuantity', ({ orderedQuantity }) => orderedQuantity],
  ['limitPrice', ({ limitPrice }) => limitPrice],
  ['midPrice', ({ midPrice }) => midPrice],
  ['filledQuantity', ({ filledQuantity }) => told(filledQuantity, (quantity) => quantity)],
  ['averageFillPrice', ({ averageFillPrice }) => told(averageFillPrice, (price) => price)],
  [
    'fees',
    ({ fees }) => told(fees, (all) => all.map(({ asset, amount }) => `${amount} ${asset}`).join('; ')),
  ],
  ['orderStatus', ({ status }) => status],
  ['orderReason', ({ reason }) => reason],
  ['orderExpectedCostUsd', ({ expectedCost }) => expectedCost.totalUsd],
  [
    'orderExpectedCostOfFilledUsd',
    ({ expectedCostOfFilled }) => told(expectedCostOfFilled, ({ totalUsd }) => totalUsd),
  ],
  ['orderShortfallUsd', ({ realisedCost }) => told(realisedCost, ({ shortfallUsd }) => shortfallUsd)],
  ['orderFeesUsd', ({ realisedCost }) => told(realisedCost, ({ feesUsd }) => feesUsd)],
  ['orderRealisedCostUsd', ({ realisedCost }) => told(realisedCost, ({ totalUsd }) => totalUsd)],
];

/** The header of the CSV. */
export const CSV_COLUMNS: readonly string[] = [...REBALANCE_COLUMNS, ...ORDER_COLUMNS].map(([name]) => name);
