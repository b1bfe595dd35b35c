import type { BookEvent } from '../../src/domain/book/book-event.ts';
import type { ExplainedRound } from '../../src/domain/reconciliation/explain-round.ts';
import type { RoundVerdict } from '../../src/domain/reconciliation/venue-round.ts';
import type { Signal } from '../../src/domain/signals/signal.ts';
import type { ReadReturns, ReturnsUse } from '../../src/domain/targets/usable-returns.ts';
import type { Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import type { Market, VenueId } from '../../src/domain/venue/venue.ts';

/** A round of one venue has ended, or has come to a point that must not be lost. */
export interface VenueObserved {
  readonly type: 'portfolio.venueObserved';
  readonly venue: VenueId;
  readonly atMs: number;
  /** When the read began that the observation is of, and who had asked for one by then. */
  readonly readBeganAtMs: number;
  readonly askedBefore: readonly string[];
  readonly observation: Observation<Snapshot>;
  /** Null where they were not asked for or could not be read: prices are then as they were. */
  readonly markets: readonly Market[] | null;
  readonly verdict: RoundVerdict;
  /** Only where confirmed differences needed a cause. */
  readonly explained: ExplainedRound | null;
  /** False for a look in between: the round goes on after a quiet window. */
  readonly isRoundOver: boolean;
  /** Who asked before the venue was last read, and is answered by this report. */
  readonly answers: readonly string[];
}

/** A person says yes or no to what only a person may decide. */
export interface DecisionMade {
  readonly type: 'portfolio.decisionMade';
  readonly requestId: string;
  readonly by: string;
  readonly decision:
    | { readonly kind: 'openVenue'; readonly venue: VenueId }
    | {
        readonly kind: 'approveCorrection' | 'rejectCorrection' | 'reverseCorrection';
        readonly correctionId: string;
      }
    /** The venue is right and nobody knows why: the book follows, against the account `unexplained`. */
    | { readonly kind: 'acceptDiscrepancy'; readonly discrepancyId: string }
    /** Every gate is closed and no order is sent, until a person re-arms it. */
    | { readonly kind: 'haltTrading' | 'rearmTrading'; readonly reason: string }
    /** The strategy does trade the asset, though nobody has written so. */
    | { readonly kind: 'confirmToken'; readonly strategy: string; readonly asset: string }
    /** Somebody knows of it: it is not told again until it worsens or is resolved. */
    | { readonly kind: 'acknowledgeAlert'; readonly alertId: string; readonly reason: string }
    /** Decides nothing: what a person wants to be read later. */
    | {
        readonly kind: 'addNote';
        readonly text: string;
        readonly venue: VenueId | null;
        /** The discrepancy or the correction that it is about. */
        readonly on: string | null;
      };
}

/** Time has passed: a venue may have been silent for too long. */
export interface GatesDue {
  readonly type: 'portfolio.gatesDue';
}

/** Time has passed: the schedule asks what the portfolio is worth. */
export interface ValuationDue {
  readonly type: 'portfolio.valuationDue';
}

/**
 * A venue's stream tells of everything that happens from now on, or no longer does. It never says what is there: that
 * is read.
 */
export interface StreamChanged {
  readonly type: 'portfolio.streamChanged';
  readonly venue: VenueId;
  readonly state: 'live' | 'lost';
  /** In words, without secrets. */
  readonly reason: string;
}

/** What sources say of assets, from the bot or from a file. */
export interface SignalsReported {
  readonly type: 'portfolio.signalsReported';
  readonly requestId: string;
  /** Who told: "bot", or the name of the file. */
  readonly by: string;
  readonly signals: readonly Signal[];
}

/** A file of returns was read, or could not be. */
export interface ReturnsRead {
  readonly type: 'portfolio.returnsRead';
  readonly returns: ReadReturns;
  /** Absent in a journal from before a file could serve more than the method: then it is of targets. */
  readonly uses?: readonly ReturnsUse[];
}

/** Everything that the portfolio actor understands. */
export type PortfolioMessage =
  | BookEvent
  | VenueObserved
  | DecisionMade
  | GatesDue
  | ValuationDue
  | StreamChanged
  | SignalsReported
  | ReturnsRead;
