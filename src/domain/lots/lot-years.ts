import { type Amount, add, ZERO } from '../money/amount.ts';
import { type Figure, sumFigures } from './figure.ts';
import type { HoldingCalendar } from './holding-calendar.ts';
import { basisOf, type LotDisposal, type LotMatch } from './lot-disposal.ts';
import type { LotEvent } from './lot-event.ts';
import type { Term } from './lot-tax.ts';

/** One calendar year of the taxpayer's zone. */
export interface LotYear {
  readonly year: number;
  /** Terms in which something was disposed of. */
  readonly terms: Readonly<Partial<Record<Term, TermTotal>>>;
  /** Of all terms; unknown where anything of it is. */
  readonly gain: Figure;
  readonly tax: Figure;
  /** What was earned at its value then: the cost of acquisitions that are income. */
  readonly income: Figure;
}

export interface TermTotal {
  readonly proceeds: Figure;
  readonly basis: Figure;
  readonly disallowedLoss: Amount;
  readonly gain: Figure;
  readonly tax: Figure;
}

/** What years come to in which something was disposed of or earned, oldest first. */
export function totalYears(
  disposals: readonly LotDisposal[],
  events: readonly LotEvent[],
  calendar: HoldingCalendar,
): readonly LotYear[] {
  const matches = new Map<number, LotMatch[]>();
  const income = new Map<number, Figure[]>();
  for (const { atMs, matches: own } of disposals) gather(matches, calendar.yearOf(atMs), own);
  for (const event of events) {
    if (event.kind !== 'acquisition' || event.source !== 'income') continue;
    gather(income, calendar.yearOf(event.atMs), [event.cost]);
  }
  const years = [...new Set([...matches.keys(), ...income.keys()])].sort((a, b) => a - b);
  return years.map((year) => {
    const own = matches.get(year) ?? [];
    return {
      year,
      terms: totalTerms(own),
      gain: sumFigures(own.map(({ gain }) => gain)),
      tax: sumFigures(own.map(({ tax }) => tax)),
      income: sumFigures(income.get(year) ?? []),
    };
  });
}

/** Totals by term. */
export function totalTerms(matches: readonly LotMatch[]): LotYear['terms'] {
  const byTerm = new Map<Term, LotMatch[]>();
  for (const match of matches) gather(byTerm, match.term, [match]);
  return Object.fromEntries([...byTerm].map(([term, own]) => [term, totalOf(own)]));
}

const totalOf = (matches: readonly LotMatch[]): TermTotal => ({
  proceeds: sumFigures(matches.map(({ proceeds }) => proceeds)),
  basis: sumFigures(matches.map(({ lot }) => basisOf(lot))),
  disallowedLoss: matches.reduce((total, { disallowedLoss }) => add(total, disallowedLoss), ZERO),
  gain: sumFigures(matches.map(({ gain }) => gain)),
  tax: sumFigures(matches.map(({ tax }) => tax)),
});

function gather<Key, Value>(groups: Map<Key, Value[]>, key: Key, values: readonly Value[]): void {
  const group = groups.get(key);
  if (group) group.push(...values);
  else groups.set(key, [...values]);
}
