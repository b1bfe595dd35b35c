import type { CheckedFile } from './read-checked-file.ts';

const NUMBER = /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/i;
const SHOWN_MAX = 60;

export interface CsvColumns {
  /** Every one of them once, in any order, as a header. */
  readonly columns: readonly string[];
  /** Those whose cells are numbers where they look like one. */
  readonly numbers: readonly string[];
  readonly rowsMax: number;
}

/**
 * Lines of values without quotes under a header, as objects. What is wrong is told with its line; so is a last line
 * without its line break, which may have been cut off.
 */
export function readCsvRows(
  name: string,
  text: string,
  { columns, numbers, rowsMax }: CsvColumns,
): CheckedFile<readonly Readonly<Record<string, string | number>>[]> {
  const refuse = (line: number, expected: string, found: string) =>
    ({ ok: false, problems: [{ path: `${name}: line ${line}`, expected, found }] }) as const;
  const [header = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const named = header.split(',');
  if (columns.length !== named.length || columns.some((column) => !named.includes(column)))
    return refuse(1, `a header with ${columns.join(',')}`, header.slice(0, SHOWN_MAX) || 'nothing');
  if (lines.pop() !== '') return refuse(lines.length + 2, 'lines with their line breaks', 'no end');
  if (lines.length > rowsMax) return refuse(rowsMax + 2, `at most ${rowsMax} lines`, `${lines.length} lines`);
  const rows = lines.map((line) => line.split(','));
  const uneven = rows.findIndex((cells) => cells.length !== named.length);
  if (uneven >= 0)
    return refuse(
      uneven + 2,
      `${named.length} values without commas in them`,
      (lines[uneven] ?? '').slice(0, SHOWN_MAX) || 'nothing',
    );
  const value = (column: string, cell: string): string | number =>
    numbers.includes(column) && NUMBER.test(cell) ? Number(cell) : cell;
  return {
    ok: true,
    value: rows.map((cells) =>
      Object.fromEntries(named.map((column, index) => [column, value(column, cells[index] ?? '')])),
    ),
  };
}
