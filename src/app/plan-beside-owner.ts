import { openDatabaseReadOnly } from '../../db/database.ts';
import { readReserved } from '../../db/venue-cash-repository.ts';
import { viewOf } from '../domain/book/book-state.ts';
import type { Plan } from '../domain/rebalancing/plan.ts';
import type { PlanInput } from '../domain/rebalancing/plan-input.ts';
import { compareVenue } from '../domain/reconciliation/compare.ts';
import { decideGates } from '../domain/reconciliation/gate.ts';
import { type ReportStatus, reportStatus } from '../domain/reconciliation/report-status.ts';
import { estimateCovariance } from '../domain/targets/estimate-covariance.ts';
import type { Observation, Snapshot, Unknown } from '../domain/venue/observation.ts';
import { withReadings } from '../domain/venue/price-readings.ts';
import { withMarkets } from '../domain/venue/prices.ts';
import type { Market, VenueId } from '../domain/venue/venue.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Clock } from '../platform/clock.ts';
import { withDeadline } from '../platform/deadline.ts';
import { systemRandom } from '../platform/random.ts';
import { type RetryPorts, retryRead } from '../resilience/retry-read.ts';
import { checkKeys } from './check-keys.ts';
import type { Configuration } from './configuration.ts';
import { openAdapters, type ProvidedExchanges, withVenues } from './open-adapters.ts';
import { loadPortfolioState } from './portfolio/portfolio-state.ts';
import { groupsOf, memoryOf, type Reading, readStanding, valueBook } from './portfolio/read-standing.ts';
import { planWithinLimits } from './rebalancing/gated-plan.ts';
import type { PlanTargeting } from './rebalancing/plan-input-of.ts';
import { withReservedHeld } from './rebalancing/reserved-as-held.ts';
import { readOrderActivity } from './rebalancing/risk-state-of.ts';
import { openRequestGates } from './request-limits.ts';
import { serviceSettingsOf } from './settings-of-configuration.ts';
import { TargetFileReader } from './targeting/follow-target-files.ts';
import { knowTargets } from './targeting/know-targets.ts';
import { readPlanTax } from './tax/read-plan-tax.ts';

export interface PlanBesideOwner {
  readonly venues: readonly {
    readonly venue: VenueId;
    readonly status: ReportStatus;
    readonly reason: string;
  }[];
  /** Null where none can be made; the reason says why. */
  readonly plan: Plan | null;
  /** How its targets came about; null without a plan. */
  readonly targeting: PlanTargeting | null;
  /** The group of every asset that the plan knows. */
  readonly groups: PlanInput['groups'];
  readonly reason: string;
}

interface Read {
  readonly exchange: Exchange;
  readonly observation: Observation<Snapshot>;
  readonly markets: readonly Market[];
}

/** Plans with one fresh read of every venue, tried again where it failed in passing, beside whoever owns the book. Writes nothing and sends no order. */
export async function planBesideOwner(
  configuration: Configuration,
  on: {
    readonly clock: Clock;
    readonly exchanges?: ProvidedExchanges;
    readonly onProblem: (problem: string) => void;
  },
): Promise<PlanBesideOwner> {
  const { clock } = on;
  const settings = serviceSettingsOf(configuration, 'paper');
  const database = await openDatabaseReadOnly(configuration.database);
  let exchanges: readonly Exchange[] = [];
  try {
    exchanges = await openAdapters(configuration, {
      provided: on.exchanges ?? {},
      now: () => clock.now(),
      gates: openRequestGates(configuration.venues, clock),
    });
    const { timeoutMs } = configuration.reconciliation;
    const checking = {
      clock,
      timeoutMs,
      sendsOrdersTo: () => false,
      untold: 'tell',
      onProblem: on.onProblem,
    } as const;
    const checked = await checkKeys(withVenues(exchanges, configuration), checking);
    const venueIds = settings.venues.map(({ venue }) => venue);
    const state = await loadPortfolioState(database, venueIds, clock.now());
    const reads = await Promise.all(checked.exchanges.map((exchange) => read(exchange, configuration, on)));
    const reading: Reading = { state, settings, nowMs: clock.now() };
    const told = await new TargetFileReader(configuration.targetFiles, on.onProblem).read();
    const moving = told.returns.find(({ uses }) => uses.includes('covariance'));
    if (moving !== undefined) state.covariance = estimateCovariance(moving.returns);
    await knowTargets(state.targets, {
      told,
      settings,
      database,
      nowMs: reading.nowMs,
      onProblem: on.onProblem,
    });
    for (const { exchange, markets } of reads) {
      const memory = memoryOf(state, exchange.venue);
      memory.markets = markets;
      memory.marketsAtMs = markets.length === 0 ? null : reading.nowMs;
      memory.readings = withReadings(memory.readings, markets, reading.nowMs);
      state.prices = withMarkets(state.prices, markets, groupsOf(settings));
    }
    const venues = reads.map((each) => judge(each, reading));
    const free = withReservedHeld(reading, await readReserved(database.db));
    const activity = await readOrderActivity(database, reading.nowMs);
    const tax = await readPlanTax(database.db, settings, reading.nowMs);
    const made = planWithinLimits(free, activity, { tax });
    return made.state === 'planned'
      ? { venues, plan: made.plan, targeting: made.targeting, groups: made.input.groups, reason: '' }
      : { venues, plan: null, targeting: null, groups: {}, reason: made.reason };
  } finally {
    await Promise.allSettled(exchanges.map((exchange) => exchange.close()));
    await database.close();
  }
}

async function read(
  exchange: Exchange,
  configuration: Configuration,
  { clock, onProblem }: { readonly clock: Clock; readonly onProblem: (problem: string) => void },
): Promise<Read> {
  const { timeoutMs, retryCount } = configuration.reconciliation;
  const onRetry = ({ reason }: Unknown, retryInMs: number): void =>
    onProblem(`${exchange.venue}: ${reason}, asked again in ${retryInMs} ms`);
  const retries: RetryPorts = { clock, random: systemRandom.next, retryCount, onRetry };
  const names = configuration.venues.find(({ id }) => id === exchange.venue)?.markets ?? [];
  const sinceMs = clock.now();
  const observation = await withDeadline({ clock, timeoutMs }, (signal) =>
    retryRead(retries, signal, () => exchange.observe({ fillsSinceMs: sinceMs }, signal)),
  );
  if (observation.state === 'unknown' || names.length === 0) return { exchange, observation, markets: [] };
  const markets = await withDeadline({ clock, timeoutMs }, (signal) =>
    retryRead(retries, signal, () => exchange.readMarkets(names, signal)),
  );
  return { exchange, observation, markets: 'state' in markets ? [] : markets };
}

/** One read stands for a round: a difference counts at once, as nothing is waited for here. */
function judge({ exchange, observation }: Read, reading: Reading): PlanBesideOwner['venues'][number] {
  const { state, settings, nowMs } = reading;
  const { venue } = exchange;
  const memory = memoryOf(state, venue);
  if (observation.state === 'unknown')
    return { venue, status: 'inconclusive', reason: `${observation.reason}: ${observation.detail}` };
  if (memory.opening.state === 'unopened')
    return { venue, status: 'inconclusive', reason: 'the venue is not open' };
  const status = reportStatus(compareVenue({ ...readStanding(reading, venue), snapshot: observation }));
  memory.lastReport = { status, atMs: nowMs };
  memory.lastCertifiedAtMs = observation.certificate.observedAtMs;
  memory.gates = decideGates({
    venue,
    isOpened: true,
    lastCertifiedAtMs: memory.lastCertifiedAtMs,
    nowMs,
    timeLimitMs: settings.reconciliation.gateTimeLimitMs,
    discrepancies: memory.discrepancies,
    navUsd: state.prices.size === 0 ? null : valueBook(reading).totalUsd,
    assets: viewOf(state.book, venue, nowMs).holdings.map(({ asset }) => asset),
  });
  return { venue, status, reason: memory.gates.reason };
}
