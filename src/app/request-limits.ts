import type { VenueId, VenueKind } from '../domain/venue/venue.ts';
import type { Clock } from '../platform/clock.ts';
import { RequestGate } from '../resilience/request-gate.ts';
import type { BucketSize } from '../resilience/token-bucket.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

/**
 * What is asked of a venue at most, well below what it allows: Coinbase 30 private requests a second, dYdX's indexer 100
 * in 10 s from one address, Solana's public endpoints 100 in 10 s and 40 of one method.
 */
const LIMITS: Readonly<Record<VenueKind, BucketSize>> = {
  coinbase: { burst: 30, perSecond: 15 },
  'coinbase-wallet': { burst: 10, perSecond: 5 },
  dydx: { burst: 50, perSecond: 8 },
  solana: { burst: 30, perSecond: 8 },
  // A file is read without asking anybody.
  statement: { burst: 30, perSecond: 30 },
};

/** A reading needs few at once; more would be a burst that a venue takes for an attack. */
const CONCURRENCY_MAX = 8;

/** The gate before the requests to every venue, in real time. */
export function openRequestGates(
  venues: readonly VenueConfiguration[],
  clock: Clock,
): ReadonlyMap<VenueId, RequestGate> {
  return new Map(venues.map((venue) => [venue.id, gateOf(venue, clock)]));
}

function gateOf(venue: VenueConfiguration, clock: Clock): RequestGate {
  const limits = LIMITS[venue.kind];
  const { requestsPerSecond: perSecond = limits.perSecond } = venue;
  // Whoever asks for less gets a smaller burst as well.
  const burst = Math.max(1, Math.round((limits.burst * perSecond) / limits.perSecond));
  return new RequestGate({ burst, perSecond, concurrencyMax: CONCURRENCY_MAX, clock });
}
