// What a band loses over many simulated years: the deviation from its target, and what trading costs.

import { seededRandom } from '../../src/platform/random.ts';

/** One risky asset against cash, looked at every step. */
export interface BandLossTerms {
  readonly target: number;
  readonly volatility: number;
  readonly riskAversion: number;
  readonly years: number;
  readonly stepsPerYear: number;
  readonly paths: number;
  readonly seed: number;
}

/** REBALANCING.md §3b: 3 000 paths of four years, looked at every six hours. */
export const BAND_LOSS_TERMS: BandLossTerms = {
  target: 0.6,
  volatility: 0.6,
  riskAversion: 3,
  years: 4,
  stepsPerYear: 1_460,
  paths: 3_000,
  seed: 1,
};

/** Traded at `halfWidth` from the target, back to `destination` from it. */
export interface BandPolicy {
  readonly halfWidth: number;
  readonly destination: number;
}

/** By policy, each year: neither depends on what trading costs, so that one simulation serves every cost. */
export interface PolicyOutcome {
  /** Loss from being away from the target, as a fraction of the portfolio: gamma sigma^2 / 2 times the mean square. */
  readonly tracking: number;
  /** Sum of the weights traded. */
  readonly turnover: number;
  readonly trades: number;
}

/** Every policy on the same paths. */
export function runBandLossModel(
  policies: readonly BandPolicy[],
  terms: BandLossTerms,
  onPath: (paths: number) => void = () => {},
): readonly PolicyOutcome[] {
  const steps = terms.years * terms.stepsPerYear;
  const growth = new Float64Array(steps);
  const squares = new Float64Array(policies.length);
  const turnovers = new Float64Array(policies.length);
  const trades = new Float64Array(policies.length);
  const drawPath = pathDrawer(terms, growth);
  for (let path = 0; path < terms.paths; path += 1) {
    drawPath();
    for (const [index, policy] of policies.entries()) {
      const walked = walk(growth, terms.target, policy);
      squares[index]! += walked.squares;
      turnovers[index]! += walked.turnover;
      trades[index]! += walked.trades;
    }
    onPath(path + 1);
  }
  const years = terms.paths * terms.years;
  const scale = (terms.riskAversion * terms.volatility ** 2) / 2 / (terms.paths * steps);
  return policies.map((_, index) => ({
    tracking: scale * squares[index]!,
    turnover: turnovers[index]! / years,
    trades: trades[index]! / years,
  }));
}

/** What a policy loses a year at a cost a side, as a fraction of the portfolio. */
export const lossAt = (outcome: PolicyOutcome, costPerSide: number): number =>
  outcome.tracking + costPerSide * outcome.turnover;

/**
 * One path of the gross returns of a step, in place. The asset drifts as one would for whom the target is right
 * (Merton: mu = pi gamma sigma^2), which is what makes the deviation a loss.
 */
function pathDrawer(terms: BandLossTerms, growth: Float64Array): () => void {
  const random = seededRandom(terms.seed);
  const { volatility, stepsPerYear, target, riskAversion } = terms;
  const variance = volatility ** 2;
  const drift = (target * riskAversion * variance - variance / 2) / stepsPerYear;
  const scale = volatility / Math.sqrt(stepsPerYear);
  return () => {
    // Two normal draws at a time (Box and Muller).
    for (let step = 0; step < growth.length; step += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
      const angle = 2 * Math.PI * random.next();
      growth[step] = Math.exp(drift + scale * radius * Math.cos(angle));
      if (step + 1 < growth.length) growth[step + 1] = Math.exp(drift + scale * radius * Math.sin(angle));
    }
  };
}

function walk(growth: Float64Array, target: number, { halfWidth, destination }: BandPolicy) {
  const [low, high] = [target - halfWidth, target + halfWidth];
  let weight = target;
  let squares = 0;
  let turnover = 0;
  let trades = 0;
  for (let step = 0; step < growth.length; step += 1) {
    const grown = weight * growth[step]!;
    weight = grown / (1 - weight + grown);
    if (weight > high) {
      turnover += weight - target - destination;
      weight = target + destination;
      trades += 1;
    } else if (weight < low) {
      turnover += target - destination - weight;
      weight = target - destination;
      trades += 1;
    }
    const deviation = weight - target;
    squares += deviation * deviation;
  }
  return { squares, turnover, trades };
}
