import {
  type AnalysisOutcome,
  analyseCorrelation,
  analyseSeries,
  type ReportedAnalysis,
} from '../domain/correlation/analyse-input.ts';
import { type InputProblem, inputProblem } from '../domain/rebalancing/input-problem.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { type CorrelationFile, correlationFileSchema } from './correlation-file-schema.ts';
import { readCheckedFile } from './read-checked-file.ts';

export type CorrelationFileAnalysis =
  | { readonly state: 'analysed'; readonly analysis: ReportedAnalysis }
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/**
 * Correlation, clusters and risk by a file, without a venue or a database.
 *
 * - `series`: by name, values of the same periods, oldest first, null where there is none. `kind`: "returns" or "prices";
 *   left out, returns where any value is not above zero, which no price is, and else prices. `shrinkage`: "ledoitWolf".
 * - or `correlation`: rows in the order of `names` (1 to n); `volatilities` of one period, without which risk figures are
 *   null; `observations`: on how many returns it rests.
 * - with either: `weights` (equal), none below 0, which sum to 1 within 0.001; `linkage` (average), `cutCorrelation` (0.6),
 *   `previousLevel`, `legacyCompat` (false). Weights and volatilities are lists in the order of names, or objects by name.
 *
 * Never throws for what a file holds.
 */
export function analyseCorrelationFile(path: string): CorrelationFileAnalysis {
  const read = readCheckedFile(path, correlationFileSchema);
  if (!read.ok) return { state: 'refused', problems: read.problems };
  const outcome = analysisOf(read.value);
  if (outcome.state === 'analysed') return outcome;
  const { problem } = outcome;
  return { state: 'refused', problems: [{ ...problem, path: `${path}: ${problem.path}` }] };
}

function analysisOf(file: CorrelationFile): AnalysisOutcome {
  if ('series' in file) {
    const weights = inOrder('weights', file.weights, Object.keys(file.series));
    return weights.state === 'refused' ? weights : analyseSeries({ ...file, weights: weights.values });
  }
  const names = file.names ?? file.correlation.map((_, i) => String(i + 1));
  const weights = inOrder('weights', file.weights, names);
  if (weights.state === 'refused') return weights;
  const volatilities = inOrder('volatilities', file.volatilities, names);
  return volatilities.state === 'refused'
    ? volatilities
    : analyseCorrelation({ ...file, weights: weights.values, volatilities: volatilities.values });
}

type Ordered =
  | { readonly state: 'ordered'; readonly values: readonly number[] | undefined }
  | { readonly state: 'refused'; readonly problem: InputProblem };

function inOrder(
  key: string,
  figures: readonly number[] | Readonly<Record<string, number>> | undefined,
  names: readonly string[],
): Ordered {
  const refused = (path: string, expected: string, found: unknown): Ordered => ({
    state: 'refused',
    problem: inputProblem(path, expected, found),
  });
  if (figures === undefined || Array.isArray(figures)) return { state: 'ordered', values: figures };
  const byName = new Map(Object.entries(figures));
  const stranger = [...byName.keys()].find((name) => !names.includes(name));
  if (stranger !== undefined)
    return refused(`${key}.${stranger}`, `one of ${names.join(', ')}`, 'another name');
  const missing = names.find((name) => !byName.has(name));
  if (missing !== undefined) return refused(`${key}.${missing}`, 'a number for each name', 'none');
  return { state: 'ordered', values: names.map((name) => byName.get(name) ?? Number.NaN) };
}
