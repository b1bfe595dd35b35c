import { type Amount, add } from '../money/amount.ts';
import type { Grouping } from './grouping.ts';
import { PARTS, type Part, type Parts } from './part.ts';
import { type CellGains, noGain } from './period-gains.ts';

/** What a strategy, an asset or a venue has gained, by part, in the reporting currency. */
export interface GroupGains {
  /** Empty for what is of no strategy. */
  readonly name: string;
  readonly parts: Parts<Amount>;
}

/** The gains of cells by name, sorted. Exact: the totals are those of the cells. */
export function groupGains(cells: readonly CellGains[], grouping: Grouping): readonly GroupGains[] {
  const groups = new Map<string, Record<Part, Amount>>();
  for (const { cell, parts } of cells) {
    const total = groups.get(cell[grouping]) ?? noGain();
    groups.set(cell[grouping], total);
    for (const part of PARTS) total[part] = add(total[part], parts[part]);
  }
  return [...groups].map(([name, parts]) => ({ name, parts })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
