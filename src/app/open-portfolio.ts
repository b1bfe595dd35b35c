import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import { findUnfinishedExecution } from '../../db/execution-repository.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import { type Clock, elapsedMs, systemClock } from '../platform/clock.ts';
import { LateListener } from '../platform/late-listener.ts';
import { steadyTime } from '../platform/steady-time.ts';
import { openAlerts } from './alerts/open-alerts.ts';
import { auditKeepingOf } from './audit-configuration.ts';
import { checkKeys } from './check-keys.ts';
import type { Configuration, MetricsConfiguration } from './configuration.ts';
import { custodyDeclarations } from './key-declaration.ts';
import type { PortfolioMetrics } from './metrics/portfolio-metrics.ts';
import { openAdapters, type ProvidedExchanges, withVenues } from './open-adapters.ts';
import { openOnSoundAudit } from './open-on-sound-audit.ts';
import { openStreams } from './open-streams.ts';
import { OrderDoor } from './order-door.ts';
import { assertUnowned, type Ownership, takeOwnership } from './owner-lock.ts';
import type { EndReason, Portfolio } from './portfolio-api.ts';
import { type ConfigurationInput, configurationOf } from './portfolio-configuration.ts';
import { openRequestGates } from './request-limits.ts';
import { runService } from './run-service.ts';
import { RunningPortfolio } from './running-portfolio.ts';
import type { Delivery } from './service.ts';
import { serviceSettingsOf } from './settings-of-configuration.ts';
import { deliveriesOf } from './targeting/deliveries-of.ts';
import { followTargetFiles } from './targeting/follow-target-files.ts';
import { hasTargets } from './targeting/has-targets.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

export interface PortfolioOptions extends ConfigurationInput, Omit<RunOptions, 'metrics'> {}

export interface RunOptions {
  /** `paper` plans and never sends an order; the default. */
  readonly mode?: 'paper' | 'live';
  /** A file, or ":memory:"; instead of the configuration's. */
  readonly database?: string;
  /** Where to record everything that enters and leaves, for a replay. An existing file is overwritten. */
  readonly journal?: string;
  /** Where metrics are served, instead of the configuration's; null: nowhere. */
  readonly metrics?: MetricsConfiguration | null;
  /** Ready-made adapters by venue. They are closed with the portfolio. */
  readonly exchanges?: ProvidedExchanges;
  /** Hears of what goes wrong beside the book, such as a listener that throws. A warning of the process otherwise. */
  readonly onProblem?: (problem: string) => void;
}

/**
 * Opens the back office of a bot in this process: takes the book, starts reconciling, and from then on answers.
 *
 * Several may be open at once, each with a database of its own. Keeps the process alive until it is closed.
 *
 * @throws {ConfigurationError} naming every problem; {BookOwnedError} while another process owns the book;
 * {AuditBrokenError} where the audit log does not verify: every venue is halted then, and nothing is posted;
 * {KeyRefusedError} where a key may do what it must not. Where metrics cannot have their port, an error says so before
 * anything else is done.
 */
export async function openPortfolio(options: PortfolioOptions): Promise<Portfolio> {
  return openConfigured(configurationOf(options), options);
}

/** The same with a configuration that has been loaded. */
export async function openConfigured(configuration: Configuration, options: RunOptions): Promise<Portfolio> {
  const mode = options.mode ?? 'paper';
  const configured = serviceSettingsOf(configuration, mode);
  const machine: Clock = { ...systemClock, now: steadyTime({ wallMs: systemClock.now, elapsedMs }) };
  const onProblem = options.onProblem ?? ((problem: string) => process.emitWarning(problem));
  const path = options.database ?? configuration.database;
  const audit = auditKeepingOf(configuration.audit, path, onProblem);
  assertUnowned(path, machine.now());
  const metrics = await metricsAt(
    options.metrics === undefined ? configuration.metrics : options.metrics,
    onProblem,
  );
  const database = await openDatabase(path, { nowMs: machine.now(), audit }).catch(async (error) => {
    await metrics?.close();
    throw error;
  });
  const ending = new LateListener<EndReason>();
  const alerts = openAlerts(configuration.alerts, { database, machine, onProblem });
  let ownership: Ownership | null = null;
  let exchanges: readonly Exchange[] = [];
  try {
    await openOnSoundAudit(database, machine.now());
    if (audit.headFile !== null && audit.signingKey === null) onProblem(UNSIGNED);
    ownership = await takeOwnership(database, {
      clock: systemClock,
      processId: process.pid,
      onLost: (reason) => ending.tell({ kind: 'lockLost', reason }),
    });
    if (mode === 'paper') await assertNothingUnderWay(database);
    const gates = openRequestGates(configuration.venues, systemClock);
    const provided = options.exchanges ?? {};
    exchanges = await openAdapters(configuration, { provided, now: machine.now, gates });
    const keys = await checkKeys(withVenues(exchanges, configuration), {
      clock: systemClock,
      timeoutMs: configuration.reconciliation.timeoutMs,
      sendsOrdersTo: (venue) => mode === 'live' && isTradedAt(venue, configuration),
      untold: 'refuse',
      onProblem,
    });
    const custody = custodyDeclarations(configuration.venues);
    for (const { venue, text } of custody) onProblem(`${venue}: ${text}`);
    const keyDeclarations = [...custody, ...keys.declarations];
    const settings = keyDeclarations.length === 0 ? configured : { ...configured, keyDeclarations };
    const journalPath = options.journal ?? null;
    await metrics?.prepare({
      settings,
      now: machine.now,
      database,
      databasePath: path,
      journalPath,
      gates,
      onProblem,
    });
    const door = new OrderDoor(mode);
    const opened = keys.exchanges.map((exchange) => door.before(exchange));
    const running = await runService({
      settings,
      machine,
      database,
      exchanges: metrics ? opened.map(metrics.before) : opened,
      journal: options.journal,
      onFailure: (error) => ending.tell({ kind: 'failed', reason: String(error) }),
    });
    const announcements = metrics ? metrics.follow(running) : running.announcements;
    const { intake } = running;
    // A venue with a ready-made adapter is whatever that one makes of it.
    const streamed = configuration.venues.filter(({ id }) => !Object.hasOwn(provided, id));
    const deliver = (message: Delivery): void => {
      if (intake.isOpen()) intake.submit({ kind: 'message', atMs: machine.now(), message });
    };
    const streams = await openStreams(streamed, { machine, deliver });
    const targetFiles = await followTargetFiles(configuration.targetFiles, {
      clock: machine,
      tell: (told) => {
        for (const delivery of deliveriesOf(told, machine.now())) deliver(delivery);
      },
      onProblem,
    });
    const parts = { ...running, announcements, metrics, door, settings, machine, database, exchanges, gates };
    alerts.start();
    return new RunningPortfolio({ ...parts, alerts, streams, targetFiles, ownership, ending, onProblem });
  } catch (error) {
    await alerts.endUnstarted(error);
    await metrics?.close();
    await Promise.allSettled(exchanges.map((exchange) => exchange.close()));
    await ownership?.release();
    await database.close();
    throw error;
  }
}

/** A plan may hold orders of whatever is priced and has cash. */
const isTradedAt = (venue: VenueConfiguration, configuration: Configuration): boolean =>
  'cashAsset' in venue && venue.markets.length > 0 && hasTargets(configuration);

/** Loaded only where it is wanted. */
async function metricsAt(
  at: MetricsConfiguration | null,
  onProblem: (problem: string) => void,
): Promise<PortfolioMetrics | null> {
  if (at === null) return null;
  const { openMetrics } = await import('./metrics/portfolio-metrics.ts');
  return openMetrics(at, onProblem);
}

const UNSIGNED =
  'the audit log is not signed: who can write to its files can write it anew; audit.signingKey takes a key';

/** Paper mode would refuse the rest of the orders, and so end what a person has approved. */
async function assertNothingUnderWay({ db }: OpenDatabase): Promise<void> {
  const unfinished = await findUnfinishedExecution(db);
  if (!unfinished) return;
  const { planHash } = unfinished.execution;
  throw new Error(`plan ${planHash} is under way: expected mode "live" until it has ended, found "paper"`);
}
