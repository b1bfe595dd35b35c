// How much a difference matters.
//
// Invariants, each held by a property test of the same name:
// 1. A loss and a surplus of one size are treated alike.
// 2. An asset without a price is never worth zero: the relative test alone decides.

import { type Amount, absolute, divide, isMore, isZero, multiply, ONE, ZERO } from '../money/amount.ts';
import type { AssetId } from '../venue/venue.ts';
import { RECONCILIATION_DEFAULTS } from './defaults.ts';

export interface Tolerances {
  /** One lot step or the venue's rounding unit, in units of the asset. */
  readonly absolute: ReadonlyMap<AssetId, Amount>;
  /** For every other asset: zero on a chain. */
  readonly absoluteDefault: Amount;
  /** A fraction: "0.001" is 0.1 %. */
  readonly relative: Amount;
  readonly valueUsd: Amount;
  readonly dustUsd: Amount;
  /** Whether a difference is material when it passes either threshold, or only when it passes both. */
  readonly combine: 'or' | 'and';
  readonly errorRelative: Amount;
  readonly errorValueUsd: Amount;
  readonly criticalNavShare: Amount;
}

export type Size = 'none' | 'rounding' | 'dust' | 'immaterial' | 'material';

export interface Weighed {
  readonly size: Size;
  /** Magnitude in USD; null without a price. */
  readonly valueUsd: Amount | null;
  /** Magnitude as a fraction of what the book believes, or of what the venue says where the book holds nothing. */
  readonly relative: Amount;
}

/** Weighs a difference: rounding first, then dust, then whether it is material. Sign never matters. */
export function weighDifference(
  difference: {
    readonly asset: AssetId;
    readonly book: Amount;
    readonly venue: Amount;
    readonly delta: Amount;
  },
  price: Amount | null,
  tolerances: Tolerances,
): Weighed {
  const magnitude = absolute(difference.delta);
  const valueUsd = price === null ? null : multiply(magnitude, absolute(price));
  const relative = relativeTo(magnitude, difference.book);
  const step = tolerances.absolute.get(difference.asset) ?? tolerances.absoluteDefault;
  const size = (): Size => {
    if (isZero(magnitude)) return 'none';
    if (!isMore(magnitude, step)) return 'rounding';
    if (valueUsd !== null && !isMore(valueUsd, tolerances.dustUsd)) return 'dust';
    return isMaterial({ valueUsd, relative }, tolerances) ? 'material' : 'immaterial';
  };
  return { size: size(), valueUsd, relative };
}

/** The defaults, with what one lot step is at this venue. */
export function defaultTolerances(steps: ReadonlyMap<AssetId, Amount> = new Map()): Tolerances {
  const defaults = RECONCILIATION_DEFAULTS;
  return {
    absolute: steps,
    absoluteDefault: ZERO,
    relative: defaults.relativeTolerance,
    valueUsd: defaults.valueThresholdUsd,
    dustUsd: defaults.dustLimitUsd,
    combine: 'or',
    errorRelative: defaults.errorRelative,
    errorValueUsd: defaults.errorValueUsd,
    criticalNavShare: defaults.criticalNavShare,
  };
}

function isMaterial(
  weighed: { readonly valueUsd: Amount | null; readonly relative: Amount },
  tolerances: Tolerances,
): boolean {
  const isFar = !isMore(tolerances.relative, weighed.relative);
  if (weighed.valueUsd === null) return isFar;
  const isDear = !isMore(tolerances.valueUsd, weighed.valueUsd);
  return tolerances.combine === 'or' ? isDear || isFar : isDear && isFar;
}

/** Against the book alone, so that a loss and a surplus of one size give the same figure. */
function relativeTo(magnitude: Amount, book: Amount): Amount {
  if (isZero(magnitude)) return ZERO;
  return isZero(book) ? ONE : divide(magnitude, absolute(book));
}
