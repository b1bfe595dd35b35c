import type { DisposalDocument, LotDocument, LotsDocument } from '../app/lots-document.ts';
import type { FigureText } from '../domain/lots/figure.ts';
import type { Output } from './output.ts';
import { printTable } from './print-table.ts';
import { left, right } from './table.ts';

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
    printTable('years', YEARS, rows, { output, empty: 'nothing' });
  }
  printTable('held', LOTS, lots.map(lotRow), { output, empty: 'nothing' });
  if (preview) {
    printDisposals('would be disposed of', preview.disposals, output);
    output.line(`tax ${said(preview.tax)}; by fifo ${said(preview.fifo.tax)}; without a trade 0`);
    for (const hint of preview.hints)
      output.line(`lot ${hint.lot} is long-term in ${hint.longTermInDays} days: waiting saves ${hint.saves}`);
  }
  printReasons(document, output);
}

/** Why figures are unknown, each reason once. */
function printReasons({ disposals, lots, preview }: LotsDocument, output: Output): void {
  const matches = [...disposals, ...(preview?.disposals ?? [])].flatMap((disposal) => disposal.matches);
  const figures = [
    ...lots.map(({ basis }) => basis),
    ...matches.flatMap(({ proceeds, gain }) => [proceeds, gain]),
  ];
  const reasons = new Set(figures.flatMap((figure) => (typeof figure === 'string' ? [] : [figure.unknown])));
  for (const reason of [...reasons].slice(0, REASONS_MAX)) output.line(`unknown: ${reason}`);
  if (reasons.size > REASONS_MAX)
    output.line(`unknown: ${reasons.size - REASONS_MAX} figures more; --json says why`);
}
const REASONS_MAX = 10;

/** What left a book for outside. */
export function printWithdrawn(withdrawn: readonly LotDocument[], output: Output): void {
  if (withdrawn.length > 0)
    printTable('withdrawn, and perhaps disposed of', LOTS, withdrawn.map(lotRow), {
      output,
      empty: 'nothing',
    });
}

const lotRow = (lot: LotDocument): readonly string[] => [
  short(lot.lot),
  lot.account,
  lot.asset,
  lot.quantity,
  said(lot.basis),
  lot.longTermFrom ?? 'unknown',
];

function printDisposals(title: string, disposals: readonly DisposalDocument[], output: Output): void {
  const rows = disposals.flatMap((disposal) =>
    disposal.matches.map((match) => [
      short(disposal.id),
      disposal.at.slice(0, 10),
      disposal.account,
      disposal.asset,
      short(match.lot),
      match.quantity,
      said(match.proceeds),
      said(match.basis),
      said(match.gain),
      match.term,
      said(match.tax),
    ]),
  );
  printTable(title, DISPOSALS, rows, { output, empty: 'nothing' });
}

/** Ids of venues and hashes are long: their beginning and their end, for people. */
const short = (id: string): string =>
  id.length <= ID_LENGTH_MAX ? id : `${id.slice(0, ID_LENGTH_MAX - 9)}…${id.slice(-8)}`;
const ID_LENGTH_MAX = 28;

const said = (figure: FigureText): string => (typeof figure === 'string' ? figure : 'unknown');

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
