import type { Output } from './output.ts';
import { type Column, tableLines } from './table.ts';

/** A table under its title; `empty` where it has no rows. */
export function printTable(
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { output, empty }: { readonly output: Output; readonly empty: string },
): void {
  output.line(output.style.bold(title));
  if (rows.length === 0) output.line(`  ${empty}`);
  else for (const line of tableLines(columns, rows)) output.line(`  ${line}`);
}
