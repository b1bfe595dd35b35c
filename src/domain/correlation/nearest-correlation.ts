import { eigenOf, entry, mapMatrix, type SquareMatrix } from './square-matrix.ts';

export interface NearestCorrelation {
  readonly correlation: SquareMatrix;
  /** Below zero where the matrix was none of a correlation: no portfolio has a variance below zero. */
  readonly smallestEigenvalue: number;
  /** By how much the correlation that changed most did; 0 where the matrix was one. */
  readonly largestChange: number;
}

/** Below zero by less is rounding. */
const ROUNDING = 1e-10;

/**
 * A positive semidefinite correlation near to a symmetric matrix with ones on its diagonal: eigenvalues below zero become
 * zero, and what is left is scaled back to ones (Rebonato and Jäckel 1999). The matrix itself where none is.
 */
export function nearestCorrelation(matrix: SquareMatrix): NearestCorrelation {
  const { values, vectors } = eigenOf(matrix);
  const smallestEigenvalue = Math.min(...values);
  if (!(smallestEigenvalue < -ROUNDING)) return { correlation: matrix, smallestEigenvalue, largestChange: 0 };
  const clipped = mapMatrix(matrix, (_, i, j) =>
    values.reduce(
      (sum, value, k) => sum + Math.max(0, value) * entry(vectors, k, i) * entry(vectors, k, j),
      0,
    ),
  );
  const correlation = mapMatrix(clipped, (value, i, j) =>
    i === j ? 1 : Math.max(-1, Math.min(1, value / Math.sqrt(entry(clipped, i, i) * entry(clipped, j, j)))),
  );
  const changes = correlation.flatMap((row, i) =>
    row.map((value, j) => Math.abs(value - entry(matrix, i, j))),
  );
  return { correlation, smallestEigenvalue, largestChange: Math.max(...changes) };
}
