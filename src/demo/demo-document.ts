import type { Announcement } from '../../actors/messages/announcements.ts';
import { readAllDiscrepancies } from '../../db/discrepancy-repository.ts';
import { readIntentsOfPlan, type StoredIntent } from '../../db/order-intent-repository.ts';
import { readPlans } from '../../db/plan-repository.ts';
import { verifyAudit } from '../../db/verify-audit.ts';
import type { Discrepancy } from '../domain/reconciliation/discrepancy.ts';
import type { Harness } from '../replay/harness.ts';
import type { DemoScript, ScriptedFault } from './demo-script.ts';
import { DEMO_SETTINGS } from './demo-settings.ts';
import { weightsNow } from './demo-weights.ts';
import type { DemoWorld } from './demo-world.ts';
import type { DemoWatch } from './run-demo.ts';

/** What the demo came to. With the same seed all of it is the same but `figures`. */
export interface DemoDocument {
  readonly venues: readonly { readonly id: string; readonly kind: string; readonly status: string }[];
  readonly discrepancies: readonly DemoDiscrepancy[];
  readonly orders: readonly DemoOrder[];
  readonly portfolio: {
    readonly navUsd: string;
    readonly weightsBefore: Readonly<Record<string, string>>;
    readonly weightsAfter: Readonly<Record<string, string>>;
    readonly targets: Readonly<Record<string, string>>;
  };
  readonly audit: { readonly entries: number; readonly verified: boolean };
  readonly faults: readonly DemoFault[];
  readonly figures: DemoFigures;
}

export interface DemoFigures {
  /** Of the whole process, since it began. */
  readonly elapsedMs: number;
  /** Of the whole process, as the operating system counts it. */
  readonly peakRssMb: number;
  readonly simulatedHours: number;
  /** From the process's start to the first certified report of a venue. */
  readonly firstCertifiedReportMs: number | null;
}

export interface DemoDiscrepancy {
  readonly venue: string;
  readonly asset: string;
  readonly class: string;
  readonly cause: string | null;
  readonly explanation: 'unique' | 'ambiguous' | 'none' | 'limitReached' | null;
  readonly resolution: string | null;
  readonly delta: string;
  readonly firstSeenAtMs: number;
}

export interface DemoOrder {
  readonly sequence: number;
  readonly venue: string;
  readonly market: string;
  readonly side: string;
  readonly quantity: string;
  readonly filledQuantity: string;
  readonly limitPrice: string;
  readonly status: string;
  readonly clientOrderId: string;
  readonly submittedAtMs: number | null;
  readonly confirmedAtMs: number | null;
  readonly fundedBy: readonly number[];
}

export interface DemoFault {
  readonly fault: string;
  readonly venue: string;
  readonly atMs: number;
  readonly injected: string;
  readonly met: string;
}

export interface DemoResult {
  readonly harness: Harness;
  readonly world: DemoWorld;
  readonly script: DemoScript;
  readonly watch: DemoWatch;
  readonly hours: number;
}

export async function demoDocument({ harness, script, watch, hours }: DemoResult): Promise<DemoDocument> {
  const reading = harness.service.reading();
  const { navUsd, weights } = weightsNow(reading);
  const discrepancies = await confirmedDiscrepancies(harness);
  const verdict = await verifyAudit(harness.database.db);
  return {
    venues: DEMO_SETTINGS.venues.map(({ venue, kind }) => ({
      id: venue,
      kind,
      status: reading.state.venues.get(venue)?.lastReport?.status ?? 'inconclusive',
    })),
    discrepancies: discrepancies.map(shownDiscrepancy),
    orders: await ordersInSequence(harness),
    portfolio: {
      navUsd,
      weightsBefore: watch.weightsBefore,
      weightsAfter: weights,
      targets: DEMO_SETTINGS.targets,
    },
    audit: { entries: verdict.entries, verified: verdict.verified },
    faults: script.faults.map((fault) => shownFault(fault, harness.events, discrepancies)),
    figures: {
      elapsedMs: Math.round(performance.now()),
      peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
      simulatedHours: hours,
      firstCertifiedReportMs:
        watch.firstCertifiedReportMs === null ? null : Math.round(watch.firstCertifiedReportMs),
    },
  };
}

/** Discrepancies listed at most; a day has some ten. */
const DISCREPANCIES_MAX = 10_000;
const PLANS_MAX = 100;

/** What two reads agreed on. A suspicion that did not hold is not a discrepancy. */
async function confirmedDiscrepancies({ database }: Harness): Promise<readonly Discrepancy[]> {
  const stored = await readAllDiscrepancies(database.db, DISCREPANCIES_MAX);
  return stored.map(({ body }) => body as Discrepancy).filter(({ confirmedAtMs }) => confirmedAtMs !== null);
}

const shownDiscrepancy = (discrepancy: Discrepancy): DemoDiscrepancy => ({
  venue: discrepancy.venue,
  asset: discrepancy.asset,
  class: discrepancy.class,
  cause: discrepancy.cause,
  explanation: discrepancy.explanation,
  resolution: discrepancy.resolution ?? discrepancy.state,
  delta: discrepancy.delta,
  firstSeenAtMs: discrepancy.firstSeenAtMs,
});

/** The orders of all plans, numbered through in the order in which the plans were made. */
async function ordersInSequence({ database }: Harness): Promise<readonly DemoOrder[]> {
  const plans = [...(await readPlans(database.db, { limit: PLANS_MAX }))].reverse();
  const orders: DemoOrder[] = [];
  for (const { hash } of plans) {
    const intents = await readIntentsOfPlan(database.db, hash);
    const offset = orders.length;
    const numbers = new Map(intents.map(({ sequence }, index) => [sequence, offset + index + 1]));
    for (const intent of intents) orders.push(shownOrder(intent, numbers));
  }
  return orders;
}

function shownOrder(intent: StoredIntent, numbers: ReadonlyMap<number, number>): DemoOrder {
  const { instruction, status, submittedAtMs, confirmedAtMs, filledQuantity } = intent;
  const { venue, market, side, quantity, limitPrice, clientOrderId } = instruction;
  return {
    sequence: numbers.get(intent.sequence) ?? intent.sequence,
    venue,
    market,
    side,
    quantity,
    filledQuantity,
    limitPrice,
    status: status === 'cancelled' && filledQuantity !== '0' ? 'partlyFilled' : status,
    clientOrderId,
    submittedAtMs,
    confirmedAtMs,
    fundedBy: intent.fundedBy.flatMap((sequence) => numbers.get(sequence) ?? []),
  };
}

/** After a fault, what is said of its venue within this time is about it. */
const NOTICED_WITHIN_MS = 900_000;
/** The causes that tell of what the bot did not report. */
const CAUSE_OF_FAULT: Readonly<Record<string, string>> = {
  missedFill: 'missedFill',
  deposit: 'deposit',
  missedFunding: 'funding',
  missedSwap: 'swap',
};

function shownFault(
  fault: ScriptedFault,
  events: readonly Announcement[],
  discrepancies: readonly Discrepancy[],
): DemoFault {
  const { name, venue, atMs, description } = fault;
  const met = howMet(fault, events, discrepancies);
  return { fault: name, venue, atMs, injected: description, met };
}

function howMet(
  { name, venue, atMs }: ScriptedFault,
  events: readonly Announcement[],
  discrepancies: readonly Discrepancy[],
): string {
  const cause = CAUSE_OF_FAULT[name];
  if (cause !== undefined) return metByExplanation(cause, venue, atMs, discrepancies);
  if (name === 'answerLost' || name === 'partialFill') return metByExecution(venue, atMs, events);
  const reports = events.flatMap((event) =>
    event.type === 'venueReportMade' &&
    event.venue === venue &&
    event.atMs >= atMs &&
    event.atMs <= atMs + NOTICED_WITHIN_MS
      ? [event]
      : [],
  );
  const unknown = reports.find((report) => report.unknown !== null);
  if (!unknown?.unknown)
    return 'the adapter read again and certified; nothing was believed that was not proven';
  const after = reports.find((report) => report.atMs > unknown.atMs && report.unknown === null);
  const recovered = after
    ? `${after.status} ${Math.round((after.atMs - unknown.atMs) / 1_000)} s later`
    : 'not read again yet';
  return `inconclusive (${unknown.unknown.reason}), never taken for empty; ${recovered}`;
}

function metByExplanation(
  cause: string,
  venue: string,
  atMs: number,
  discrepancies: readonly Discrepancy[],
): string {
  const found = discrepancies.filter(
    (each) => each.venue === venue && each.firstSeenAtMs >= atMs && each.cause?.includes(cause),
  );
  const [first] = found;
  if (!first) return 'not found';
  const seconds = Math.round((first.firstSeenAtMs - atMs) / 1_000);
  return `seen after ${seconds} s, explained as ${first.cause} (${first.explanation}), ${first.resolution ?? first.state}`;
}

function metByExecution(venue: string, atMs: number, events: readonly Announcement[]): string {
  const moves = events.flatMap((event) =>
    event.type === 'orderChanged' &&
    event.venue === venue &&
    event.atMs >= atMs &&
    event.atMs <= atMs + NOTICED_WITHIN_MS
      ? [event]
      : [],
  );
  const first = moves[0]?.sequence;
  const states = [...new Set(moves.filter(({ sequence }) => sequence === first).map(({ status }) => status))];
  return states.length === 0
    ? 'no order was sent'
    : `order ${first}: ${states.join(' → ')}; found at the venue, never sent again`;
}
