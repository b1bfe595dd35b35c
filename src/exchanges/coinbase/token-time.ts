import { CLOCK_SKEW_MAX_MS } from '../../domain/venue/observation.ts';

/** The time that tokens are dated with: the machine's, put right by how far it was off when that was last measured. */
export interface TokenTime {
  /** Epoch milliseconds by which the venue judges tokens, as far as is known. */
  now(): number;
  /** The machine's own clock. */
  machineNow(): number;
  /** The venue's clock minus the machine's. A clock that is further off than reads are believed at is not followed. */
  correct(skewMs: number): void;
}

/**
 * Nothing is known of the venue's clock before the first measurement.
 *
 * The bound is for orders: a token dated far ahead would come alive when its order has long been proven absent.
 */
export function tokenTime(machineNow: () => number): TokenTime {
  let skewMs = 0;
  return {
    now: () => machineNow() + skewMs,
    machineNow,
    correct(measuredMs) {
      skewMs = Math.abs(measuredMs) <= CLOCK_SKEW_MAX_MS ? measuredMs : 0;
    },
  };
}
