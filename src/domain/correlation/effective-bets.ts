import { covarianceOf, type HeldRisk, portfolioVolatility } from './portfolio-risk.ts';
import { at, dot, eigenOf, entry, mapMatrix, product, symmetricPower, times } from './square-matrix.ts';

/**
 * The effective number of bets exp(-Σ p ln p) of shares p of the variance that uncorrelated bets bring: from 1 to as
 * many as there are (Meucci 2009).
 */
export const effectiveBets = (shares: readonly number[]): number =>
  Math.exp(-shares.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0));

/**
 * Shares of the variance by principal component, the largest eigenvalue first: p_k = λ_k(e_kᵀw)²/wᵀΣw. Where eigenvalues
 * are equal, their components and so the shares are not unique. Null without a variance.
 */
export function principalShares(held: HeldRisk): readonly number[] | null {
  if (portfolioVolatility(held) === 0) return null;
  const { values, vectors } = eigenOf(covarianceOf(held));
  const shares = values.map((value, k) => Math.max(0, value) * dot(vectors[k] ?? [], held.weights) ** 2);
  return shared(shares.toReversed());
}

const ROUNDS_MAX = 1_000;
/** Iterations end where the distance to the assets, each of length 1, changes by less. */
const CHANGE_MIN = 1e-12;

/**
 * Shares of the variance by minimum-torsion bet, in the order of assets: the uncorrelated factors that are nearest to
 * the assets themselves, each standing for one (Meucci, Santangelo and Deguest 2013, the exact, iterated solution).
 *
 * With c = √ρ and D diagonal, q = (DρD)^(-½)Dc turns as little as possible; D ← diag(qc) until ‖c - Dq‖ stays. Factors
 * are σDqc⁻¹σ⁻¹ times the returns; what the portfolio has of them reduces to p = (qc(σ∘w))² / wᵀΣw, without an inverse of
 * ρ, so that assets which move as one do no harm. Null without a variance.
 */
export function minimumTorsionShares(held: HeldRisk): readonly number[] | null {
  if (portfolioVolatility(held) === 0) return null;
  const { correlation, volatilities, weights } = held;
  const root = symmetricPower(correlation, 0.5);
  let scale: readonly number[] = correlation.map(() => 1);
  let distance = Number.POSITIVE_INFINITY;
  let torsion = root;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const scales = scale;
    const scaled = mapMatrix(correlation, (value, i, j) => value * at(scales, i) * at(scales, j));
    torsion = product(
      symmetricPower(scaled, -0.5),
      mapMatrix(root, (value, i) => value * at(scales, i)),
    );
    const turned = product(torsion, root);
    scale = turned.map((row, i) => at(row, i));
    const next = Math.sqrt(
      root
        .flatMap((row, i) => row.map((value, j) => (value - at(scale, i) * entry(torsion, i, j)) ** 2))
        .reduce((sum, square) => sum + square, 0),
    );
    const isSettled = Math.abs(next - distance) < CHANGE_MIN;
    distance = next;
    if (isSettled) break;
  }
  const risks = weights.map((weight, i) => weight * at(volatilities, i));
  return shared(times(torsion, times(root, risks)).map((exposure) => exposure ** 2));
}

function shared(parts: readonly number[]): readonly number[] {
  const total = parts.reduce((sum, share) => sum + share, 0);
  return parts.map((share) => share / total);
}
