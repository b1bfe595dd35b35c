import { hostname } from 'node:os';
import type { Announcement } from '../../actors/messages/announcements.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { readReports, type StoredReport } from '../../db/report-repository.ts';
import { stateHash } from '../../db/state-hash.ts';
import type { BookEventOutcome } from '../domain/book/book-event.ts';
import type { RebalanceRecord } from '../domain/rebalancing/history/rebalance-record.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import type { GateDecision } from '../domain/reconciliation/gate.ts';
import type { SignalOutcome } from '../domain/signals/settle-signal.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Clock } from '../platform/clock.ts';
import type { LateListener } from '../platform/late-listener.ts';
import type { RequestGate } from '../resilience/request-gate.ts';
import type { PortfolioAlerts } from './alerts/open-alerts.ts';
import { AnnouncementListeners } from './announcement-listeners.ts';
import { parseBookEvent, type ReportedEvent } from './book-event-schema.ts';
import { CommandDesk } from './command-desk.ts';
import type { PortfolioMetrics } from './metrics/portfolio-metrics.ts';
import type { NewNote } from './note-entry.ts';
import type { OpenStreams } from './open-streams.ts';
import type { OrderDoor } from './order-door.ts';
import type { Ownership } from './owner-lock.ts';
import { parseActor, parsePersonDecision } from './person-decision-schema.ts';
import type { Reading } from './portfolio/read-standing.ts';
import type { ServiceSettings } from './portfolio/service-settings.ts';
import {
  type AnnouncementListener,
  type Approval,
  type DecisionAnswer,
  type EndReason,
  type PersonDecision,
  type Portfolio,
  PortfolioUnavailableError,
  type RebalancingResult,
  type RequestedRebalance,
  type TransferResult,
  type VenueBalances,
  type VenueReport,
  type WantedTransfer,
} from './portfolio-api.ts';
import { balancesOf, gatesOf, isTradableAt, streamAt } from './portfolio-views.ts';
import { readStatus } from './read-status.ts';
import { listRebalances } from './rebalancing/list-rebalances.ts';
import { whyNotDecided } from './rebalancing/why-not-decided.ts';
import type { RunningService } from './run-service.ts';
import { RuntimeFollower } from './runtime-state.ts';
import { ServiceDesk } from './service-desk.ts';
import type { FollowedFiles } from './targeting/follow-target-files.ts';
import { parseSignals, type WrittenSignal } from './targeting/read-signals.ts';
import { parseTransfer } from './transfers/parse-transfer.ts';

export interface RunningParts extends RunningService {
  readonly door: OrderDoor;
  readonly settings: ServiceSettings;
  readonly machine: Clock;
  readonly database: OpenDatabase;
  readonly exchanges: readonly Exchange[];
  readonly gates: ReadonlyMap<VenueId, RequestGate>;
  readonly ownership: Ownership;
  readonly streams: OpenStreams;
  readonly targetFiles: FollowedFiles;
  readonly alerts: PortfolioAlerts;
  /** Tells why the service cannot go on. */
  readonly ending: LateListener<EndReason>;
  /** Null where none are served. */
  readonly metrics: PortfolioMetrics | null;
  readonly onProblem: (problem: string) => void;
}

const HISTORY_DEFAULT = 100;

/** A portfolio whose service runs in this process, in real time. */
export class RunningPortfolio implements Portfolio {
  readonly ended: Promise<EndReason>;
  readonly metricsUrl: string | null;
  readonly #parts: RunningParts;
  readonly #desk: ServiceDesk;
  readonly #commands: CommandDesk;
  readonly #runtime: RuntimeFollower;
  readonly #listeners: AnnouncementListeners;
  #resolveEnded: (reason: EndReason) => void = () => {};
  #end: Promise<void> | null = null;

  constructor(parts: RunningParts) {
    this.#parts = parts;
    const { intake, machine, database, service, ownership, ending } = parts;
    this.#listeners = new AnnouncementListeners(parts.onProblem);
    this.metricsUrl = parts.metrics?.url ?? null;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#desk = new ServiceDesk({
      send: (message) => intake.submit({ kind: 'message', atMs: machine.now(), message }),
      reading: service.reading,
      idPrefix: `${ownership.owner.startedAtMs}-${ownership.owner.processId}`,
    });
    this.#commands = new CommandDesk({
      portfolio: this,
      database,
      clock: machine,
      onProblem: parts.onProblem,
    });
    this.#runtime = new RuntimeFollower({
      mode: parts.settings.mode,
      now: machine.now,
      health: service.health,
      gates: parts.gates,
      streamOf: (venue) => (parts.streams.venues.includes(venue) ? streamAt(this.#reading(), venue) : null),
    });
    parts.announcements.listen((announcement) => this.#hear(announcement));
    ending.listen((reason) => {
      this.#end ??= this.#stop(reason);
    });
    this.#commands.start();
    ownership.keepRuntime(() => this.#runtime.state());
  }

  async report(event: ReportedEvent): Promise<BookEventOutcome> {
    this.#assertOpen();
    return this.#desk.report(parseBookEvent(event));
  }

  on<T extends Announcement['type']>(type: T, listener: AnnouncementListener<T>): () => void {
    return this.#listeners.add(type, listener);
  }

  async reconcile(venue?: VenueId): Promise<readonly VenueReport[]> {
    this.#assertOpen();
    return Promise.all(this.#venues(venue).map((each) => this.#desk.reconcile(each)));
  }

  async reports(venue?: VenueId): Promise<readonly VenueReport[]> {
    this.#assertOpen();
    return Promise.all(this.#venues(venue).map((each) => this.#desk.lastReport(each)));
  }

  balances(): readonly VenueBalances[] {
    return balancesOf(this.#reading());
  }

  isTradable(venue: VenueId, asset: string): boolean {
    return this.#end === null && isTradableAt(this.#reading(), venue, asset);
  }

  gates(): readonly GateDecision[] {
    this.#assertOpen();
    return gatesOf(this.#reading());
  }

  async status() {
    this.#assertOpen();
    const { database, machine } = this.#parts;
    const status = await readStatus(database, { nowMs: machine.now(), host: hostname() });
    return { ...status, runtime: this.#runtime.state() };
  }

  async history({
    venue,
    limit,
  }: {
    venue?: VenueId;
    limit?: number;
  } = {}): Promise<readonly StoredReport[]> {
    this.#assertOpen();
    return readReports(this.#parts.database.db, { venue: venue ?? null, limit: limit ?? HISTORY_DEFAULT });
  }

  async rebalances({
    sinceMs,
    limit,
  }: {
    sinceMs?: number;
    limit?: number;
  } = {}): Promise<readonly RebalanceRecord[]> {
    this.#assertOpen();
    const span = { sinceMs: sinceMs ?? null, limit: limit ?? HISTORY_DEFAULT };
    return listRebalances(this.#parts.database.db, span);
  }

  async plan(): Promise<Plan> {
    this.#assertOpen();
    return this.#desk.plan();
  }

  async rebalance({ approve }: { readonly approve: Approval }): Promise<RebalancingResult> {
    this.#assertOpen();
    return this.#desk.rebalance(approve);
  }

  async requestRebalance(reason: string, by = 'bot'): Promise<RequestedRebalance> {
    this.#assertOpen();
    return this.#desk.requestRebalance(reason, parseActor(by));
  }

  async transfer(wanted: WantedTransfer, by = 'bot'): Promise<TransferResult> {
    this.#assertOpen();
    return this.#desk.transfer(parseTransfer(wanted, this.#venues(undefined)), parseActor(by));
  }

  async reportSignals(signals: readonly WrittenSignal[], by = 'bot'): Promise<readonly SignalOutcome[]> {
    this.#assertOpen();
    return this.#desk.reportSignals(parseSignals(signals), parseActor(by));
  }

  async decide(decision: PersonDecision, by = 'bot'): Promise<DecisionAnswer> {
    this.#assertOpen();
    const parsed = parsePersonDecision(decision);
    const { settings, database } = this.#parts;
    const obstacle = await whyNotDecided(parsed.kind, settings.mode, {
      db: database.db,
      isUnderWay: this.#reading().state.isRebalanceUnderWay,
    });
    if (obstacle !== null) return { status: 'refused', reason: obstacle };
    return this.#desk.decide(parsed, parseActor(by));
  }

  async note(note: NewNote, by = 'bot'): Promise<void> {
    this.#assertOpen();
    if (note.venue !== null) this.#venues(note.venue);
    const { status, reason } = await this.decide({ kind: 'addNote', ...note }, by);
    if (status === 'refused') throw new Error(reason);
  }

  close(): Promise<void> {
    this.#end ??= this.#close();
    return this.#end;
  }

  async #close(): Promise<void> {
    const { door, intake, streams, targetFiles } = this.#parts;
    streams.stop();
    targetFiles.stop();
    door.shut();
    await this.#commands.stop();
    // What has arrived is written, and what an order's answer leads to as well, which may be another order's.
    try {
      do {
        await intake.idle();
        await door.quiet();
        await intake.idle();
      } while (door.underWay > 0);
    } catch {
      // The intake has failed, and `ended` says so: the rest is closed all the same.
    }
    await this.#stop({ kind: 'closed', reason: 'closed' });
  }

  async #stop(reason: EndReason): Promise<void> {
    const { streams, targetFiles, stopTime, service, endJournal, database } = this.#parts;
    const { exchanges, ownership, metrics, onProblem, alerts } = this.#parts;
    streams.stop();
    targetFiles.stop();
    stopTime();
    await this.#commands.stop();
    // A journal of a service that failed has no end, so that nobody takes it for a whole one.
    const [journal] = await Promise.allSettled([
      reason.kind === 'closed' ? stateHash(database.db).then(endJournal) : null,
    ]);
    await service.stop();
    this.#desk.refuseAll(new PortfolioUnavailableError(`the portfolio has ended: ${reason.reason}`));
    const closed = await Promise.allSettled(exchanges.map((exchange) => exchange.close()));
    for (const result of closed)
      if (result.status === 'rejected') onProblem(`an exchange did not close: ${String(result.reason)}`);
    await alerts.end(reason);
    // Its last answer reads the database.
    await metrics?.close();
    await ownership.release();
    await database.close();
    this.#resolveEnded(reason);
    // The book is free all the same: whoever starts next must not wait for this one.
    if (journal.status === 'rejected') throw journal.reason;
  }

  #hear(announcement: Announcement): void {
    this.#runtime.hear(announcement);
    this.#desk.hear(announcement);
    this.#listeners.tell(announcement);
    this.#parts.alerts.hear(announcement);
    if (announcement.type === 'workerChanged' && this.#parts.service.health() === 'halted')
      this.#parts.ending.tell({ kind: 'failed', reason: announcement.error ?? 'the service has halted' });
  }

  #reading(): Reading {
    return { ...this.#parts.service.reading(), nowMs: this.#parts.machine.now() };
  }

  #venues(venue: VenueId | undefined): readonly VenueId[] {
    const ids = this.#parts.settings.venues.map((each) => each.venue);
    if (venue === undefined) return ids;
    if (!ids.includes(venue)) throw new Error(`expected one of ${ids.join(', ')}, found ${venue}`);
    return [venue];
  }

  #assertOpen(): void {
    if (this.#end) throw new PortfolioUnavailableError('the portfolio is closed');
  }
}
