import { createActor, type EventObject } from 'xstate';
import type { Address } from '../../actors/address.ts';
import type { Announcement } from '../../actors/messages/announcements.ts';
import type { PortfolioMessage } from '../../actors/messages/portfolio-messages.ts';
import type { RebalancingMessage } from '../../actors/messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from '../../actors/messages/reconciliation-messages.ts';
import type { TransferMessage } from '../../actors/messages/transfer-messages.ts';
import { portfolioActor } from '../../actors/portfolio-actor.ts';
import { type ReconciliationInput, reconciliationActor } from '../../actors/reconciliation-actor.ts';
import type { RestartPolicy } from '../../actors/supervision/restart-policy.ts';
import type { WorkerReport } from '../../actors/supervision/supervised.ts';
import { supervisorActor, type WorkerSpec } from '../../actors/supervisor-actor.ts';
import { type TransferInput, transferActor } from '../../actors/transfer-actor.ts';
import { undelivered } from '../../actors/undelivered.ts';
import { appendAudit } from '../../db/audit-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { stateHash } from '../../db/state-hash.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Random } from '../platform/random.ts';
import type { TurnClock } from '../platform/turn-clock.ts';
import type { Intake, Recorder } from '../replay/intake.ts';
import { alertWorkers } from './alerts/alert-worker.ts';
import { ServiceSigns } from './alerts/service-signs.ts';
import { breakExchange } from './breaking-exchange.ts';
import { declarationEntry } from './key-declaration.ts';
import { untilSilenceMs } from './portfolio/close-silent-venues.ts';
import { explainVenueRound } from './portfolio/explain-venue-round.ts';
import { performPortfolioWork } from './portfolio/perform-portfolio-work.ts';
import { loadPortfolioState, type PortfolioState } from './portfolio/portfolio-state.ts';
import { groupsOf, memoryOf, quietWindowAt, type Reading, readStanding } from './portfolio/read-standing.ts';
import type { ServiceSettings, VenueSettings } from './portfolio/service-settings.ts';
import { rebalancingWorker } from './rebalancing/rebalancing-worker.ts';
import { triggerWorkers } from './rebalancing/trigger-worker.ts';
import { keepTokenMap } from './targeting/infer-token-map.ts';
import { transferRecords } from './transfers/transfer-records.ts';
import { untilValuationMs } from './valuations/take-valuation.ts';

/** Everything that a service gets from outside. The same in production, in a simulation and in a replay. */
export interface ServicePorts {
  readonly clock: TurnClock;
  readonly intake: Intake;
  readonly random: Random;
  readonly recorder: Recorder;
  readonly database: OpenDatabase;
  /** Ported, so that every answer enters through the intake. */
  readonly exchanges: ReadonlyMap<VenueId, Exchange>;
}

/** A message with the actor that it is for, as the intake delivers it and a journal keeps it. */
export type Delivery =
  | { readonly to: 'portfolio'; readonly message: PortfolioMessage }
  | { readonly to: 'rebalancing'; readonly message: RebalancingMessage }
  | { readonly to: 'transfer'; readonly message: TransferMessage }
  | { readonly to: 'reconciliation'; readonly venue: VenueId; readonly message: ReconciliationMessage };

export interface Service {
  /** What the service knows at this moment; read it, never change it. */
  reading(): Reading;
  /** `healthy`, `degraded` without a venue, `halted` without a vital worker, `stopped`. */
  health(): string;
  subscribe(listener: (announcement: Announcement) => void): () => void;
  stateHash(): Promise<string>;
  /** Stops every actor; what was under way at a venue may still happen there, and is found again at the next start. */
  stop(): Promise<void>;
}

const RESTARTS: RestartPolicy = { firstDelayMs: 1_000, maxDelayMs: 60_000, crashesMax: 3, periodMs: 60_000 };
/** Fills are asked for again this far back, in case a venue lists one late. */
const FILLS_OVERLAP_MS = 3_600_000;
const ACTIVITY_LOOK_BACK_MS = 86_400_000;
const LOOK_UP_INTERVAL_MS = 2_000;

/** Wires the actors and starts them on what the database holds. */
export async function startService(ports: ServicePorts, settings: ServiceSettings): Promise<Service> {
  const { clock, intake, random, recorder, database } = ports;
  const venueIds = settings.venues.map(({ venue }) => venue);
  const declared = settings.keyDeclarations ?? [];
  await appendAudit(
    database.db,
    declared.map((each) => declarationEntry(each, clock.now())),
  );
  await keepTokenMap(database, settings.targeting, { nowMs: clock.now(), groupOf: groupsOf(settings) });
  const state = await loadPortfolioState(database, venueIds, clock.now());
  const listeners = new Set<(announcement: Announcement) => void>();
  const signs = new ServiceSigns();
  const announce = (announcement: Announcement): void => {
    recorder.output(clock.now(), { kind: 'event', event: announcement });
    signs.hear(announcement);
    for (const listener of listeners) tell(listener, announcement);
  };
  const reading = (): Reading => ({ state, settings, nowMs: clock.now() });
  const addressOf = (name: string): Address<never> => {
    const address = root.getSnapshot().context.addresses[name];
    if (!address) throw new Error(`${name} is a worker of the service`);
    return address as Address<never>;
  };
  const { pollIntervalMs } = settings.reconciliation;
  const breaking = { now: clock.now, announce, pollIntervalMs };
  const exchanges = new Map([...ports.exchanges].map(([id, each]) => [id, breakExchange(each, breaking)]));
  const wiring: Wiring = { ports: { ...ports, exchanges }, settings, state, reading, announce, addressOf };
  const workers: WorkerSpec[] = [
    portfolioWorker(wiring),
    rebalancingWorker({
      ...wiring,
      portfolio: () => addressOf('portfolio') as Address<PortfolioMessage>,
      reconciliation: (venue) => addressOf(reconciliationName(venue)) as Address<ReconciliationMessage>,
      exchangeOf: (venue) => exchangeAt(wiring.ports.exchanges, venue),
    }),
    transferWorker(wiring),
    ...triggerWorkers(settings.triggers, {
      ports,
      reading,
      rebalancing: () => addressOf('rebalancing') as Address<RebalancingMessage>,
      reconciliation: (venue) => addressOf(reconciliationName(venue)) as Address<ReconciliationMessage>,
    }),
    ...alertWorkers(settings.alerts, { ports, reading, announce, signs }),
    ...settings.venues.map((venue) => reconciliationWorker(venue, wiring)),
  ];
  const root = createActor(supervisorActor, {
    clock,
    input: {
      workers,
      policy: RESTARTS,
      now: clock.now,
      random: () => random.next(),
      onWorkerReport: (report) => announce(workerChanged(report, clock.now())),
    },
  });
  root.subscribe({ error: (error) => announce(serviceBroken(error, clock.now())) });
  const announceLost = (message: EventObject, worker: string): void =>
    announce(undelivered(message, worker, clock.now()));
  for (const { name } of workers)
    addressOf(name).on('message.undelivered', ({ message }) => announceLost(message, name));
  intake.connect((delivery) => {
    const { message } = delivery as Delivery;
    const name = workerOf(delivery as Delivery);
    if (workers.some((worker) => worker.name === name)) addressOf(name).send(message as never);
    else announceLost(message, name);
  });
  root.start();
  return {
    reading,
    health: () => String(root.getSnapshot().value),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stateHash: () => stateHash(database.db),
    stop: async () => {
      intake.stop();
      root.send({ type: 'service.stop' });
      root.stop();
    },
  };
}

interface Wiring {
  readonly ports: ServicePorts;
  readonly settings: ServiceSettings;
  readonly state: PortfolioState;
  readonly reading: () => Reading;
  readonly announce: (announcement: Announcement) => void;
  readonly addressOf: (name: string) => Address<never>;
}

const reconciliationName = (venue: VenueId): string => `reconciliation:${venue}`;

const workerOf = (delivery: Delivery): string =>
  delivery.to === 'reconciliation' ? reconciliationName(delivery.venue) : delivery.to;

/** A listener that throws is a fault of whoever embeds the service; it surfaces there, and no actor dies of it. */
function tell(listener: (announcement: Announcement) => void, announcement: Announcement): void {
  try {
    listener(announcement);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function portfolioWorker({ ports, settings, state, reading, announce, addressOf }: Wiring): WorkerSpec {
  const { database, clock } = ports;
  const input = {
    perform: (messages: readonly PortfolioMessage[]) =>
      performPortfolioWork({ database, state, settings, now: clock.now }, messages),
    rebalancing: () => addressOf('rebalancing') as Address<RebalancingMessage>,
    reconciliation: (venue: VenueId) =>
      addressOf(reconciliationName(venue)) as Address<ReconciliationMessage>,
    untilSilenceMs: () => untilSilenceMs(reading()),
    untilValuationMs: () => untilValuationMs(reading()),
    now: clock.now,
    announce,
  };
  return { name: 'portfolio', machine: portfolioActor, input, vital: true };
}

function transferWorker({ ports, settings, state, announce, addressOf }: Wiring): WorkerSpec {
  const { database, clock, exchanges } = ports;
  const input: TransferInput = {
    portfolio: () => addressOf('portfolio') as Address<PortfolioMessage>,
    announce,
    sendsTransfers: settings.mode !== 'paper',
    lookUpIntervalMs: LOOK_UP_INTERVAL_MS,
    work: transferRecords(database, clock.now),
    exchangeOf: (venue) => exchangeAt(exchanges, venue),
    clock,
    timeoutMs: settings.reconciliation.timeoutMs,
    setAtStake: (intent, isAtStake) => {
      if (isAtStake) state.transfersAtStake.set(intent.request.transferId, intent);
      else state.transfersAtStake.delete(intent.request.transferId);
    },
  };
  return { name: 'transfer', machine: transferActor, input, vital: false };
}

function reconciliationWorker(
  { venue, markets }: VenueSettings,
  { ports, settings, state, reading, announce, addressOf }: Wiring,
): WorkerSpec {
  const { clock, database, exchanges, random } = ports;
  const { pollIntervalMs, timeoutMs, retryCount } = settings.reconciliation;
  const fillsSinceMs = (): number | null => {
    const { opening, lastCertifiedAtMs } = memoryOf(state, venue);
    if (opening.state === 'unopened') return clock.now();
    return lastCertifiedAtMs === null
      ? opening.atMs
      : Math.max(opening.atMs, lastCertifiedAtMs - FILLS_OVERLAP_MS);
  };
  const input: ReconciliationInput = {
    exchange: exchangeAt(exchanges, venue),
    clock,
    portfolio: () => addressOf('portfolio') as Address<PortfolioMessage>,
    readStanding: () => readStanding(reading(), venue),
    fillsSinceMs,
    explain: ({ snapshot, verdict }, activity, asked) =>
      explainVenueRound({
        venue,
        snapshot,
        comparison: verdict.comparison,
        discrepancies: verdict.advanced.discrepancies,
        basis: {
          activity,
          scope: { sinceMs: asked.sinceMs, assets: new Set(asked.assets) },
          fillsSinceMs: fillsSinceMs(),
        },
        db: database.db,
        reading: reading(),
      }),
    markets,
    pollIntervalMs,
    quietWindowMs: () => quietWindowAt(reading(), venue),
    timeoutMs,
    retryCount,
    random: () => random.next(),
    announce,
    activityLookBackMs: ACTIVITY_LOOK_BACK_MS,
  };
  return { name: reconciliationName(venue), machine: reconciliationActor, input, vital: false };
}

function exchangeAt(exchanges: ReadonlyMap<VenueId, Exchange>, venue: VenueId): Exchange {
  const exchange = exchanges.get(venue);
  if (!exchange) throw new Error(`${venue} has an adapter`);
  return exchange;
}

function workerChanged(report: WorkerReport, atMs: number): Announcement {
  const error = 'error' in report ? messageOf(report.error) : null;
  return { type: 'workerChanged', atMs, worker: report.name, what: report.type, error };
}

const serviceBroken = (error: unknown, atMs: number): Announcement => ({
  type: 'workerChanged',
  atMs,
  worker: 'supervisor',
  what: 'worker.gaveUp',
  error: messageOf(error),
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
