import { atMsOf, whyOf } from '../app/rebalancing/rebalance-words.ts';
import { type Amount, isZero, round } from '../domain/money/amount.ts';
import type {
  CostOfAll,
  RebalanceRecord,
  RecordedPlan,
} from '../domain/rebalancing/history/rebalance-record.ts';
import type { RecordedOrder } from '../domain/rebalancing/history/recorded-order.ts';
import type { Fact } from '../domain/rebalancing/triggers/fact.ts';
import type { Output } from './output.ts';
import { percentText } from './percent-text.ts';
import { type Column, printable, right, tableLines } from './table.ts';

const SHORT = 8;

/** A line for each. */
export function printRebalances(rebalances: readonly RebalanceRecord[], output: Output): void {
  if (rebalances.length === 0) output.line('no rebalance was asked for yet');
  else for (const line of tableLines(COLUMNS, rebalances.map(cellsOf))) output.line(line);
}

const COLUMNS: readonly Column[] = [
  { title: 'Id' },
  { title: 'At' },
  { title: 'Mode' },
  right('Filled'),
  right('Drift'),
  right('Expected'),
  right('Realised'),
  { title: 'End' },
  { title: 'Why' },
];

function cellsOf(rebalance: RebalanceRecord): readonly string[] {
  const { id, mode, state, plan, after } = rebalance;
  return [
    id.slice(0, SHORT),
    timeOf(atMsOf(rebalance)),
    mode,
    plan === null ? '' : filledText(plan.orders),
    plan === null
      ? ''
      : `${percentText(plan.drift.before)} → ${told(after, ({ drift }) => percentText(drift))}`,
    plan === null ? '' : told(plan.cost.expectedOfFilled, ({ totalUsd }) => dollars(totalUsd)),
    plan === null ? '' : told(plan.cost.realised, ({ totalUsd }) => dollars(totalUsd)),
    state,
    whyOf(rebalance),
  ];
}

/** Everything that is known of one. */
export function printRebalance(rebalance: RebalanceRecord, output: Output): void {
  const { id, mode, state, stateReason, approval, decidedBy, decidedAtMs, plan, after } = rebalance;
  const { bold } = output.style;
  const line = (title: string, text: string) => output.line(`${bold(title.padEnd(11))} ${printable(text)}`);
  line('rebalance', id);
  line('mode', mode);
  line('why', whyOf(rebalance));
  line('asked', timeOf(rebalance.requestedAtMs));
  const decision = decidedBy === null ? 'nobody' : `${decidedBy}, ${timeOf(decidedAtMs)}`;
  line('decided', `${decision}${approval === null ? '' : ` (asked for: ${approval})`}`);
  line('begun', timeOf(rebalance.begunAtMs));
  line('ended', timeOf(rebalance.endedAtMs));
  line('end', stateReason === '' ? state : `${state}: ${stateReason}`);
  if (plan === null) return;
  line('plan', `${plan.hash}, ${timeOf(plan.plannedAtMs)}`);
  line('value', `${dollars(plan.navUsd)} → ${told(after, ({ navUsd }) => dollars(navUsd))} USD`);
  const { drift } = plan;
  line(
    'drift',
    `${percentText(drift.before)} → ${told(after, (found) => percentText(found.drift))} (expected ${percentText(drift.afterExpected)})`,
  );
  if (after.state === 'unknown') line('after', `not known: ${after.reason}`);
  output.line();
  for (const each of weightLines(plan, rebalance)) output.line(each);
  if (plan.orders.length === 0) return;
  output.line();
  for (const each of tableLines(ORDER_COLUMNS, plan.orders.map(orderCells))) output.line(each);
  output.line();
  const { expected, expectedOfFilled, realised } = plan.cost;
  line('expected', `${costText(expected)}, of the whole plan at the touch`);
  line('of filled', told(expectedOfFilled, costText));
  line('realised', realised.state === 'unknown' ? `not known: ${realised.reason}` : costText(realised.value));
}

function weightLines({ weights }: RecordedPlan, { after }: RebalanceRecord): readonly string[] {
  const columns = [{ title: 'Group' }, right('Before'), right('Target'), right('Expected'), right('After')];
  const share = (of: Readonly<Record<string, Amount>>, group: string) => {
    const weight = of[group];
    return weight === undefined ? '' : percentText(weight);
  };
  const rows = Object.keys(weights.target).map((group) => [
    group,
    share(weights.before, group),
    share(weights.target, group),
    share(weights.afterExpected, group),
    told(after, (found) => share(found.weights, group)),
  ]);
  return tableLines(columns, rows);
}

const ORDER_COLUMNS: readonly Column[] = [
  right('#'),
  { title: 'Venue' },
  { title: 'Market' },
  { title: 'Side' },
  right('Planned'),
  right('Ordered'),
  right('Limit'),
  right('Mid'),
  right('Filled'),
  right('Average'),
  { title: 'Fees' },
  right('Expected'),
  right('Realised'),
  { title: 'Status' },
];

const orderCells = (order: RecordedOrder): readonly string[] => [
  String(order.sequence),
  order.venue,
  order.market,
  order.side,
  order.plannedQuantity,
  order.orderedQuantity ?? '',
  order.limitPrice,
  order.midPrice,
  told(order.filledQuantity, (quantity) => quantity),
  told(order.averageFillPrice, (price) => price ?? ''),
  told(order.fees, (fees) => fees.map(({ asset, amount: paid }) => `${paid} ${asset}`).join(', ')),
  told(order.expectedCostOfFilled, ({ totalUsd }) => dollars(totalUsd)),
  told(order.realisedCost, ({ totalUsd }) => dollars(totalUsd)),
  order.reason === '' ? order.status : `${order.status}: ${order.reason}`,
];

function filledText(orders: readonly RecordedOrder[]): string {
  const unknown = orders.filter(({ filledQuantity }) => filledQuantity.state === 'unknown').length;
  return `${orders.filter(hasFilled).length}/${orders.length}${unknown === 0 ? '' : `, ${unknown} unknown`}`;
}

const hasFilled = ({ filledQuantity }: RecordedOrder): boolean =>
  filledQuantity.state === 'known' && !isZero(filledQuantity.value);
const told = <T>(fact: Fact<T>, text: (value: T) => string): string =>
  fact.state === 'unknown' ? 'unknown' : text(fact.value);
const timeOf = (atMs: number | null): string => (atMs === null ? '-' : new Date(atMs).toISOString());

function dollars(value: Amount): string {
  const [whole = '', part = ''] = round(value, 2).split('.');
  return `${whole}.${part.padEnd(2, '0')}`;
}

function costText({ totalUsd, shortfallUsd, feesUsd, bpsOfTurnover, bpsOfNav }: CostOfAll): string {
  const ofTurnover = bpsOfTurnover === null ? 'nothing traded' : `${bpsOfTurnover} bps of turnover`;
  const ofNav = bpsOfNav === null ? '' : `, ${bpsOfNav} bps of the portfolio`;
  return `${dollars(totalUsd)} USD: ${dollars(shortfallUsd)} against the mid price and ${dollars(feesUsd)} of fees (${ofTurnover}${ofNav})`;
}
