export interface Column {
  readonly title: string;
  /** To the left unless told. */
  readonly align?: 'right';
}

/** Columns of words, and of numbers. */
export const left = (title: string): Column => ({ title });
export const right = (title: string): Column => ({ title, align: 'right' });

/** Lines of a table for people: a heading, then the rows, in columns as wide as their widest cell. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => printable(row[index] ?? '').length)),
  );
  const lineOf = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const cell = printable(cells[index] ?? '');
        const width = widths[index] ?? cell.length;
        return column.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [lineOf(columns.map(({ title }) => title)), ...rows.map(lineOf)];
}

/** Foreign text on a terminal: control characters would move the cursor or colour the screen. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}/gu, '�');
}
