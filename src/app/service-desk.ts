import type { Announcement, VenueReportMade } from '../../actors/messages/announcements.ts';
import type { BookEvent, BookEventOutcome } from '../domain/book/book-event.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import { isOpenDiscrepancy } from '../domain/reconciliation/discrepancy.ts';
import type { SignalOutcome } from '../domain/signals/settle-signal.ts';
import type { Signal } from '../domain/signals/signal.ts';
import type { TransferRequest } from '../domain/transfer/transfer-intent.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import { PendingAnswers } from './pending-answers.ts';
import { memoryOf, type Reading } from './portfolio/read-standing.ts';
import {
  type Approval,
  type DecisionAnswer,
  type PersonDecision,
  PortfolioUnavailableError,
  type RebalancingResult,
  type RequestedRebalance,
  type TransferResult,
  type VenueReport,
} from './portfolio-api.ts';
import { isOfRebalance, RebalanceDesk } from './rebalancing/rebalance-desk.ts';
import type { Delivery } from './service.ts';
import { SignalDesk } from './targeting/signal-desk.ts';
import { TransferDesk } from './transfers/transfer-desk.ts';

/** Sends what a caller asks to the service's actors, and gives each caller the answer to their own question. */
export class ServiceDesk {
  readonly #send: (delivery: Delivery) => void;
  readonly #reading: () => Reading;
  readonly #idPrefix: string;
  readonly #events = new PendingAnswers<BookEventOutcome>();
  readonly #decisions = new PendingAnswers<DecisionAnswer>();
  readonly #rounds = new PendingAnswers<VenueReport>();
  readonly #firstRounds = new PendingAnswers<VenueReport>();
  readonly #askedVenues = new Map<string, VenueId>();
  readonly #lastReports = new Map<VenueId, VenueReport>();
  /** Why each worker that does not run now is gone; those that were given up stay so. */
  readonly #lostWorkers = new Map<string, { readonly reason: string; readonly isGivenUp: boolean }>();
  readonly #rebalances: RebalanceDesk;
  readonly #transfers: TransferDesk;
  readonly #signals: SignalDesk;
  #count = 0;

  constructor(ports: {
    readonly send: (delivery: Delivery) => void;
    readonly reading: () => Reading;
    /** Makes request ids different from those of every other start. */
    readonly idPrefix: string;
  }) {
    this.#send = ports.send;
    this.#rebalances = new RebalanceDesk((message) => ports.send({ to: 'rebalancing', message }));
    this.#transfers = new TransferDesk(ports.send);
    this.#signals = new SignalDesk(ports.send);
    this.#reading = ports.reading;
    this.#idPrefix = ports.idPrefix;
  }

  report(event: BookEvent): Promise<BookEventOutcome> {
    this.#assertWorks('portfolio', 'report it again');
    const outcome = this.#events.ask(event.eventId);
    this.#send({ to: 'portfolio', message: event });
    return outcome;
  }

  reconcile(venue: VenueId): Promise<VenueReport> {
    this.#assertNotGivenUp(`reconciliation:${venue}`);
    const requestId = this.#nextId('reconcile');
    const report = this.#rounds.ask(requestId);
    this.#askedVenues.set(requestId, venue);
    this.#askVenue(requestId, venue);
    return report;
  }

  lastReport(venue: VenueId): Promise<VenueReport> {
    const last = this.#lastReports.get(venue);
    return last ? Promise.resolve(last) : this.#firstRounds.ask(venue);
  }

  async plan(): Promise<Plan> {
    return this.#rebalances.plan(this.#nextId('plan'));
  }

  async rebalance(approve: Approval): Promise<RebalancingResult> {
    return this.#rebalances.rebalance(this.#nextId('rebalance'), approve);
  }

  async requestRebalance(reason: string, by: string): Promise<RequestedRebalance> {
    const asked = { reason, origin: { kind: 'person', by } } as const;
    return this.#rebalances.requestRebalance(this.#nextId('rebalance'), asked);
  }

  async transfer(request: TransferRequest, by: string): Promise<TransferResult> {
    return this.#transfers.transfer(request, { requestId: this.#nextId('transfer'), by });
  }

  async reportSignals(signals: readonly Signal[], by: string): Promise<readonly SignalOutcome[]> {
    this.#assertWorks('portfolio', 'report them again');
    return this.#signals.report(signals, { requestId: this.#nextId('signals'), by });
  }

  async decide(decision: PersonDecision, by: string): Promise<DecisionAnswer> {
    if (isOfRebalance(decision)) return this.#rebalances.decide(decision, by);
    // What is under way ends with the gates: whoever stops trading means that as well.
    if (decision.kind === 'haltTrading') this.#rebalances.abortBecause(decision.reason, by);
    this.#assertWorks('portfolio', 'decide again');
    const requestId = this.#nextId('decision');
    const answer = this.#decisions.ask(requestId);
    this.#send({ to: 'portfolio', message: { type: 'portfolio.decisionMade', requestId, by, decision } });
    return answer;
  }

  /** Gives what the service says to whoever waits for it. */
  hear(announcement: Announcement): void {
    this.#rebalances.hear(announcement);
    this.#transfers.hear(announcement);
    this.#signals.hear(announcement);
    switch (announcement.type) {
      case 'bookEventSettled':
        this.#events.answer(announcement.outcome.eventId, announcement.outcome);
        return;
      case 'tradingStopped':
        this.#rebalances.abortBecause(announcement.reason, announcement.by);
        return;
      case 'decisionAnswered':
        this.#decisions.answer(announcement.requestId, announcement.answer);
        return;
      case 'venueReportMade':
        if (announcement.isRoundOver) this.#hearReport(announcement);
        return;
      case 'workerChanged':
        this.#hearWorker(announcement);
        return;
      case 'messageUndelivered':
        this.#hearUndelivered(announcement);
        return;
      default:
    }
  }

  #hearUndelivered({ worker, id }: Extract<Announcement, { type: 'messageUndelivered' }>): void {
    if (worker !== 'portfolio' || id === null) return;
    const lost = "the message did not reach the book's writer, which was being restarted: report it again";
    this.#events.refuse(id, new PortfolioUnavailableError(lost));
    this.#decisions.refuse(id, new PortfolioUnavailableError(lost));
  }

  /** Nobody waits any longer. */
  refuseAll(error: Error): void {
    for (const pending of [this.#events, this.#decisions, this.#rounds, this.#firstRounds])
      pending.refuseAll(error);
    this.#rebalances.refuseAll(error);
    this.#transfers.refuseAll(error);
    this.#signals.refuseAll(error);
  }

  #hearReport({ venue, atMs, status, unknown, answers }: VenueReportMade): void {
    const discrepancies = memoryOf(this.#reading().state, venue).discrepancies.filter(isOpenDiscrepancy);
    const report = { venue, atMs, status, unknown, discrepancies };
    this.#lastReports.set(venue, report);
    while (this.#firstRounds.answer(venue, report));
    for (const requestId of answers) {
      this.#askedVenues.delete(requestId);
      this.#rounds.answer(requestId, report);
    }
  }

  #hearWorker({ worker, what, error }: Extract<Announcement, { type: 'workerChanged' }>): void {
    if (what === 'worker.restarted') {
      this.#lostWorkers.delete(worker);
      // What a worker was asked before it crashed, it has forgotten.
      for (const [requestId, venue] of this.#askedVenues)
        if (worker === 'portfolio' || worker === `reconciliation:${venue}`) this.#askVenue(requestId, venue);
      return;
    }
    const reason = error ?? what;
    this.#lostWorkers.set(worker, { reason, isGivenUp: what === 'worker.gaveUp' });
    const lost = new PortfolioUnavailableError(`${worker} crashed before it answered: ${reason}`);
    if (worker === 'portfolio') {
      const unwritten = `the book's writer crashed before the message was written, report it again: ${reason}`;
      this.#events.refuseAll(new PortfolioUnavailableError(unwritten));
      this.#decisions.refuseAll(lost);
    }
    if (what === 'worker.gaveUp') this.#giveUpOn(worker, lost);
  }

  #giveUpOn(worker: string, error: Error): void {
    for (const [requestId, venue] of this.#askedVenues) {
      if (worker !== `reconciliation:${venue}`) continue;
      this.#askedVenues.delete(requestId);
      this.#rounds.refuse(requestId, error);
    }
    const venue = worker.replace(/^reconciliation:/, '');
    while (this.#firstRounds.has(venue)) this.#firstRounds.refuse(venue, error);
  }

  #askVenue(requestId: string, venue: VenueId): void {
    this.#send({ to: 'reconciliation', venue, message: { type: 'reconciliation.requested', requestId } });
  }

  #assertWorks(worker: string, advice: string): void {
    const lost = this.#lostWorkers.get(worker);
    if (lost) throw new PortfolioUnavailableError(`${worker} is not running, ${advice}: ${lost.reason}`);
  }

  #assertNotGivenUp(worker: string): void {
    const lost = this.#lostWorkers.get(worker);
    if (lost?.isGivenUp) throw new PortfolioUnavailableError(`${worker} was given up: ${lost.reason}`);
  }

  #nextId(what: string): string {
    this.#count += 1;
    return `${what}-${this.#idPrefix}-${this.#count}`;
  }
}
