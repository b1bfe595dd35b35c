import {
  type Amount,
  add,
  isDecimalText,
  isLess,
  isMore,
  maximum,
  minimum,
  multiply,
  ONE,
  subtract,
  ZERO,
} from '../../money/amount.ts';
import { type InputProblem, inputProblem } from '../input-problem.ts';
import type { ChosenBand } from './choose-band.ts';

/**
 * How far a weight that left its band is brought back: all the way; to the nearest weight of its band (Davis and
 * Norman; Leland); to where the band that loses least says; or to a share of the half width, of which "0.5" is half way
 * between target and edge (Daryanani), "0.875" Vanguard's 175 of 200.
 */
export type Destination = 'target' | 'edge' | 'optimal' | { readonly fraction: Amount };

/** The weights among which a group may end: fractions of the portfolio, between 0 and 1. */
export interface WeightBounds {
  readonly low: Amount;
  readonly high: Amount;
}

/** What is wrong with a destination, or null. */
export function findDestinationProblem(destination: Destination, path = 'destination'): InputProblem | null {
  if (typeof destination === 'string') {
    return NAMED.has(destination)
      ? null
      : inputProblem(path, '"target", "edge", "optimal" or a fraction', destination);
  }
  const { fraction } = destination;
  const isBetween = isDecimalText(fraction) && !isLess(fraction, ZERO) && !isMore(fraction, ONE);
  return isBetween ? null : inputProblem(`${path}.fraction`, 'a fraction between 0 and 1', fraction);
}

const NAMED: ReadonlySet<string> = new Set(['target', 'edge', 'optimal']);

/** Where a group that is outside its band is brought to, either side of its target. */
export function destinationBounds(target: Amount, band: ChosenBand, destination: Destination): WeightBounds {
  const distance = distanceOf(band, destination);
  return {
    low: maximum(ZERO, subtract(target, distance)),
    high: minimum(ONE, add(target, distance)),
  };
}

/** How far from its target a group is brought to. */
export function distanceOf(band: ChosenBand, destination: Destination): Amount {
  switch (destination) {
    case 'target':
      return ZERO;
    case 'edge':
      return band.halfWidth;
    case 'optimal':
      return band.destination;
    default:
      return multiply(destination.fraction, band.halfWidth);
  }
}
