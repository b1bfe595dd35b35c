import type { Alert } from '../../src/domain/alerts/alert.ts';
import type { BookEventOutcome } from '../../src/domain/book/book-event.ts';
import type { Amount } from '../../src/domain/money/amount.ts';
import type { Plan } from '../../src/domain/rebalancing/plan.ts';
import type { Discrepancy } from '../../src/domain/reconciliation/discrepancy.ts';
import type { VenueMode } from '../../src/domain/reconciliation/gate.ts';
import type { ReportStatus } from '../../src/domain/reconciliation/report-status.ts';
import type { SignalOutcome } from '../../src/domain/signals/settle-signal.ts';
import type { TransferRequest, TransferStatus } from '../../src/domain/transfer/transfer-intent.ts';
import type { TransferOutcome } from '../../src/domain/transfer/transfer-outcome.ts';
import type { UnknownReason } from '../../src/domain/venue/observation.ts';
import type { AssetId, Fee, Side, VenueId } from '../../src/domain/venue/venue.ts';

/** A message of the bot has been worked on; unless it was refused, it is durable. */
export interface BookEventSettled {
  readonly type: 'bookEventSettled';
  readonly outcome: BookEventOutcome;
}

/** A round of one venue is over and in the database. */
export interface VenueReportMade {
  readonly type: 'venueReportMade';
  readonly venue: VenueId;
  readonly atMs: number;
  readonly status: ReportStatus;
  /** Only where the venue could not be read. */
  readonly unknown: { readonly reason: UnknownReason; readonly detail: string } | null;
  /** False for a look in between: the round goes on after a quiet window. */
  readonly isRoundOver: boolean;
  /** The requests that this round began after. */
  readonly answers: readonly string[];
}

export interface VenueOpened {
  readonly type: 'venueOpened';
  readonly venue: VenueId;
  readonly atMs: number;
  readonly by: string;
}

/** Two certified reads agree on what an unopened venue holds; a person has to say yes. */
export interface OpeningAwaited {
  readonly type: 'openingAwaited';
  readonly venue: VenueId;
  readonly atMs: number;
}

export interface DiscrepancyChanged {
  readonly type: 'discrepancyChanged';
  readonly atMs: number;
  readonly discrepancy: Discrepancy;
  readonly reason: string;
}

export interface CorrectionChanged {
  readonly type: 'correctionChanged';
  readonly atMs: number;
  readonly correctionId: string;
  readonly venue: VenueId;
  readonly discrepancyIds: readonly string[];
  readonly state: 'proposed' | 'applied' | 'rejected' | 'stale' | 'reversed';
  readonly causes: readonly string[];
  readonly by: string;
  readonly reason: string;
}

/** Whether the bot may trade an asset at a venue now. */
export interface GateChanged {
  readonly type: 'gateChanged';
  readonly atMs: number;
  readonly venue: VenueId;
  readonly asset: AssetId;
  readonly state: 'open' | 'closed';
  readonly reason: string;
}

/** A venue as a whole: `reduceOnly` takes no new risk, `halted` nothing at all. */
export interface VenueModeChanged {
  readonly type: 'venueModeChanged';
  readonly atMs: number;
  readonly venue: VenueId;
  readonly mode: VenueMode;
  readonly reason: string;
}

/** The service itself has stopped trading, until a person re-arms it: a venue has liquidated or deleveraged. */
export interface TradingStopped {
  readonly type: 'tradingStopped';
  readonly atMs: number;
  readonly by: string;
  readonly reason: string;
}

/** What became of a person's decision. */
export interface DecisionAnswered {
  readonly type: 'decisionAnswered';
  readonly requestId: string;
  readonly answer: { readonly status: 'done' | 'refused'; readonly reason: string };
}

export interface PlanMade {
  readonly type: 'planMade';
  readonly atMs: number;
  readonly requestId: string;
  readonly plan: Plan;
  /** What follows: nothing, an order that is under way, or waiting for a person. */
  readonly next: 'none' | 'execution' | 'approval';
}

export interface RebalancingRefused {
  readonly type: 'rebalancingRefused';
  readonly atMs: number;
  readonly requestId: string;
  readonly reason: string;
}

/** A plan does not fit the world any more, or came short: another one is made for the same request. */
export interface PlanOutdated {
  readonly type: 'planOutdated';
  readonly atMs: number;
  readonly requestId: string;
  readonly planHash: string;
  readonly reason: string;
}

/** One order of a plan has moved on. */
export interface OrderChanged {
  readonly type: 'orderChanged';
  readonly atMs: number;
  readonly planHash: string;
  readonly sequence: number;
  readonly venue: VenueId;
  readonly market: string;
  readonly side: Side;
  readonly quantity: Amount;
  readonly limitPrice: Amount;
  readonly status: string;
  readonly filledQuantity: Amount;
  readonly clientOrderId: string | null;
  readonly detail: string;
}

export interface RebalancingEnded {
  readonly type: 'rebalancingEnded';
  readonly atMs: number;
  readonly requestId: string;
  readonly planHash: string;
  readonly outcome: 'done' | 'aborted' | 'needsPerson';
  /** Which orders fell short of the plan, and why; empty where all filled whole. */
  readonly reason: string;
}

/** A transfer has moved on, or was asked for again and stands where it stood. */
export interface TransferChanged {
  readonly type: 'transferChanged';
  readonly atMs: number;
  readonly request: TransferRequest;
  readonly status: TransferStatus;
  /** Null while it is under way and may be waited for. */
  readonly outcome: TransferOutcome | null;
  /** What it is looked up by at the venue; null until it is signed. */
  readonly reference: string | null;
  /** What comes to the receiver; null until it is signed. */
  readonly arrives: Amount | null;
  /** What it costs beside the amount: as expected until it has landed, then as it was. */
  readonly fee: Fee | null;
  readonly detail: string;
}

/** A transfer was not even written down: its id is another's, or it pays the same to the same as one under way. */
export interface TransferRefused {
  readonly type: 'transferRefused';
  readonly atMs: number;
  readonly requestId: string;
  readonly request: TransferRequest;
  readonly reason: string;
}

/** A worker of the service crashed, was restarted, or was given up. */
export interface WorkerChanged {
  readonly type: 'workerChanged';
  readonly atMs: number;
  readonly worker: string;
  readonly what: 'worker.crashed' | 'worker.restarted' | 'worker.finished' | 'worker.gaveUp';
  readonly error: string | null;
}

/** A message had no effect, because its worker was not running or crashed over it: whoever sent it may send it again. */
export interface MessageUndelivered {
  readonly type: 'messageUndelivered';
  readonly atMs: number;
  readonly worker: string;
  readonly messageType: string;
  /** Its `eventId` or `requestId`; null where it has none. */
  readonly id: string | null;
}

/** What reads of a venue are told apart by: each has a circuit breaker of its own. */
export type EndpointClass = 'account' | 'activity' | 'markets';

/** A read that failed in passing is about to be tried again within its round. */
export interface ReadRetried {
  readonly type: 'readRetried';
  readonly atMs: number;
  readonly venue: VenueId;
  readonly endpointClass: EndpointClass;
  readonly reason: UnknownReason;
  readonly retryInMs: number;
}

/** Reads of one class at a venue are held back, tried with one probe, or let through again. */
export interface BreakerChanged {
  readonly type: 'breakerChanged';
  readonly atMs: number;
  readonly venue: VenueId;
  readonly endpointClass: EndpointClass;
  readonly state: 'closed' | 'open' | 'halfOpen';
  readonly reason: string;
}

/** A venue's stream has come or gone. Where it was live and is lost, the venue's gates are held until a later read. */
export interface StreamStateChanged {
  readonly type: 'streamStateChanged';
  readonly atMs: number;
  readonly venue: VenueId;
  readonly state: 'live' | 'lost';
  readonly reason: string;
}

/** Signals were kept, or why not; what was kept is durable. In the order in which they were reported. */
export interface SignalsSettled {
  readonly type: 'signalsSettled';
  readonly atMs: number;
  readonly requestId: string;
  readonly outcomes: readonly SignalOutcome[];
}

/** What people have to know has changed. Told at once, whatever the hour and however lately it was told before. */
export interface AlertChanged {
  readonly type: 'alertChanged';
  readonly atMs: number;
  readonly change: 'opened' | 'worsened' | 'reopened' | 'resolved' | 'acknowledged';
  readonly alert: Alert;
}

/** Everything that the service tells whoever embeds it. */
export type Announcement =
  | BookEventSettled
  | VenueReportMade
  | VenueOpened
  | OpeningAwaited
  | DiscrepancyChanged
  | CorrectionChanged
  | GateChanged
  | VenueModeChanged
  | TradingStopped
  | DecisionAnswered
  | PlanMade
  | PlanOutdated
  | RebalancingRefused
  | OrderChanged
  | RebalancingEnded
  | TransferChanged
  | TransferRefused
  | WorkerChanged
  | MessageUndelivered
  | ReadRetried
  | BreakerChanged
  | StreamStateChanged
  | SignalsSettled
  | AlertChanged;
