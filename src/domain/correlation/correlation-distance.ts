import { mapMatrix, type SquareMatrix } from './square-matrix.ts';

/** √(½(1 - ρ)): 0 for what moves as one, 1 for opposites. Rounding may have taken ρ beyond one. */
export const correlationDistance = (correlation: number): number =>
  Math.sqrt((1 - Math.max(-1, Math.min(1, correlation))) / 2);

/**
 * The distance of each pair. For standardised returns it is proportional to the Euclidean one, so that Ward's linkage
 * may be used.
 */
export const correlationDistances = (correlation: SquareMatrix): SquareMatrix =>
  mapMatrix(correlation, (value, i, j) => (i === j ? 0 : correlationDistance(value)));
