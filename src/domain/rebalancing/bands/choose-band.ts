// The band that is traded by: the optimal one where everything is known, else 5/25.
//
// Invariants, each held by a property test of the same name:
// 1. A band is never as wide as its target, nor as what is left of the portfolio.
// 2. Without what it takes, the band is the hybrid's, and says why.

import {
  type Amount,
  amount,
  isPositive,
  minimum,
  multiply,
  ONE,
  subtract,
  toNumber,
} from '../../money/amount.ts';
import type { Fact } from '../triggers/fact.ts';
import { BAND_SHARE_MAX, hybridWidth } from '../triggers/judge-bands.ts';
import { type Band, type BandTerms, optimalBand, optimalDestination } from './optimal-band.ts';

/** What a group's band follows from. Fractions as doubles: statistics. */
export interface BandInput {
  readonly target: Amount;
  /** 3 where nobody says: REBALANCING.md §3b. */
  readonly riskAversion: number;
  /** Fee, half spread and slippage of a buy and of the sell that undoes it, as a fraction. */
  readonly roundTripCost: Fact<number>;
  /** What one rebalance costs whatever its size, as a fraction of the portfolio. */
  readonly fixedCost: Fact<number>;
  /** The smallest trade as a fraction of the portfolio: a narrower band could not be acted on. */
  readonly minTrade: Fact<number>;
  readonly monitoring: Monitoring;
}

/** How often weights are looked at. What passes between two looks carries a weight beyond its band. */
export type Monitoring =
  | { readonly kind: 'continuous' }
  /** A year's volatility of the asset against the rest, and the time between two looks. */
  | { readonly kind: 'every'; readonly intervalMs: number; readonly volatility: Fact<number> };

export interface ChosenBand {
  /** `given`: somebody wrote its width down. */
  readonly source: 'optimal' | 'fallback' | 'given';
  readonly halfWidth: Amount;
  /** Where it is brought back to: a distance from the target. */
  readonly destination: Amount;
  readonly reason: string;
}

export const DEFAULT_RISK_AVERSION = 3;
/** A walk looked at every dt is beyond a barrier by 0.5826 sigma sqrt(dt) on average (Broadie, Glasserman, Kou 1997). */
const OVERSHOOT = 0.58;
const YEAR_MS = 365 * 86_400_000;
const DECIMALS = 12;

/**
 * The band of a group: optimal in width and destination, between the smallest trade and nine tenths of the target,
 * narrowed by what the weight overshoots between two looks. Falls back to five points or a quarter of the target,
 * traded back to the target, where an input is unknown or the target leaves nothing to trade against.
 */
export function chooseBand(input: BandInput): ChosenBand {
  const { roundTripCost, fixedCost, minTrade, monitoring } = input;
  const volatility: Fact<number> =
    monitoring.kind === 'every' ? monitoring.volatility : { state: 'known', value: 0 };
  const target = toNumber(input.target);
  if (!(target > 0 && target < 1)) return fallback(input, `a target of ${input.target} has no band`);
  for (const fact of [roundTripCost, fixedCost, minTrade, volatility])
    if (fact.state === 'unknown') return fallback(input, fact.reason);
    else if (!Number.isFinite(fact.value) || fact.value < 0)
      return fallback(input, `a cost or a volatility is not negative, found ${fact.value}`);
  const terms: BandTerms = {
    target,
    riskAversion: input.riskAversion,
    roundTripCost: numberOf(roundTripCost),
    fixedCost: numberOf(fixedCost),
  };
  const overshoot =
    monitoring.kind === 'every'
      ? OVERSHOOT * numberOf(volatility) * target * (1 - target) * Math.sqrt(monitoring.intervalMs / YEAR_MS)
      : 0;
  const { halfWidth, destination } = monitoredBand(clampedBand(terms, numberOf(minTrade)), overshoot);
  return {
    source: 'optimal',
    halfWidth: textOf(halfWidth, input.target),
    destination: textOf(destination, input.target),
    reason: `optimal for a round trip of ${terms.roundTripCost} and ${terms.fixedCost} a rebalance`,
  };
}

/**
 * A band of a width that somebody chose, never more than nine tenths of what the target leaves; to be brought back to
 * where that width loses least, or all the way where that cannot be told.
 */
export function givenBand(input: BandInput, width: Amount, reason: string): ChosenBand {
  const halfWidth = minimum(width, widest(input.target));
  const target = toNumber(input.target);
  const { riskAversion } = input;
  const [roundTripCost, fixedCost] = [numberOf(input.roundTripCost), numberOf(input.fixedCost)];
  const isKnown = target > 0 && target < 1 && roundTripCost >= 0 && fixedCost >= 0 && isPositive(halfWidth);
  const destination = isKnown
    ? minimum(
        halfWidth,
        textOf(
          optimalDestination({ target, riskAversion, roundTripCost, fixedCost }, toNumber(halfWidth)),
          input.target,
        ),
      )
    : amount('0');
  return { source: 'given', halfWidth, destination, reason };
}

/** Where the width is bounded, the destination is the best for that width. */
export function clampedBand(terms: BandTerms, minTrade: number): Band {
  const optimal = optimalBand(terms);
  const most = toNumber(BAND_SHARE_MAX) * Math.min(terms.target, 1 - terms.target);
  const halfWidth = Math.min(Math.max(optimal.halfWidth, minTrade), most);
  if (halfWidth === optimal.halfWidth || halfWidth === 0) return optimal;
  return { halfWidth, destination: optimalDestination(terms, halfWidth) };
}

/** A band looked at now and then acts earlier by what a weight overshoots. */
export function monitoredBand(band: Band, overshoot: number): Band {
  const halfWidth = Math.max(0, band.halfWidth - overshoot);
  return { halfWidth, destination: Math.min(band.destination, halfWidth) };
}

function fallback({ target }: BandInput, reason: string): ChosenBand {
  return {
    source: 'fallback',
    halfWidth: minimum(hybridWidth(target), widest(target)),
    destination: amount('0'),
    reason: `5/25, for ${reason}`,
  };
}

/** Rounded outward: a hair wider trades a hair later. */
const textOf = (width: number, target: Amount): Amount =>
  minimum(amount((Math.ceil(width * 10 ** DECIMALS) / 10 ** DECIMALS).toFixed(DECIMALS)), widest(target));

const widest = (target: Amount): Amount => multiply(BAND_SHARE_MAX, minimum(target, subtract(ONE, target)));

const numberOf = (fact: Fact<number>): number => (fact.state === 'known' ? fact.value : Number.NaN);
