import type {
  AttributionDocument,
  ChainDocument,
  MoneyAttributionDocument,
  RebalancingDocument,
  ReturnsAttributionDocument,
  Told,
} from '../app/attribution-document.ts';
import { PARTS } from '../domain/attribution/part.ts';
import { type Amount, round } from '../domain/money/amount.ts';
import type { Output } from './output.ts';
import { type Column, left, right, tableLines } from './table.ts';

/** Contributions in per cent of the value at the beginning, by name and by part, and what rebalancing was worth. */
export function printAttribution(document: AttributionDocument, output: Output): void {
  if ('chains' in document) printMoney(document, output);
  else printReturns(document, output);
}

function printMoney(
  { grouping, chains, undefinedPeriods, rebalancing }: MoneyAttributionDocument,
  output: Output,
): void {
  for (const chain of chains) printChain(chain, grouping, output);
  for (const { from, to, reason } of undefinedPeriods)
    output.line(`${from} to ${to} has no return: ${reason}`);
  printUntold(chains, output);
  if (rebalancing !== null) printRebalancing(rebalancing, output);
}

function printChain(
  { from, to, contributions, parts, periods, ...chain }: ChainDocument,
  grouping: string,
  output: Output,
): void {
  const many = periods.length === 1 ? '1 period' : `${periods.length} periods`;
  output.line(`${output.style.bold('return')} from ${from} to ${to}, ${many}`);
  if (contributions === null || parts === null) {
    output.line(`  none: ${chain.reason ?? 'it is not known'}`);
    for (const period of periods) output.line(`  ${period.from} to ${period.to}: ${percent(period.return)}`);
    return;
  }
  const rows = contributions.map((contribution) => [
    contribution.name === '' ? '(none)' : contribution.name,
    ...PARTS.map((part) => percent(contribution[part])),
    percent(contribution.total),
  ]);
  rows.push(['all', ...PARTS.map((part) => percent(parts[part])), percent(chain.return ?? 0)]);
  const columns = [left(titled(grouping)), ...PARTS.map((part) => right(titled(part))), right('Total')];
  print(columns, rows, output);
}

function printUntold(chains: readonly ChainDocument[], output: Output): void {
  const periods = chains.flatMap((chain) => chain.periods);
  const slippage = periods.reduce((count, { untold }) => count + untold.slippageOfTrades, 0);
  const fees = periods.reduce((count, { untold }) => count + untold.feesOfTrades, 0);
  const unpriced = [...new Set(periods.flatMap((period) => period.unpriced))];
  if (slippage > 0)
    output.line(`slippage of ${slippage} trades is not told apart: their decision had no mid price`);
  if (fees > 0) output.line(`fees of ${fees} trades are not told apart: their value is not known`);
  if (unpriced.length > 0) output.line(`left out, for want of a price: ${unpriced.join(', ')}`);
}

function printRebalancing({ rebalances, cumulative }: RebalancingDocument, output: Output): void {
  output.line(output.style.bold('rebalancing'));
  const rows = rebalances.map(({ id, at, premium, expected, realised, overrun }) => [
    short(id),
    at,
    told(premium, ({ actual }) => percent(actual)),
    told(premium, ({ hold }) => percent(hold)),
    told(premium, (each) => percent(each.premium)),
    told(expected, ({ total }) => cents(total)),
    told(realised, ({ total }) => cents(total)),
    told(overrun, cents),
  ]);
  rows.push([
    'all',
    '',
    told(cumulative.premium, ({ actual }) => percent(actual)),
    told(cumulative.premium, ({ hold }) => percent(hold)),
    told(cumulative.premium, ({ premium }) => percent(premium)),
    cents(cumulative.compared.expected.total),
    cents(cumulative.realised.total),
    cents(cumulative.compared.overrun),
  ]);
  print(REBALANCES, rows, output);
  const reasons = [
    ...rebalances.map(({ id, premium }) => ({ id, told: premium })),
    { id: 'all', told: cumulative.premium },
  ];
  for (const { id, told: premium } of reasons)
    if ('unknown' in premium) output.line(`premium of ${short(id)} unknown: ${premium.unknown}`);
  for (const { id, reason } of cumulative.unknown) output.line(`cost of ${short(id)} unknown: ${reason}`);
}

function printReturns(
  { contributions, periods, ...document }: ReturnsAttributionDocument,
  output: Output,
): void {
  const many = periods.length === 1 ? '1 period' : `${periods.length} periods`;
  output.line(`${output.style.bold('return')} of ${many}`);
  if (contributions === null) {
    output.line(`  none: ${document.reason ?? 'it is not known'}`);
    return;
  }
  const rows = Object.entries(contributions).map(([name, contribution]) => [name, percent(contribution)]);
  rows.push(['all', percent(document.return ?? 0)]);
  print([left('Name'), right('Total')], rows, output);
}

function print(columns: readonly Column[], rows: readonly (readonly string[])[], output: Output): void {
  for (const line of tableLines(columns, rows)) output.line(`  ${line}`);
}

const told = <T>(figure: Told<T>, tell: (value: T) => string): string =>
  typeof figure === 'object' && figure !== null && 'unknown' in figure ? 'unknown' : tell(figure as T);

/** An id of a book is a hash: its beginning finds it. */
const short = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 8) : id);
const cents = (value: Amount): string => round(value, 2);

const PERCENT_DECIMALS = 4;
/** Without a minus before nothing. */
const percent = (fraction: number): string => {
  const text = (fraction * 100).toFixed(PERCENT_DECIMALS);
  return `${Number(text) === 0 ? text.replace('-', '') : text} %`;
};
const titled = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const REBALANCES = [
  left('Rebalance'),
  left('At'),
  right('Actual'),
  right('Hold'),
  right('Premium'),
  right('Expected cost'),
  right('Realised'),
  right('Overrun'),
];
