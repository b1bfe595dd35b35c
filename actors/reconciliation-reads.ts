import type { Observation, Snapshot, Unknown } from '../src/domain/venue/observation.ts';
import type { Activity, Market } from '../src/domain/venue/venue.ts';
import type { ActivityRequest, Exchange } from '../src/exchanges/exchange.ts';
import type { Clock } from '../src/platform/clock.ts';
import { withDeadline } from '../src/platform/deadline.ts';
import { type RetryPorts, retryRead } from '../src/resilience/retry-read.ts';
import type { EndpointClass, ReadRetried } from './messages/announcements.ts';

/** What every question of a round to its venue needs. */
export interface ReadPorts {
  readonly exchange: Exchange;
  readonly clock: Clock;
  /** For one question to the venue; for prices and for activity, with all of its tries. */
  readonly timeoutMs: number;
  /** How often a read that failed in passing is tried again: of the account before the round is inconclusive. */
  readonly retryCount: number;
  /** At least 0 and less than 1; spreads the tries of several venues. */
  readonly random: () => number;
  readonly announce: (retried: ReadRetried) => void;
}

/** What one look at a venue came to. */
export interface Read {
  readonly observation: Observation<Snapshot>;
  /** Null where prices were not asked for, or could not be read. */
  readonly markets: readonly Market[] | null;
}

/** The account, once, and then its prices. Whether the account is read again is for the round to say. */
export async function readVenue(
  ports: ReadPorts,
  asked: {
    readonly fillsSinceMs: number | null;
    readonly read: number;
    readonly markets: readonly string[];
  },
  signal: AbortSignal,
): Promise<Read> {
  const { exchange, clock, timeoutMs } = ports;
  const { markets, ...request } = asked;
  const observation = await withDeadline({ clock, timeoutMs, signal }, (deadline) =>
    exchange.observe(request, deadline),
  );
  if (observation.state === 'unknown' || markets.length === 0) return { observation, markets: null };
  const prices = await withDeadline({ clock, timeoutMs, signal }, (deadline) =>
    retryRead(retriesOf(ports, 'markets'), deadline, () => exchange.readMarkets(markets, deadline)),
  );
  return { observation, markets: 'state' in prices ? null : prices };
}

export function readActivity(
  ports: ReadPorts,
  asked: ActivityRequest,
  signal: AbortSignal,
): Promise<Observation<readonly Activity[]>> {
  const { exchange, clock, timeoutMs } = ports;
  return withDeadline({ clock, timeoutMs, signal }, (deadline) =>
    retryRead(retriesOf(ports, 'activity'), deadline, () => exchange.readActivity(asked, deadline)),
  );
}

/** Tells of a read that is about to be tried again. */
export function announceRetry(
  { exchange, clock, announce }: ReadPorts,
  endpointClass: EndpointClass,
  { failure, retryInMs }: { readonly failure: Unknown; readonly retryInMs: number },
): void {
  const { reason } = failure;
  const { venue } = exchange;
  announce({ type: 'readRetried', atMs: clock.now(), venue, endpointClass, reason, retryInMs });
}

const retriesOf = (ports: ReadPorts, endpointClass: EndpointClass): RetryPorts => ({
  clock: ports.clock,
  random: ports.random,
  retryCount: ports.retryCount,
  onRetry: (failure, retryInMs) => announceRetry(ports, endpointClass, { failure, retryInMs }),
});
