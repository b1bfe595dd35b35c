import type { FigureText } from '../domain/lots/figure.ts';
import type { PlanTax } from '../domain/rebalancing/plan-tax.ts';
import type { Output } from './output.ts';
import { left, right, tableLines } from './table.ts';

/** What a plan's sells are taxed, lot by lot; why something is unknown is told once, under the table. */
export function printPlanTax(tax: PlanTax, output: Output): void {
  const { orders, fifo, savedAgainstFifo, countedUsd, hints, uncounted } = tax;
  if (orders.length + uncounted.length === 0) return;
  output.line(`${output.style.bold('taxed')}, were they filled now at the touch; lots by ${tax.method}`);
  const reasons = new Set<string>();
  const said = (figure: FigureText): string => {
    if (typeof figure === 'string') return figure;
    reasons.add(figure.unknown);
    return 'unknown';
  };
  const rows = orders.flatMap(({ sequence, lots }) =>
    lots.map(({ lot, quantity, proceeds, basis, gain, term, tax: due }) => [
      String(sequence),
      lot,
      quantity,
      said(proceeds),
      said(basis),
      said(gain),
      term,
      said(due),
    ]),
  );
  for (const line of tableLines(COLUMNS, rows)) output.line(`  ${line}`);
  output.line(
    `  gain short-term ${said(tax.shortTermGain)}, long-term ${said(tax.longTermGain)}, free of tax ${said(tax.taxFreeGain)}; tax ${said(tax.tax)}, by fifo ${said(fifo.tax)}: saves ${said(savedAgainstFifo)}`,
  );
  output.line(`  the plan counts ${countedUsd} USD of tax, and what is unknown at its worst`);
  for (const reason of reasons) output.line(`  unknown: ${reason}`);
  for (const { lot, longTermInDays, longTermOn, saves } of hints)
    output.line(
      `  lot ${lot} is long-term in ${longTermInDays} days, on ${longTermOn}: waiting saves ${saves}`,
    );
  if (uncounted.length > 0)
    output.line(`  not counted: order ${uncounted.join(', ')}, of perpetual positions, which have no lots`);
}

const COLUMNS = [
  right('#'),
  left('Lot'),
  right('Quantity'),
  right('Proceeds'),
  right('Basis'),
  right('Gain'),
  left('Term'),
  right('Tax'),
];
