import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIntentsOfPlan } from '../../../db/order-intent-repository.ts';
import { readPlans } from '../../../db/plan-repository.ts';
import { add, amount, ZERO } from '../../../src/domain/money/amount.ts';
import { DEFAULT_LIMITS } from '../../../src/domain/rebalancing/plan-input.ts';
import { hasEnded } from '../../../src/domain/venue/intent-status.ts';
import type { Exchange } from '../../../src/exchanges/exchange.ts';
import { drawOf } from '../../../src/incidents/draw.ts';
import { settle, TurnClock } from '../../../src/platform/turn-clock.ts';
import { type Harness, openHarness } from '../../../src/replay/harness.ts';
import { START_MS } from '../reconciliation-world.ts';
import { serviceSettings } from '../service-settings.ts';
import { CALL_FAULTS, type CallFault, dyingExchange, type WireLife } from './dying-exchange.ts';
import { type WireVenue, wireVenues } from './wire-venues.ts';

/** What the network or the server does to the next request that places an order. */
const NETWORK_FAULTS = [
  'requestLost',
  'answerLost',
  'answerLate',
  'gatewayError',
  'hang',
  'venueSilent',
] as const;
type WireFault = (typeof NETWORK_FAULTS)[number] | CallFault | 'restart';
const WIRE_FAULTS: readonly WireFault[] = [...NETWORK_FAULTS, ...CALL_FAULTS, 'restart'];

export interface WireResult {
  readonly seed: number;
  readonly faults: readonly WireFault[];
  readonly venues: readonly string[];
  readonly outcome: string;
  readonly intents: number;
  readonly ordersAtVenues: number;
  readonly ordersPerIntentMax: number;
  readonly starts: number;
  readonly violations: readonly string[];
  readonly happened: readonly string[];
}

export interface WireTally {
  readonly runs: number;
  readonly intents: number;
  readonly ordersAtVenues: number;
  readonly ordersPerIntentMax: number;
  readonly starts: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly runsWithViolations: number;
  readonly firstFailure: WireResult | null;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Longer than every silence, all look-ups in vain and the rounds after them. */
const ENDS_WITHIN_MINUTES = 90;
const FAULTS_MAX = 3;
/** More than one request can lead to. */
const PLANS_MAX = 100;
/** Longer than the latest answer. */
const ABANDONED_SECONDS_MAX = 120;
/** Turns of the event loop in which a socket that was closed is noticed. */
const TURNS_A_SECOND = 20;

/** One rebalance of the whole service on a database file, with real adapters, and venues that speak HTTP on loopback. */
export async function runWirePlacement(seed: number): Promise<WireResult> {
  const draw = drawOf(seed, 1);
  const faults = Array.from({ length: draw.whole(0, FAULTS_MAX) }, () => draw.pick(WIRE_FAULTS));
  const folder = mkdtempSync(join(tmpdir(), 'trueup-placement-'));
  const worldClock = new TurnClock(START_MS);
  let now = (): number => worldClock.now();
  const venues = await wireVenues({ clock: worldClock, now: () => now(), withDydx: draw.chance(0.5) });
  const happened: string[] = [];
  const violations: string[] = [];
  const say = (what: string): void => {
    happened.push(`${now() - START_MS} ms  ${what}`);
  };
  const life: WireLife = {
    callFaults: faults.filter((fault): fault is CallFault => CALL_FAULTS.includes(fault as CallFault)),
    sent: [],
    held: 0,
    isOver: false,
    isArmed: false,
    say,
  };
  for (const fault of faults) injectOver(venues, fault, draw.whole(5, 600));
  const settings = serviceSettings(
    venues.map(({ settings: own }) => own),
    {
      targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
      limits: { ...DEFAULT_LIMITS, maxOrderUsd: amount('40000'), maxSlippageBps: amount('50') },
    },
  );
  let starts = 0;
  let adapters: readonly Exchange[] = [];
  const start = async (): Promise<Harness> => {
    starts += 1;
    life.isOver = false;
    adapters = await Promise.all(venues.map((venue) => venue.open()));
    const opened = await openHarness({
      settings,
      exchanges: adapters.map((adapter) => dyingExchange(adapter, life)),
      startMs: worldClock.now(),
      seed,
      database: join(folder, 'book.sqlite'),
      worldClock,
      parking: [...venues.map(({ server }) => server), { parked: () => life.held }],
      callMs: 40,
    });
    now = opened.clock.now;
    return opened;
  };
  let harness = await start();
  const end = async (): Promise<void> => {
    await harness.service.stop();
    await harness.database.close();
    await Promise.all(adapters.map((adapter) => adapter.close()));
  };
  /** The process dies where it stands; the database and the venues are as they are. */
  const startAgain = async (): Promise<void> => {
    await end();
    await untilAbandoned(venues, worldClock);
    life.held = 0;
    harness = await start();
    say('the service starts again');
  };
  const pass = async (ms: number): Promise<void> => {
    const untilMs = harness.clock.now() + ms;
    while (harness.clock.now() < untilMs) {
      await harness.advanceTo(Math.min(untilMs, harness.clock.now() + SECOND_MS));
      await worldClock.moveTo(Math.max(worldClock.now(), harness.clock.now()));
      if (life.isOver) await startAgain();
    }
  };
  const rebalance = (requestId: string) =>
    harness.send({
      to: 'rebalancing',
      message: { type: 'rebalancing.requested', requestId, approval: 'approved', reason: 'drift' },
    });
  try {
    await pass(MINUTE_MS);
    life.isArmed = true;
    await rebalance('r-1');
    if (faults.includes('restart')) {
      await pass(draw.whole(0, 20) * SECOND_MS);
      say('it is restarted');
      await startAgain();
    }
    for (let minute = 0; minute < ENDS_WITHIN_MINUTES; minute++) {
      await pass(MINUTE_MS);
      const [plan] = await readPlans(harness.database.db, { limit: 1 });
      if (plan !== undefined && plan.status !== 'executing' && plan.status !== 'planned') break;
      // It died before there was a plan: whoever wants one asks again.
      if (plan === undefined && minute % 5 === 4) await rebalance(`r-${minute}`);
    }
    life.isArmed = false;
    await pass(12 * MINUTE_MS);
    // One that came short is followed by another for the same request: all of them are judged.
    const plans = await readPlans(harness.database.db, { limit: PLANS_MAX });
    const intentsOf = await Promise.all(
      plans.map(({ hash }) => readIntentsOfPlan(harness.database.db, hash)),
    );
    const intents = intentsOf.flat();
    const isLeftIn = (of: (typeof intentsOf)[number]): boolean =>
      of.some(({ status }) => !hasEnded(status) && status !== 'recorded' && status !== 'prepared');
    const isLeft = isLeftIn(intents);
    const outcome = plans[0]?.status ?? 'none';
    if (plans.length === 0) violations.push('there is no plan');
    for (const [index, { status, hash }] of plans.entries()) {
      const own = intentsOf[index] ?? [];
      const isFine =
        status === 'done' ||
        (status === 'needsPerson' && isLeftIn(own)) ||
        (status === 'outdated' && own.length === 0);
      if (!isFine) violations.push(`plan ${hash} ends in ${status}`);
    }
    let ordersPerIntentMax = 0;
    for (const { instruction, status, filledQuantity } of intents) {
      const { intentId, clientOrderId, venue } = instruction;
      const orders = of(venues, venue).ordersOf(clientOrderId);
      const sent = life.sent.filter((each) => each.intentId === intentId);
      ordersPerIntentMax = Math.max(ordersPerIntentMax, orders.length);
      if (sent.length > 1) violations.push(`${clientOrderId} is sent ${sent.length} times`);
      if (orders.length > 1) violations.push(`${clientOrderId} is ${orders.length} orders at ${venue}`);
      const [order] = orders;
      if (order && order.status !== 'rejected' && ['rejected', 'expired', 'deniedLocally'].includes(status))
        violations.push(`${clientOrderId} is taken for ${status} while ${venue} has it ${order.status}`);
      if (hasEnded(status) && filledQuantity !== (order?.filledQuantity ?? ZERO))
        violations.push(
          `${clientOrderId} has filled ${filledQuantity}, at ${venue} ${order?.filledQuantity}`,
        );
      say(`${clientOrderId} ends ${status}`);
    }
    const ordersAtVenues = venues.reduce((total, venue) => total + venue.orders().length, 0);
    if (ordersAtVenues > intents.length)
      violations.push(`${ordersAtVenues} orders at the venues for ${intents.length} intents`);
    if (!isLeft) violations.push(...disagreements(harness, venues));
    return {
      seed,
      faults,
      venues: venues.map(({ id }) => id),
      outcome,
      intents: intents.length,
      ordersAtVenues,
      ordersPerIntentMax,
      starts,
      violations,
      happened,
    };
  } finally {
    await end();
    await Promise.all(venues.map(({ server }) => server.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a dead process has asked for is answered to nobody, while time passes. */
async function untilAbandoned(venues: readonly WireVenue[], clock: TurnClock): Promise<void> {
  for (let second = 0; second < ABANDONED_SECONDS_MAX; second++) {
    for (let turn = 0; turn < TURNS_A_SECOND; turn++) await settle();
    if (venues.every(({ server }) => server.parked() === 0)) return;
    await clock.moveTo(clock.now() + SECOND_MS);
  }
  throw new Error('expected every request of a dead process to end, found one that is held back');
}

/** Where book and venues differ in the end. */
function disagreements(harness: Harness, venues: readonly WireVenue[]): readonly string[] {
  const { book } = harness.service.reading().state;
  return venues.flatMap((venue) => {
    const { id } = venue;
    return venue.held().flatMap(({ asset, quantity }) => {
      const holding = book.venues.get(id)?.holdings.get(asset);
      const booked = holding === undefined ? ZERO : add(holding.available, holding.hold);
      return booked === quantity ? [] : [`the book has ${booked} ${asset} at ${id}, which has ${quantity}`];
    });
  });
}

function injectOver(venues: readonly WireVenue[], fault: WireFault, seconds: number): void {
  for (const venue of venues) {
    const inject = (of: Parameters<WireVenue['server']['inject']>[0]['fault']): void =>
      venue.server.inject({ fault: of, endpoint: venue.orderEndpoint, count: 1 });
    switch (fault) {
      case 'requestLost':
      case 'answerLost':
      case 'hang':
        inject({ kind: fault });
        break;
      case 'answerLate':
        inject({ kind: 'latency', delayMs: Math.min(seconds, 60) * SECOND_MS });
        break;
      case 'gatewayError':
        inject({ kind: 'serverError', status: 504 });
        break;
      case 'venueSilent':
        venue.silenceAfterNextOrder(seconds * SECOND_MS);
        break;
      default:
    }
  }
}

function of(venues: readonly WireVenue[], id: string): WireVenue {
  const found = venues.find((venue) => venue.id === id);
  if (found === undefined) throw new Error(`no venue ${id}`);
  return found;
}

/** Runs the seeds from the first one on, one after the other. */
export async function runWirePlacements(first: number, runs: number): Promise<WireTally> {
  const results: WireResult[] = [];
  for (let seed = first; seed < first + runs; seed++) results.push(await runWirePlacement(seed));
  const total = (of: (result: WireResult) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0);
  const counts = (names: readonly string[]): Readonly<Record<string, number>> =>
    Object.fromEntries(
      [...new Set(names)].map((name) => [name, names.filter((each) => each === name).length]),
    );
  return {
    runs,
    intents: total(({ intents }) => intents),
    ordersAtVenues: total(({ ordersAtVenues }) => ordersAtVenues),
    ordersPerIntentMax: Math.max(0, ...results.map(({ ordersPerIntentMax }) => ordersPerIntentMax)),
    starts: total(({ starts }) => starts),
    outcomes: counts(results.map(({ outcome }) => outcome)),
    faults: counts(results.flatMap(({ faults }) => faults)),
    runsWithViolations: results.filter(({ violations }) => violations.length > 0).length,
    firstFailure: results.find(({ violations }) => violations.length > 0) ?? null,
  };
}
