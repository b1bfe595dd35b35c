import type { InputProblem } from '../rebalancing/input-problem.ts';
import { type AnalysisOptions, analyseMeasured, type CorrelationAnalysis } from './analyse-correlation.ts';
import type { Observations, SeriesKind } from './common-returns.ts';
import { estimateCorrelation, type InsufficientPair, type PairFigures } from './estimate-correlation.ts';
import { findMatrixProblem, findSeriesProblem } from './find-input-problem.ts';
import { fisherInterval } from './fisher-interval.ts';
import { shrinkEstimate } from './shrink-estimate.ts';

export interface SeriesInput extends AnalysisOptions {
  /** By name, 1 to 200: one value a period, oldest first, of the same periods; null where there is none. */
  readonly series: Readonly<Record<string, Observations>>;
  /** Left out: returns where a value is not above zero, which no price is, and else prices. */
  readonly kind?: SeriesKind | undefined;
  /** In the order of names; none below 0, together 1 within 0.001. Left out: equal. */
  readonly weights?: readonly number[] | undefined;
  /** Over the periods that all have. Left out: none. */
  readonly shrinkage?: 'ledoitWolf' | undefined;
}

export interface MatrixInput extends AnalysisOptions {
  /** Square, symmetric, ones on the diagonal, -1 to 1. */
  readonly correlation: readonly (readonly number[])[];
  /** Left out: 1 to n. */
  readonly names?: readonly string[] | undefined;
  /** Of one period, none below 0. Left out: risk figures are null. */
  readonly volatilities?: readonly number[] | undefined;
  /** As of series. */
  readonly weights?: readonly number[] | undefined;
  /** On how many returns each correlation rests, for the intervals of the level. Left out: not known. */
  readonly observations?: number | undefined;
}

export type AnalysisOutcome =
  | { readonly state: 'analysed'; readonly analysis: ReportedAnalysis }
  | { readonly state: 'refused'; readonly problem: InputProblem };

export interface ReportedAnalysis extends CorrelationAnalysis {
  /** What the series were read as; null of a matrix. */
  readonly kind: SeriesKind | null;
  /** Common returns of each pair, and on the diagonal its own; null of a matrix. */
  readonly overlaps: readonly (readonly number[])[] | null;
  /** 95 % bounds of each measured correlation, by Fisher; null where the number of returns is not known. */
  readonly lower: PairFigures | null;
  readonly upper: PairFigures | null;
  readonly insufficient: readonly InsufficientPair[];
  /** Share of the mean variance in the shrunk covariance, 0 to 1; null where it was not shrunk. */
  readonly shrinkage: number | null;
  /** What was taken for granted, in words. */
  readonly notes: readonly string[];
}

/**
 * Correlation, clusters and risk of what is held, by series of returns or prices. Thirty common returns make a
 * correlation. Wrong input is refused with its path; never throws. REBALANCING.md §3g has the formulas.
 */
export function analyseSeries(input: SeriesInput): AnalysisOutcome {
  const problem = findSeriesProblem(input);
  if (problem !== null) return { state: 'refused', problem };
  const names = Object.keys(input.series);
  const { kind, note } = kindOf(input);
  const series = names.map((name) => ({ name, values: input.series[name] ?? [] }));
  const measured = estimateCorrelation(series, kind);
  const shrunk = input.shrinkage === undefined ? null : shrinkEstimate(measured, series, kind);
  const estimate = shrunk?.estimate ?? measured;
  const weights = input.weights ?? equalWeights(names.length);
  const { lower, upper } = measured;
  const analysis = analyseMeasured({ ...estimate, bounds: { lower, upper }, weights }, input);
  return reported(analysis, {
    kind,
    overlaps: measured.overlaps,
    lower,
    upper,
    insufficient: measured.insufficient,
    shrinkage: shrunk?.shrinkage ?? null,
    notes: [...note, ...(shrunk?.notes ?? []), ...weightNotes(input)],
  });
}

/** The same of correlations that are known already. Wrong input is refused with its path; never throws. */
export function analyseCorrelation(input: MatrixInput): AnalysisOutcome {
  const problem = findMatrixProblem(input);
  if (problem !== null) return { state: 'refused', problem };
  const { correlation, observations } = input;
  const count = correlation.length;
  const bound = (side: 'lower' | 'upper') =>
    observations === undefined
      ? null
      : correlation.map((row, i) =>
          row.map((value, j) => (i === j ? 1 : fisherInterval(clipped(value), observations)[side])),
        );
  const lower = bound('lower');
  const upper = bound('upper');
  const measured = {
    names: input.names ?? Array.from({ length: count }, (_, i) => String(i + 1)),
    correlation,
    bounds: lower && upper && { lower, upper },
    volatilities: input.volatilities ?? correlation.map(() => null),
    constant: [],
    weights: input.weights ?? equalWeights(count),
  };
  return reported(analyseMeasured(measured, input), {
    kind: null,
    overlaps: null,
    lower,
    upper,
    insufficient: [],
    shrinkage: null,
    notes: weightNotes(input),
  });
}

/** Rounding may have taken it beyond one. */
const clipped = (correlation: number): number => Math.max(-1, Math.min(1, correlation));

const equalWeights = (count: number): readonly number[] => Array.from({ length: count }, () => 1 / count);

const weightNotes = ({ weights }: { readonly weights?: readonly number[] | undefined }): readonly string[] =>
  weights === undefined ? ['no weights are given: equal ones'] : [];

function reported(
  analysis: CorrelationAnalysis,
  rest: Omit<ReportedAnalysis, keyof CorrelationAnalysis>,
): AnalysisOutcome {
  const { adjusted } = analysis;
  const note =
    adjusted === null
      ? []
      : [
          `together the correlations are those of no portfolio (eigenvalue ${adjusted.smallestEigenvalue.toPrecision(3)}): ` +
            `risk figures are of the nearest that are, off by up to ${adjusted.largestChange.toPrecision(3)}`,
        ];
  return { state: 'analysed', analysis: { ...analysis, ...rest, notes: [...rest.notes, ...note] } };
}

function kindOf({ series, kind }: SeriesInput): { kind: SeriesKind; note: readonly string[] } {
  if (kind !== undefined) return { kind, note: [] };
  const isPriced = Object.values(series).every((values) =>
    values.every((value) => value === null || value > 0),
  );
  return isPriced
    ? { kind: 'prices', note: ['every value is above zero: read as prices; "kind" says otherwise'] }
    : { kind: 'returns', note: [] };
}
