import {
  type Amount,
  add,
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

/** How far a weight that left its band is brought back. */
export type Destination =
  /** All the way. */
  | { readonly kind: 'target' }
  /** To the nearest weight of its band (Davis and Norman; Leland). */
  | { readonly kind: 'edge' }
  /** To a share of the half width: "0.5" is half way between target and edge (Daryanani), "0.875" Vanguard's 175 of 200. */
  | { readonly kind: 'fraction'; readonly share: Amount }
  /** To where the band that loses least says. */
  | { readonly kind: 'optimal' };

/** The weights among which a group may end: fractions of the portfolio, between 0 and 1. */
export interface WeightBounds {
  readonly low: Amount;
  readonly high: Amount;
}

/** What is wrong with a destination, or null. */
export function findDestinationProblem(destination: Destination, path = 'destination'): InputProblem | null {
  if (destination.kind !== 'fraction') return null;
  const { share } = destination;
  const isBetween = !isLess(share, ZERO) && !isMore(share, ONE);
  return isBetween ? null : inputProblem(`${path}.share`, 'a fraction between 0 and 1', share);
}

/** Where a group that is outside its band is brought to, either side of its target. */
export function destinationBounds(target: Amount, band: ChosenBand, destination: Destination): WeightBounds {
  const distance = distanceOf(band, destination);
  return {
    low: maximum(ZERO, subtract(target, distance)),
    high: minimum(ONE, add(target, distance)),
  };
}

function distanceOf(band: ChosenBand, destination: Destination): Amount {
  switch (destination.kind) {
    case 'target':
      return ZERO;
    case 'edge':
      return band.halfWidth;
    case 'fraction':
      return multiply(destination.share, band.halfWidth);
    case 'optimal':
      return band.destination;
  }
}
