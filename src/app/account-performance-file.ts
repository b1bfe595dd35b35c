import {
  type PerformanceFigures,
  performanceOfCashFlows,
  performanceOfReturns,
  performanceOfValuations,
} from '../domain/performance/performance-figures.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { placeIn } from './file-terms.ts';
import { type PerformanceDocument, performanceDocument } from './performance-document.ts';
import { type PerformanceFile, performanceFileSchema } from './performance-file-schema.ts';
import { readCheckedFile } from './read-checked-file.ts';

export type PerformanceFileAccount =
  | { readonly state: 'accounted'; readonly document: PerformanceDocument }
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/**
 * The performance figures of a file, without a venue or a database; docs/PERFORMANCE.md defines them. One of:
 *
 * - `valuations`: [{at, value}] of times of their own, in any order, each before the flows of its moment; `flows`:
 *   [{at, amount}], positive into the portfolio;
 * - `returns`: simple returns of equal periods, oldest first, 0.01 is one per cent;
 * - `cashFlows`: [{at, amount}], negative where the investor pays, the final value among them: the XIRR alone.
 *
 * The first two take `periodsPerYear` (365), `riskFree` (0) and `minimumAcceptableReturn` (0), both of a year. Numbers are
 * JSON numbers or decimal text; `at` is a date (its beginning, UTC), a time, or milliseconds since 1970. Never throws for
 * what a file holds.
 */
export function accountPerformanceFile(path: string): PerformanceFileAccount {
  const read = readCheckedFile(path, performanceFileSchema);
  if (!read.ok) return { state: 'refused', problems: read.problems };
  const file = read.value;
  const problem = findDoubleValuation(file, path);
  if (problem) return { state: 'refused', problems: [problem] };
  return { state: 'accounted', document: documentOf(file) };
}

function documentOf(file: PerformanceFile): PerformanceDocument {
  if (file.kind === 'cashFlows')
    return performanceDocument(performanceOfCashFlows(flowsOf(file.cashFlows)), null, null);
  const { periodsPerYear, riskFree, minimumAcceptableReturn } = file;
  const terms = { periodsPerYear, riskFree, minimumAcceptableReturn };
  if (file.kind === 'returns') {
    const figures: PerformanceFigures = performanceOfReturns(file.returns, terms);
    return performanceDocument(figures, { returns: file.returns.length, ...terms }, null);
  }
  const valuations = file.valuations.map(({ at, value }) => ({ atMs: at, value }));
  const valued = performanceOfValuations(valuations, flowsOf(file.flows), terms);
  return performanceDocument(valued, { returns: valued.returns.value?.length ?? 0, ...terms }, valued);
}

const flowsOf = (flows: readonly { readonly at: number; readonly amount: number }[]) =>
  flows.map(({ at, amount }) => ({ atMs: at, amount }));

/** Of two values of one moment nobody knows which one the flows of that moment follow. */
function findDoubleValuation(file: PerformanceFile, path: string): ConfigurationProblem | null {
  if (file.kind !== 'valuations') return null;
  const seen = new Map<number, number>();
  for (const [index, { at }] of file.valuations.entries()) {
    const before = seen.get(at);
    if (before !== undefined)
      return {
        path: placeIn(path, ['valuations', index, 'at']),
        expected: 'a time of its own for each valuation',
        found: `that of valuations[${before}], ${new Date(at).toISOString()}`,
      };
    seen.set(at, index);
  }
  return null;
}
