import type { DisposalDocument, FigureText, LotDocument, LotsDocument } from '../app/lots-document.ts';
import type { Output } from './output.ts';
import { type Column, tableLines } from './table.ts';

/** Disposals with their lots, years, what is held, and the preview where there is one. */
export function printLots(document: LotsDocument, output: Output): void {
  const { method, poolScope, zone, disposals, years, lots, preview } = document;
  output.line(`${output.style.bold('lots')} by ${method}, pools by ${poolScope}, days of ${zone}`);
  printDisposals('disposed of', disposals, output);
  if (years.length > 0) {
    const rows = years.map(({ year, gain, tax, income }) => [
      String(year),
      said(gain),
      said(tax),
      said(income),
    ]);
    print('years', YEARS, rows, output);
  }
  print('held', LOTS, lots.map(lotRow), output);
  if (!preview) return;
  printDisposals('would be disposed of', preview.disposals, output);
  output.line(`tax ${said(preview.tax)}; by fifo ${said(preview.fifo.tax)}; without a trade 0`);
  for (const hint of preview.hints)
    output.line(`lot ${hint.lot} is long-term in ${hint.longTermInDays} days: waiting saves ${hint.saves}`);
}

/** What left a book for outside. */
export function printWithdrawn(withdrawn: readonly LotDocument[], output: Output): void {
  if (withdrawn.length > 0) print('withdrawn, and perhaps disposed of', LOTS, withdrawn.map(lotRow), output);
}

const lotRow = (lot: LotDocument): readonly string[] => [
  lot.lot,
  lot.account,
  lot.asset,
  lot.quantity,
  said(lot.basis),
  lot.longTermFrom ?? 'unknown',
];

function printDisposals(title: string, disposals: readonly DisposalDocument[], output: Output): void {
  const rows = disposals.flatMap((disposal) =>
    disposal.matches.map((match) => [
      disposal.id,
      disposal.at.slice(0, 10),
      disposal.account,
      disposal.asset,
      match.lot,
      match.quantity,
      said(match.proceeds),
      said(match.basis),
      said(match.gain),
      match.term,
      said(match.tax),
    ]),
  );
  print(title, DISPOSALS, rows, output);
}

function print(
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  output: Output,
): void {
  output.line(output.style.bold(title));
  if (rows.length === 0) output.line('  nothing');
  else for (const line of tableLines(columns, rows)) output.line(`  ${line}`);
}

const said = (figure: FigureText): string => (typeof figure === 'string' ? figure : 'unknown');

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;
const DISPOSALS = [
  left('Disposal'),
  left('Day'),
  left('Account'),
  left('Asset'),
  left('Lot'),
  right('Quantity'),
  right('Proceeds'),
  right('Basis'),
  right('Gain'),
  left('Term'),
  right('Tax'),
];
const YEARS = [left('Year'), right('Gain'), right('Tax'), right('Income')];
const LOTS = [
  left('Lot'),
  left('Account'),
  left('Asset'),
  right('Quantity'),
  right('Basis'),
  left('Long-term from'),
];
