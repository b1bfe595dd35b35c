import type { Announcement, BreakerChanged, EndpointClass } from '../../actors/messages/announcements.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import type { RequestGate, RequestGateState } from '../resilience/request-gate.ts';

/** How the process that owns the book stands towards its venues. Nothing of it outlives the process. */
export interface RuntimeState {
  /** When it was so. */
  readonly atMs: number;
  /** `healthy`, `degraded` without a venue, `halted` without a vital worker, `stopped`. */
  readonly health: string;
  readonly mode: string;
  readonly venues: readonly VenueRuntime[];
}

export interface VenueRuntime {
  readonly venue: VenueId;
  /** How far the venue's rate limit is used up, and who waits for it. */
  readonly requests: RequestGateState;
  readonly breakers: Readonly<Record<EndpointClass, BreakerState>>;
  /** Further tries in the round that is under way. */
  readonly retries: number;
  /** Null where the venue has no stream. */
  readonly stream: StreamRuntime | null;
}

export interface StreamRuntime {
  readonly state: 'connecting' | 'live' | 'lost';
  /** A live stream was lost, and no read has begun since. */
  readonly isHeld: boolean;
}

export interface BreakerState {
  readonly state: BreakerChanged['state'];
  /** Null since the start. */
  readonly changedAtMs: number | null;
  readonly reason: string;
}

const NEVER_OPENED: BreakerState = { state: 'closed', changedAtMs: null, reason: '' };

export interface RuntimePorts {
  readonly mode: string;
  readonly now: () => number;
  readonly health: () => string;
  /** Of every venue. */
  readonly gates: ReadonlyMap<VenueId, RequestGate>;
  /** Null for a venue that is not streamed. */
  readonly streamOf: (venue: VenueId) => StreamRuntime | null;
}

/** Follows what the service announces of its breakers and tries, and says it together with what can be asked now. */
export class RuntimeFollower {
  readonly #ports: RuntimePorts;
  readonly #breakers = new Map<string, BreakerState>();
  readonly #retries = new Map<VenueId, number>();

  constructor(ports: RuntimePorts) {
    this.#ports = ports;
  }

  /** Never throws. */
  hear(announcement: Announcement): void {
    switch (announcement.type) {
      case 'breakerChanged': {
        const { venue, endpointClass, state, atMs: changedAtMs, reason } = announcement;
        this.#breakers.set(`${venue} ${endpointClass}`, { state, changedAtMs, reason });
        return;
      }
      case 'readRetried':
        this.#retries.set(announcement.venue, (this.#retries.get(announcement.venue) ?? 0) + 1);
        return;
      case 'venueReportMade':
        if (announcement.isRoundOver) this.#retries.delete(announcement.venue);
        return;
      case 'workerChanged':
        // A round that was under way is lost with its worker.
        for (const venue of this.#retries.keys())
          if (announcement.worker === `reconciliation:${venue}`) this.#retries.delete(venue);
        return;
      default:
    }
  }

  /** Never throws. */
  state(): RuntimeState {
    const { mode, now, health, gates, streamOf } = this.#ports;
    const breakerOf = (venue: VenueId, endpointClass: EndpointClass): BreakerState =>
      this.#breakers.get(`${venue} ${endpointClass}`) ?? NEVER_OPENED;
    const venues = [...gates].map(([venue, gate]): VenueRuntime => {
      return {
        venue,
        requests: gate.state(),
        breakers: {
          account: breakerOf(venue, 'account'),
          activity: breakerOf(venue, 'activity'),
          markets: breakerOf(venue, 'markets'),
        },
        retries: this.#retries.get(venue) ?? 0,
        stream: streamOf(venue),
      };
    });
    return { atMs: now(), health: health(), mode, venues };
  }
}
