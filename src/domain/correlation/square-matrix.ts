import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/**
 * Row and column i belong to the i-th name. What takes one expects it square and, of correlations, distances and
 * covariances, symmetric, and does not look: `analyseCorrelation` and `analyseSeries` check what they are given.
 */
export type SquareMatrix = readonly (readonly number[])[];

/** NaN beyond the edges, which no later comparison lets pass. */
export const entry = (matrix: SquareMatrix, row: number, column: number): number =>
  matrix[row]?.[column] ?? Number.NaN;

export const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;

export const dot = (some: readonly number[], others: readonly number[]): number =>
  some.reduce((sum, value, i) => sum + value * at(others, i), 0);

export const times = (matrix: SquareMatrix, values: readonly number[]): readonly number[] =>
  matrix.map((row) => dot(row, values));

export const mapMatrix = (
  matrix: SquareMatrix,
  change: (value: number, row: number, column: number) => number,
): SquareMatrix => matrix.map((row, i) => row.map((value, j) => change(value, i, j)));

/** The rows and columns of these indices, in their order. */
export const part = <T>(
  matrix: readonly (readonly T[])[],
  indices: readonly number[],
): readonly (readonly T[])[] => indices.map((i) => indices.map((j) => matrix[i]?.[j] as T));

/** Of the largest entry. Eigenvalues are exact to 1e-16 of it. */
const NOTHING = 1e-30;

export interface Eigen {
  /** Ascending. */
  readonly values: readonly number[];
  /** The i-th belongs to the i-th value; of length 1, at right angles to each other. */
  readonly vectors: readonly (readonly number[])[];
}

/**
 * Of a symmetric matrix. Of equal values, any set of vectors that spans the same space. The library's iteration is lost
 * where squares of entries are no doubles, so it is given entries up to 1, and none that is less than its rounding.
 */
export function eigenOf(matrix: SquareMatrix): Eigen {
  const largest = matrix.flat().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const unit = largest > 0 ? largest : 1;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    matrixOf(mapMatrix(matrix, (value) => (Math.abs(value) > NOTHING * unit ? value / unit : 0))),
    { assumeSymmetric: true },
  );
  return {
    values: realEigenvalues.map((value) => value * unit),
    vectors: eigenvectorMatrix.transpose().to2DArray(),
  };
}

/** Eigenvalues below this share of the largest are rounding. */
const RANK_SHARE_MIN = 1e-13;

/** A symmetric matrix to a power. What has no extent stays without: the inverse of zero is zero (Moore and Penrose). */
export function symmetricPower(matrix: SquareMatrix, power: number): SquareMatrix {
  const { values, vectors } = eigenOf(matrix);
  const largest = Math.max(...values);
  const powers = values.map((value) => (value > RANK_SHARE_MIN * largest ? value ** power : 0));
  const scaled = vectors.map((vector, k) => vector.map((value) => value * at(powers, k)));
  return matrixOf(vectors).transpose().mmul(matrixOf(scaled)).to2DArray();
}

export const product = (one: SquareMatrix, other: SquareMatrix): SquareMatrix =>
  matrixOf(one).mmul(matrixOf(other)).to2DArray();

const matrixOf = (matrix: SquareMatrix): Matrix => new Matrix(matrix.map((row) => [...row]));
