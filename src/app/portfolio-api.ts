import type { Announcement } from '../../actors/messages/announcements.ts';
import type { DecisionMade } from '../../actors/messages/portfolio-messages.ts';
import type { StoredReport } from '../../db/report-repository.ts';
import type { BookEventOutcome } from '../domain/book/book-event.ts';
import type { Amount } from '../domain/money/amount.ts';
import type { RebalanceRecord } from '../domain/rebalancing/history/rebalance-record.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import type { Discrepancy } from '../domain/reconciliation/discrepancy.ts';
import type { GateDecision } from '../domain/reconciliation/gate.ts';
import type { ReportStatus } from '../domain/reconciliation/report-status.ts';
import type { SignalOutcome } from '../domain/signals/settle-signal.ts';
import type { TransferOutcome } from '../domain/transfer/transfer-outcome.ts';
import type { UnknownReason } from '../domain/venue/observation.ts';
import type { AssetId, Fee, VenueId } from '../domain/venue/venue.ts';
import type { ReportedEvent } from './book-event-schema.ts';
import type { NewNote } from './note-entry.ts';
import type { StatusDocument } from './read-status.ts';
import type { RuntimeState } from './runtime-state.ts';
import type { WrittenSignal } from './targeting/read-signals.ts';

/** The back office of one bot: its book, its venues, its targets. */
export interface Portfolio {
  /**
   * Tells the book what the bot did or saw. Amounts are decimal text.
   *
   * Resolves once the outcome is on the disk; the same `eventId` with the same content is accepted again and posts
   * nothing. Rejects with a `BookEventError` for what is no message, and when the book's writer crashed before it
   * was written: report it again then.
   */
  report(event: ReportedEvent): Promise<BookEventOutcome>;
  /** Hears of everything of one type until the returned function is called. A listener that throws is reported. */
  on<T extends Announcement['type']>(type: T, listener: AnnouncementListener<T>): () => void;
  /** Compares one venue or all with the book, in rounds that begin after the call. Never rejects for a venue. */
  reconcile(venue?: VenueId): Promise<readonly VenueReport[]>;
  /** The newest finished round of one venue or of all; waits for the first since the start. */
  reports(venue?: VenueId): Promise<readonly VenueReport[]>;
  /** What the book holds, by venue, sorted. */
  balances(): readonly VenueBalances[];
  /**
   * Whether the bot may take new risk in an asset now. Closed until the venue is certified, when it has been silent
   * beyond `reconciliation.gateTimeLimitSeconds`, and while a difference in the asset is open.
   */
  isTradable(venue: VenueId, asset: AssetId): boolean;
  /**
   * Every venue's mode and gates, with the reasons, as `isTradable` takes them: what has fallen silent is closed. While
   * a venue is `reduceOnly`, cancel orders and shrink positions, and take no new risk; while it is `halted`, do nothing.
   */
  gates(): readonly GateDecision[];
  status(): Promise<RunningStatus>;
  /** Finished rounds, newest first. */
  history(of?: { readonly venue?: VenueId; readonly limit?: number }): Promise<readonly StoredReport[]>;
  /** Rebalances, newest first, those under way as well: why, orders, weights, and expected against realised cost. */
  rebalances(of?: {
    readonly sinceMs?: number;
    readonly limit?: number;
  }): Promise<readonly RebalanceRecord[]>;
  /** Which orders would bring the portfolio to its targets, and why. Sends none. @throws {RebalancingRefusedError} */
  plan(): Promise<Plan>;
  /**
   * Brings the portfolio to its targets: sells, waits for confirmed proceeds, then buys. `approve` is true, a function
   * that is shown the plan, or `ask`: then another process or `decide` says yes. In paper mode it ends with the plan.
   */
  rebalance(options: { readonly approve: Approval }): Promise<RebalancingResult>;
  /**
   * Asks for a rebalance in the name of a person, and resolves with its plan, which `decide` carries out or drops: it
   * waits ten minutes for that. In paper mode it ends with the plan.
   */
  requestRebalance(reason: string, by?: string): Promise<RequestedRebalance>;
  /**
   * Moves an asset from a venue to an address that its `transfersTo` allows; resolves with what became of it. The same
   * id with the same content is the same transfer: it happens once, however often it is asked for. In paper mode it is
   * denied. Rejects with a `TransferRefusedError` where the id is another transfer's, or one that pays the same to the
   * same address has not ended.
   */
  transfer(wanted: WantedTransfer, by?: string): Promise<TransferResult>;
  /**
   * What sources say of assets, for the method `signals`: kept until it expires or a newer one comes, also over a restart.
   * Rejects with a `SignalError` for what is no signal, and when the book's writer crashed before it was written.
   */
  reportSignals(signals: readonly WrittenSignal[], by?: string): Promise<readonly SignalOutcome[]>;
  /** A person's word on an opening, a correction or a plan. `by` names the person for the audit. */
  decide(decision: PersonDecision, by?: string): Promise<DecisionAnswer>;
  /** Keeps a person's note in the audit log. Rejects where its text or what it is on is none. */
  note(note: NewNote, by?: string): Promise<void>;
  /**
   * Ends the service: no new work begins, orders on their way get their answer, everything else is left for the next
   * start. Gives the lock back. Calling it again waits for the same end.
   */
  close(): Promise<void>;
  /** Where metrics are served, such as "http://127.0.0.1:9464/metrics"; null where they are not. */
  readonly metricsUrl: string | null;
  /** Resolves when the service has ended, and why. Never rejects. */
  readonly ended: Promise<EndReason>;
}

export interface RunningStatus extends StatusDocument {
  /** As it is now: breakers, rate limits, tries and streams by venue. */
  readonly runtime: RuntimeState;
}

export type AnnouncementListener<T extends Announcement['type']> = (
  announcement: Extract<Announcement, { readonly type: T }>,
) => void | Promise<void>;

export interface EndReason {
  readonly kind: 'closed' | 'lockLost' | 'failed';
  readonly reason: string;
}

export interface VenueReport {
  readonly venue: VenueId;
  readonly atMs: number;
  readonly status: ReportStatus;
  /** Why the venue could not be read; null where it was. */
  readonly unknown: { readonly reason: UnknownReason; readonly detail: string } | null;
  /** What is open at the venue after this round. */
  readonly discrepancies: readonly Discrepancy[];
}

export interface VenueBalances {
  readonly venue: VenueId;
  readonly balances: readonly {
    readonly asset: AssetId;
    readonly available: Amount;
    readonly hold: Amount;
    readonly inTransit: Amount;
    readonly accrued: Amount;
    readonly total: Amount;
  }[];
}

export type Approval = true | 'ask' | ((plan: Plan) => boolean | Promise<boolean>);

export interface RebalancingResult {
  /** `planned`: nothing was to be sent, or paper mode. `needsPerson`: an order's fate has to be found out. */
  readonly outcome: 'done' | 'aborted' | 'needsPerson' | 'planned' | 'refused';
  /** Null where none could be made. */
  readonly plan: Plan | null;
  readonly reason: string;
}

/** What became of a request: a plan waits for a decision, one was made and nothing is to be sent, or none was made. */
export type RequestedRebalance =
  | { readonly outcome: 'waiting' | 'planned'; readonly plan: Plan; readonly reason: string }
  | { readonly outcome: 'refused'; readonly plan: null; readonly reason: string };

/** Amounts are decimal text. */
export interface WantedTransfer {
  readonly transferId: string;
  readonly venue: VenueId;
  readonly asset: AssetId;
  /** What leaves: where the asset takes a fee of every transfer, less arrives. */
  readonly amount: string;
  readonly to: string;
  /** The venue of this book that the address belongs to: the amount is in transit to it until that one is told. */
  readonly toVenue?: VenueId;
}

export interface TransferResult {
  readonly transferId: string;
  /**
   * `rejected`: it failed at the venue, or expired without having happened. `deniedLocally`: nothing was sent.
   * `unknown`: it may have happened; it is looked up until there is evidence, and asking again tells.
   */
  readonly outcome: TransferOutcome;
  /** What it is looked up by at the venue; null where nothing was signed. */
  readonly reference: string | null;
  readonly arrives: Amount | null;
  readonly fee: Fee | null;
  readonly reason: string;
}

export type PersonDecision =
  | DecisionMade['decision']
  | { readonly kind: 'approvePlan' | 'rejectPlan'; readonly planHash: string }
  /** Nothing more of the rebalance under way is sent, and what is live is followed to its end. */
  | { readonly kind: 'abortRebalance'; readonly reason: string }
  /** `pauseRebalance`: nothing more is begun or sent until it is resumed, also after a restart. */
  | { readonly kind: 'pauseRebalance' | 'resumeRebalance'; readonly reason: string };

export interface DecisionAnswer {
  readonly status: 'done' | 'refused';
  readonly reason: string;
}

/** No plan could be made; the reason says what is missing. */
export class RebalancingRefusedError extends Error {
  override readonly name = 'RebalancingRefusedError';
}

/** The transfer was not even written down; the reason says what stands in its way. */
export class TransferRefusedError extends Error {
  override readonly name = 'TransferRefusedError';
}

/** The service ended, or crashed, before it could answer. */
export class PortfolioUnavailableError extends Error {
  override readonly name = 'PortfolioUnavailableError';
}
