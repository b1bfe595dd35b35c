import { at, dot, entry, mapMatrix, type SquareMatrix, times } from './square-matrix.ts';

/** What is held and how it moves, each list by the same names. Weights are not negative; volatilities of one period. */
export interface HeldRisk {
  readonly correlation: SquareMatrix;
  readonly volatilities: readonly number[];
  readonly weights: readonly number[];
}

/** Σ_ij = ρ_ij σ_i σ_j. */
export const covarianceOf = ({ correlation, volatilities }: Omit<HeldRisk, 'weights'>): SquareMatrix =>
  mapMatrix(correlation, (value, i, j) => value * at(volatilities, i) * at(volatilities, j));

/** A variance below this share of what it would be without diversification is rounding. */
const ROUNDING = 1e-14;

/** √(wᵀΣw), of the period of the volatilities; 0 where nothing that is held varies. */
export function portfolioVolatility(held: HeldRisk): number {
  const { correlation, volatilities, weights } = held;
  const risks = weights.map((weight, i) => weight * at(volatilities, i));
  const variance = dot(risks, times(correlation, risks));
  const undiversified = risks.reduce((sum, risk) => sum + risk, 0) ** 2;
  return variance > ROUNDING * undiversified ? Math.sqrt(variance) : 0;
}

/** w_i(Σw)_i / wᵀΣw: the share of the variance that each brings, together 1; below zero for a hedge. Null without a variance. */
export function riskContributions(held: HeldRisk): readonly number[] | null {
  const { correlation, volatilities, weights } = held;
  if (portfolioVolatility(held) === 0) return null;
  const risks = weights.map((weight, i) => weight * at(volatilities, i));
  const shared = times(correlation, risks);
  const variance = dot(risks, shared);
  return risks.map((risk, i) => (risk * at(shared, i)) / variance);
}

/** wᵀσ / √(wᵀΣw), from 1 up: 1 for what moves as one (Choueifaty and Coignard 2008). Null without a variance. */
export function diversificationRatio(held: HeldRisk): number | null {
  const volatility = portfolioVolatility(held);
  return volatility === 0 ? null : dot(held.weights, held.volatilities) / volatility;
}

/** 1 / Σw²: of how many equal positions weights are as concentrated. Weights sum to 1. */
export const effectiveAssets = (weights: readonly number[]): number => 1 / dot(weights, weights);

/**
 * The one correlation between all pairs at which the portfolio would have the variance that it has: (σ_p² - Σw²σ²) /
 * ((Σwσ)² - Σw²σ²), weighted by risk. Null where fewer than two bring risk.
 */
export function impliedCorrelation(held: HeldRisk): number | null {
  const { correlation, volatilities, weights } = held;
  const risks = weights.map((weight, i) => weight * at(volatilities, i));
  if (risks.filter((risk) => risk > 0).length < 2) return null;
  let between = 0;
  let pairs = 0;
  for (let i = 0; i < risks.length; i++) {
    for (let j = 0; j < i; j++) {
      const size = at(risks, i) * at(risks, j);
      between += size * entry(correlation, i, j);
      pairs += size;
    }
  }
  return pairs > 0 ? between / pairs : null;
}

/** The plain mean over all pairs, which takes no account of what is held. Null for fewer than two. */
export function averageCorrelation(correlation: SquareMatrix): number | null {
  const pairs = correlation.flatMap((row, i) => row.slice(0, i));
  return pairs.length === 0 ? null : pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
}
