import fc from 'fast-check';
import type { SquareMatrix } from '../../../src/domain/correlation/square-matrix.ts';

/** A correlation of 2 to 8 assets: of loadings on three things that move them all, and of what is their own. */
export const anyCorrelation = (): fc.Arbitrary<SquareMatrix> =>
  fc
    .array(
      fc.record({
        loadings: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        own: fc.double({ min: 0.2, max: 1, noNaN: true }),
      }),
      { minLength: 2, maxLength: 8 },
    )
    .map((assets) => {
      const covariance = assets.map((a, i) =>
        assets.map(
          (b, j) => a.loadings.reduce((sum, x, k) => sum + x * b.loadings[k]!, 0) + (i === j ? a.own : 0),
        ),
      );
      return covariance.map((row, i) =>
        row.map((value, j) => (i === j ? 1 : value / Math.sqrt(covariance[i]![i]! * covariance[j]![j]!))),
      );
    })
    // No two distances so near that the order of names would settle them.
    .filter((correlation) => {
      const values = correlation.flatMap((row, i) => row.slice(0, i)).toSorted((a, b) => a - b);
      return values.every((value, n) => n === 0 || value - values[n - 1]! > 1e-6);
    });

/** Weights that sum to 1, and volatilities, of so many assets. */
export const anyHolding = (count: number) =>
  fc
    .array(
      fc.record({
        weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
        volatility: fc.double({ min: 0.001, max: 2, noNaN: true }),
      }),
      { minLength: count, maxLength: count },
    )
    .map((assets) => {
      const total = assets.reduce((sum, { weight }) => sum + weight, 0);
      return {
        weights: assets.map(({ weight }) => weight / total),
        volatilities: assets.map(({ volatility }) => volatility),
      };
    });

/** Rows and columns in another order; `order[i]` is where the i-th came from. */
export function permuted(matrix: SquareMatrix, seed: number) {
  const order = [...matrix.keys()];
  let state = seed;
  for (let i = order.length - 1; i > 0; i--) {
    state = (state * 48_271 + 11) % 2_147_483_647;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return { order, matrix: order.map((i) => order.map((j) => matrix[i]![j]!)) };
}
