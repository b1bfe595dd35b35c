import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import type { MatrixInput, SeriesInput } from './analyse-input.ts';
import { LINKAGES } from './link-clusters.ts';
import { entry, type SquareMatrix } from './square-matrix.ts';

/** Clustering is cubic in it. */
export const NAMES_MAX = 200;

/** What matrices of other programs are off by. */
const ROUNDING = 1e-9;
/** Beyond these, squares and ratios are no doubles. */
const VALUE_MAX = 1e60;
const PRICE_MIN = 1e-60;
/** Weights that were written with few digits; REBALANCING.md A.2 allows as much. */
const WEIGHT_SUM_TOLERANCE = 0.001;

/** Why these series cannot be analysed, or null. */
export function findSeriesProblem(input: SeriesInput): InputProblem | null {
  const { series, kind, weights } = input;
  const names = Object.keys(series);
  if (names.length === 0 || names.length > NAMES_MAX)
    return inputProblem('series', `1 to ${NAMES_MAX} series`, names.length);
  const length = series[names[0] ?? '']?.length ?? 0;
  for (const name of names) {
    const values = series[name] ?? [];
    const path = `series.${name}`;
    if (values.length !== length)
      return inputProblem(
        path,
        `${length} values, as ${names[0]} has, null where there is none`,
        values.length,
      );
    const wrong = values.findIndex((value) => value !== null && !(Math.abs(value) <= VALUE_MAX));
    if (wrong >= 0)
      return inputProblem(`${path}[${wrong}]`, `a number within ${VALUE_MAX}, or null`, values[wrong]);
    const worthless =
      kind === 'prices' ? values.findIndex((value) => value !== null && value < PRICE_MIN) : -1;
    if (worthless >= 0) return inputProblem(`${path}[${worthless}]`, 'a price above zero', values[worthless]);
  }
  return findWeightsProblem(weights, names.length) ?? findOptionsProblem(input);
}

/** Why this matrix cannot be analysed, or null. */
export function findMatrixProblem(input: MatrixInput): InputProblem | null {
  const { correlation, names, volatilities, weights, observations } = input;
  const count = correlation.length;
  if (count === 0 || count > NAMES_MAX) return inputProblem('correlation', `1 to ${NAMES_MAX} rows`, count);
  const uneven = correlation.findIndex((row) => row.length !== count);
  if (uneven >= 0)
    return inputProblem(
      `correlation[${uneven}]`,
      `a row of ${count}, as many as there are rows`,
      correlation[uneven]?.length,
    );
  const wrong = findCorrelationProblem(correlation);
  if (wrong !== null) return wrong;
  if (names !== undefined) {
    if (names.length !== count)
      return inputProblem('names', `${count} names, as there are rows`, names.length);
    const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
    if (twice >= 0) return inputProblem(`names[${twice}]`, 'a name of its own', names[twice]);
  }
  if (volatilities !== undefined) {
    if (volatilities.length !== count)
      return inputProblem('volatilities', `${count} numbers, as there are rows`, volatilities.length);
    const below = volatilities.findIndex((value) => !(value >= 0 && value <= VALUE_MAX));
    if (below >= 0)
      return inputProblem(`volatilities[${below}]`, 'a number of 0 or more', volatilities[below]);
  }
  if (observations !== undefined && !(Number.isInteger(observations) && observations >= 1))
    return inputProblem('observations', 'a whole number of 1 or more', observations);
  return findWeightsProblem(weights, count) ?? findOptionsProblem(input);
}

function findCorrelationProblem(correlation: SquareMatrix): InputProblem | null {
  for (const [i, row] of correlation.entries()) {
    for (const [j, value] of row.entries()) {
      const path = `correlation[${i}][${j}]`;
      if (i === j && !(Math.abs(value - 1) <= ROUNDING))
        return inputProblem(path, '1, the correlation of each with itself', value);
      if (!(Math.abs(value) <= 1 + ROUNDING)) return inputProblem(path, 'a correlation from -1 to 1', value);
      const mirrored = entry(correlation, j, i);
      if (j < i && !(Math.abs(value - mirrored) <= ROUNDING))
        return inputProblem(path, `${mirrored}, as correlation[${j}][${i}] is`, value);
    }
  }
  return null;
}

function findWeightsProblem(weights: readonly number[] | undefined, count: number): InputProblem | null {
  if (weights === undefined) return null;
  if (weights.length !== count)
    return inputProblem('weights', `${count} weights, one a name`, weights.length);
  const below = weights.findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (below >= 0) return inputProblem(`weights[${below}]`, 'a weight of 0 or more', weights[below]);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Math.abs(total - 1) <= WEIGHT_SUM_TOLERANCE
    ? null
    : inputProblem('weights', `weights that sum to 1, within ${WEIGHT_SUM_TOLERANCE}`, total);
}

function findOptionsProblem({ linkage, cutCorrelation }: MatrixInput | SeriesInput): InputProblem | null {
  if (linkage !== undefined && !LINKAGES.includes(linkage))
    return inputProblem('linkage', `one of ${LINKAGES.map((each) => `"${each}"`).join(', ')}`, linkage);
  if (cutCorrelation !== undefined && !(Math.abs(cutCorrelation) <= 1))
    return inputProblem('cutCorrelation', 'a correlation from -1 to 1', cutCorrelation);
  return null;
}
