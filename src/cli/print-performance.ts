import type { PerformanceDocument, PerformanceValues } from '../app/performance-document.ts';
import type { Output } from './output.ts';
import { tableLines } from './table.ts';

/** Every figure with its unit, or with why there is none; then what the figures rest on. */
export function printPerformance(document: PerformanceDocument, output: Output): void {
  const rows = FIGURES.map(([name, title, text]) => {
    const value = document[name];
    return [title, value === null ? 'none' : text(value, document), document.reasons[name] ?? ''];
  });
  const columns = [{ title: 'Figure' }, { title: 'Value', align: 'right' as const }, { title: 'Why not' }];
  for (const line of tableLines(columns, rows)) output.line(line);
  for (const note of notesOf(document)) output.line(note);
}

type Value = NonNullable<PerformanceValues[keyof PerformanceValues]>;
type Text = (value: Value, document: PerformanceDocument) => string;

/** Without a sign where nothing is left to show. */
const percent: Text = (value) => `${(Number(value) * 100).toFixed(2).replace(/^-(0\.00)$/, '$1')} %`;
const plain: Text = (value) => Number(value).toFixed(3);
const span: Text = (value, { drawdown }) =>
  `${Number(value)} ${drawdown?.unit ?? 'days'}${drawdown?.isOpen ? ' so far' : ''}`;
const interval: Text = (value) =>
  [value]
    .flat()
    .map((bound) => bound.toFixed(3))
    .join(' to ');

const FIGURES: readonly (readonly [keyof PerformanceValues, string, Text])[] = [
  ['timeWeightedReturn', 'Time-weighted return', percent],
  ['xirr', 'XIRR, of a year', percent],
  ['modifiedDietz', 'Modified Dietz', percent],
  ['cagr', 'CAGR', percent],
  ['volatility', 'Volatility, of a year', percent],
  ['sharpe', 'Sharpe ratio', plain],
  ['sharpeInterval', '  95 % interval', interval],
  ['sortino', 'Sortino ratio', plain],
  ['calmar', 'Calmar ratio', plain],
  ['maxDrawdown', 'Maximum drawdown', percent],
  ['drawdownDays', '  peak to recovery', span],
  ['winRate', 'Win rate of periods', percent],
  ['profitFactor', 'Profit factor', plain],
  ['expectancy', 'Expectancy of a period', percent],
  ['var95', 'VaR 95 of a period', percent],
  ['cvar95', 'CVaR 95 of a period', percent],
  ['normalVar95', '  VaR 95, if normal', percent],
  ['normalCvar95', '  CVaR 95, if normal', percent],
];

function notesOf({ sample, multipleRoots, xirrRoots, valuations }: PerformanceDocument): readonly string[] {
  const notes: string[] = [];
  if (sample) {
    const { returns, periodsPerYear, riskFree } = sample;
    notes.push(`${returns} returns, ${periodsPerYear} a year, ${riskFree * 100} % a year without risk`);
  }
  if (multipleRoots)
    notes.push(
      `the cash flows have several rates: ${xirrRoots.map((root) => `${(root * 100).toFixed(2)} %`).join(', ')}`,
    );
  for (const { from, to, reason } of valuations?.undefinedPeriods ?? [])
    notes.push(`no return from ${from} to ${to}: ${reason}`);
  if (valuations && valuations.unvaluedFlows > 0)
    notes.push(`flows without a valuation just before them: ${valuations.unvaluedFlows}`);
  if (valuations && valuations.flowsOutside > 0)
    notes.push(
      `flows before the first valuation or from the last one on, which move nothing: ${valuations.flowsOutside}`,
    );
  return notes;
}
