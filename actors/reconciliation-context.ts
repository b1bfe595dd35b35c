import type { ExplainedRound } from '../src/domain/reconciliation/explain-round.ts';
import type { RoundVerdict, VenueStanding } from '../src/domain/reconciliation/venue-round.ts';
import type { Known, Observation, Snapshot } from '../src/domain/venue/observation.ts';
import type { Activity, Market } from '../src/domain/venue/venue.ts';
import type { ActivityRequest, Exchange } from '../src/exchanges/exchange.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Address } from './address.ts';
import type { ReadRetried } from './messages/announcements.ts';
import type { PortfolioMessage } from './messages/portfolio-messages.ts';

/** Everything that the actor gets from outside. */
export interface ReconciliationInput {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly portfolio: () => Address<PortfolioMessage>;
  /** What the book and the service know of the venue now. */
  readonly readStanding: () => VenueStanding;
  /** Since when fills are asked for; null asks for all. */
  readonly fillsSinceMs: () => number | null;
  /** Finds causes for what a comparison confirmed, with the venue's activity where that could be read. */
  readonly explain: (
    round: ComparedRound,
    activity: Observation<readonly Activity[]>,
    asked: ActivityRequest,
  ) => Promise<ExplainedRound>;
  readonly markets: readonly string[];
  readonly pollIntervalMs: number;
  /** How long the venue gets to settle, by what it has shown so far. */
  readonly quietWindowMs: () => number;
  /** For one question to the venue; for prices and for activity, with all of its tries. */
  readonly timeoutMs: number;
  /** How often a read that failed in passing is tried again: of the account before the round is inconclusive. */
  readonly retryCount: number;
  /** At least 0 and less than 1; spreads the tries of several venues. */
  readonly random: () => number;
  readonly announce: (retried: ReadRetried) => void;
  /** How far back activity is looked for. */
  readonly activityLookBackMs: number;
}

export interface ComparedRound {
  readonly snapshot: Known<Snapshot>;
  readonly verdict: Extract<RoundVerdict, { kind: 'compared' }>;
}

/** One read of the venue, with the prices that came with it. */
export interface VenueRead {
  readonly observation: Observation<Snapshot>;
  readonly markets: readonly Market[] | null;
}

/** What the actor remembers of the round that it is in. */
export interface ReconciliationContext extends ReconciliationInput {
  readonly read: VenueRead | null;
  readonly verdict: RoundVerdict | null;
  readonly explained: ExplainedRound | null;
  readonly firstForOpening: Known<Snapshot> | null;
  readonly suspect: Known<Snapshot> | null;
  readonly settled: number;
  /** Reads that failed in passing since the last that did not. */
  readonly retried: number;
  /** How long to wait before the next try. */
  readonly retryInMs: number;
  /** Something has been heard of since the venue was last read. */
  readonly hasMoved: boolean;
  /** When the venue was last begun to be read. */
  readonly readBeganAtMs: number;
  /** Who asked and has not been answered. */
  readonly requests: readonly string[];
  /** Those of them who had asked before the venue was last read: what it said is not older than their question. */
  readonly answering: readonly string[];
}
