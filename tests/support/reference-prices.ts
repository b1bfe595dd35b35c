import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.TRUEUP_REFERENCE_DATA ?? join(process.cwd(), '../shared/data');

/** One column of a table of daily prices by its date, both dates included; NaN where a cell is empty. */
export function referencePrices(
  path: string,
  column: string,
  from = '',
  to = '~',
): ReadonlyMap<string, number> {
  const [head = '', ...lines] = readFileSync(join(folder, path), 'utf8').trim().split('\n');
  const place = head.split(',').indexOf(column);
  if (place < 0) throw new Error(`${path} has a column ${column}: ${head.slice(0, 140)}`);
  const rows = lines.map((line) => line.split(','));
  return new Map(
    rows
      .filter(([date = '']) => date >= from && date <= to)
      .map((cells) => [cells[0]!, cells[place] ? Number(cells[place]) : Number.NaN]),
  );
}

/** Simple returns on the days that all series have. */
export function alignedReturns(
  series: readonly ReadonlyMap<string, number>[],
): readonly (readonly number[])[] {
  const days = [...(series[0]?.keys() ?? [])].filter((day) => series.every((prices) => prices.has(day)));
  return series.map((prices) =>
    days.slice(1).map((day, index) => prices.get(day)! / prices.get(days[index]!)! - 1),
  );
}
