// How far a weight may wander before it is worth bringing it back, and how far back.
//
// Invariants, each held by a property test of the same name:
// 1. No band beside it loses less, by the loss that it minimises.
// 2. Dearer trading never narrows a band.

import { assert } from '../../assert.ts';

/** One asset against the rest of the portfolio. Doubles: a band is statistics, not money. */
export interface BandTerms {
  /** The target as a fraction, more than 0 and less than 1. */
  readonly target: number;
  /** Relative risk aversion (gamma), above 0. */
  readonly riskAversion: number;
  /** Proportional cost of a buy and the sell that undoes it, such as 0.012 at 60 basis points a side. */
  readonly roundTripCost: number;
  /** What one rebalance costs whatever its size, as a fraction of the portfolio. */
  readonly fixedCost: number;
}

/** Distances from the target, as fractions of the portfolio. */
export interface Band {
  /** Rebalanced at this distance. */
  readonly halfWidth: number;
  /** Brought back to this one, at most `halfWidth`. */
  readonly destination: number;
}

/** Narrowed this often, an interval of doubles is as narrow as it gets. */
const HALVINGS = 200;

/**
 * The band that loses least, each year, under continuous monitoring. REBALANCING.md §3b, in closed form but for one
 * root: with a = gamma / 12, b = (pi (1 - pi))^2 and e half the round trip, the loss is stationary where
 * s = H + d and x = H - d satisfy a s^3 x = b (K + e x) and a s x^3 = b K, hence x^8 (K + e x) = K^3 (b / a)^2, whose
 * left side rises with x. Volatility cancels. Without a fixed cost d = H = (3 epsilon b / (4 gamma))^(1/3) (Gerhold,
 * Guasoni, Muhle-Karbe and Schachermayer, to leading order); without a proportional one d = 0, H = (12 K b / gamma)^(1/4).
 * Both zero: never away from the target.
 */
export function optimalBand(terms: BandTerms): Band {
  assertTerms(terms);
  const { riskAversion, roundTripCost, fixedCost } = terms;
  const spread = spreadOf(terms);
  if (fixedCost === 0) {
    const halfWidth = Math.cbrt((3 * roundTripCost * spread) / (4 * riskAversion));
    return { halfWidth, destination: halfWidth };
  }
  const widest = ((12 * fixedCost * spread) / riskAversion) ** (1 / 4);
  if (roundTripCost === 0) return { halfWidth: widest, destination: 0 };
  const share = (12 * spread) / riskAversion;
  const wanted = 3 * Math.log(fixedCost) + 2 * Math.log(share);
  const difference = rootOf(
    (x) => 8 * Math.log(x) + Math.log(fixedCost + (roundTripCost / 2) * x) - wanted,
    widest,
  );
  const total = (share * fixedCost) / difference ** 3;
  return { halfWidth: (total + difference) / 2, destination: Math.max(0, (total - difference) / 2) };
}

/** The destination that loses least where the half width is given: between the target and the edge. */
export function optimalDestination(terms: BandTerms, halfWidth: number): number {
  assertTerms(terms);
  assert(halfWidth > 0, `a half width is above 0: ${halfWidth}`);
  const { riskAversion, roundTripCost, fixedCost } = terms;
  const spread = spreadOf(terms);
  // Of the sign of the loss's slope in d: below zero up to the best d, above it from there on. Without a fixed cost a
  // factor (H - d)^2 is left out of it, which would hide the root where that is the edge.
  const slope =
    fixedCost === 0
      ? (d: number) => (riskAversion / 6) * d * (halfWidth + d) ** 2 - (spread * roundTripCost) / 2
      : (d: number) =>
          (riskAversion / 6) * d * (halfWidth ** 2 - d ** 2) ** 2 +
          spread *
            (2 * d * (fixedCost + (roundTripCost / 2) * (halfWidth - d)) -
              (roundTripCost / 2) * (halfWidth ** 2 - d ** 2));
  return slope(0) >= 0 ? 0 : rootOf(slope, halfWidth);
}

/**
 * What a band loses a year, as a fraction of the portfolio: half of it from being away from the target, half from
 * trading, by REBALANCING.md §3b. `volatility` is a year's, of the asset against the rest. At d = H, the limit.
 */
export function bandLoss(terms: BandTerms, band: Band, volatility: number): number {
  assertTerms(terms);
  const { halfWidth, destination } = band;
  assert(
    halfWidth > 0 && destination >= 0 && destination <= halfWidth,
    `a destination lies within its band: ${destination} of ${halfWidth}`,
  );
  const { riskAversion, roundTripCost, fixedCost } = terms;
  const tracking = (riskAversion / 12) * (halfWidth ** 2 + destination ** 2);
  const each = fixedCost / (halfWidth ** 2 - destination ** 2);
  const trading = (fixedCost === 0 ? 0 : each) + roundTripCost / 2 / (halfWidth + destination);
  return volatility ** 2 * (tracking + spreadOf(terms) * trading);
}

const spreadOf = ({ target }: BandTerms): number => (target * (1 - target)) ** 2;

/** Where a function that rises through zero between 0 and `high` does so; `high` where it is below zero all the way. */
function rootOf(rising: (x: number) => number, high: number): number {
  let [low, top] = [0, high];
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + top) / 2;
    if (middle === low || middle === top) break;
    if (rising(middle) < 0) low = middle;
    else top = middle;
  }
  return top;
}

function assertTerms({ target, riskAversion, roundTripCost, fixedCost }: BandTerms): void {
  assert(target > 0 && target < 1, `a target lies between 0 and 1: ${target}`);
  assert(riskAversion > 0, `risk aversion is above 0: ${riskAversion}`);
  assert(roundTripCost >= 0, `a cost is not negative: ${roundTripCost}`);
  assert(fixedCost >= 0, `a cost is not negative: ${fixedCost}`);
}
