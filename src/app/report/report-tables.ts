import type { Fact } from '../../domain/rebalancing/triggers/fact.ts';
import type { ReportDocument } from '../../report/report-document.ts';

type Cell = string | number | null;

/** One CSV file of a report. */
export interface ReportTable {
  /** With its ending. */
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The tables of a report, in the order of its page. What is not known is "unknown" in its cell, and has no row where nothing is known. */
export function reportTables(document: ReportDocument): readonly ReportTable[] {
  return [
    {
      file: 'performance.csv',
      columns: ['figure', 'value', 'reason'],
      rows: Object.entries(document.performance).map(([name, fact]) =>
        fact.state === 'known' ? [name, fact.value, null] : [name, null, fact.reason],
      ),
    },
    {
      file: 'value.csv',
      columns: ['at', 'value', 'deposited'],
      rows: of(document.value, (points) =>
        points.map(({ atMs, value, deposited }) => [time(atMs), told(value), told(deposited)]),
      ),
    },
    {
      file: 'drawdown.csv',
      columns: ['at', 'drawdown'],
      rows: of(document.drawdown, (points) => points.map(({ atMs, drawdown }) => [time(atMs), drawdown])),
    },
    {
      file: 'allocation.csv',
      columns: ['at', 'group', 'weight', 'target'],
      rows: of(document.allocation, (groups) =>
        groups.flatMap(({ group, points }) =>
          points.map(({ atMs, weight, target }) => [time(atMs), group, weight, target]),
        ),
      ),
    },
    {
      file: 'attribution.csv',
      columns: ['part', 'kind', 'contribution'],
      rows: of(document.attribution, ({ parts }) =>
        parts.map(({ name, kind, contribution }) => [name, kind, contribution]),
      ),
    },
    {
      file: 'correlation.csv',
      columns: ['of', 'with', 'correlation'],
      rows: of(document.correlation, ({ names, correlation }) =>
        names.flatMap((name, row) =>
          names.map((other, column) => [name, other, correlation[row]?.[column] ?? 'unknown']),
        ),
      ),
    },
    {
      file: 'rebalances.csv',
      columns: [
        'rebalance',
        'requestedAt',
        'why',
        'state',
        'stateReason',
        'orders',
        'driftBefore',
        'driftAfter',
        'expectedCost',
        'realisedCost',
      ],
      rows: document.rebalances.map((each) => [
        each.id,
        each.requestedAtMs === null ? null : time(each.requestedAtMs),
        each.why,
        each.state,
        each.stateReason,
        each.orders,
        each.driftBefore,
        told(each.driftAfter),
        told(each.expectedCost),
        told(each.realisedCost),
      ]),
    },
    {
      file: 'reconciliation.csv',
      columns: ['venue', 'rounds', 'certified', 'discrepancies', 'stillOpen', 'corrections'],
      rows: document.reconciliation.map((each) => [
        each.venue,
        each.rounds,
        each.certified,
        each.discrepancies,
        each.stillOpen,
        each.corrections,
      ]),
    },
  ];
}

const of = <T>(
  fact: Fact<T>,
  rows: (value: T) => readonly (readonly Cell[])[],
): readonly (readonly Cell[])[] => (fact.state === 'known' ? rows(fact.value) : []);

const told = (fact: Fact<string | number>): Cell => (fact.state === 'known' ? fact.value : 'unknown');
const time = (atMs: number): string => new Date(atMs).toISOString();
