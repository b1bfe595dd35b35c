import { createActor } from 'xstate';
import type { Announcement } from '../../actors/messages/announcements.ts';
import type { PortfolioMessage } from '../../actors/messages/portfolio-messages.ts';
import type { RebalancingMessage } from '../../actors/messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from '../../actors/messages/reconciliation-messages.ts';
import { rebalancingActor } from '../../actors/rebalancing-actor.ts';
import type { RebalancingInput } from '../../actors/rebalancing-context.ts';
import type {
  CommittedStep,
  MadePlan,
  RebalancingWork,
  UnsentOutcome,
} from '../../actors/rebalancing-work.ts';
import { type Amount, amount, ZERO } from '../../src/domain/money/amount.ts';
import type { Execution } from '../../src/domain/rebalancing/execution.ts';
import { startExecution } from '../../src/domain/rebalancing/execution-start.ts';
import type { ReportStatus } from '../../src/domain/reconciliation/report-status.ts';
import type { OrderLookup, PreparedOrder, SubmitOutcome } from '../../src/domain/venue/order.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { legOf, place, startWorld, twoVenues, type World } from '../domain/rebalancing/execution-fixtures.ts';
import { planned } from '../domain/rebalancing/plan-fixtures.ts';
import { collector } from './actor-rig.ts';
import { withReadings } from './with-readings.ts';

/** What outlives a crash: the rows, and the venues with what they hold. */
export interface Outside {
  rows: {
    execution: Execution | null;
    requestId: string;
    status: string;
    approvedBy: string | null;
    unsent: (UnsentOutcome & { readonly requestId: string; readonly hasPlan: boolean })[];
    prepared: Map<string, PreparedOrder>;
  };
  world: World;
  /** Every order that reached a venue, in order. */
  readonly sent: string[];
  readonly clock: TurnClock;
}

export function newOutside(): Outside {
  const execution = startExecution(planned(twoVenues), twoVenues);
  return {
    rows: {
      execution: null,
      requestId: '',
      status: 'none',
      approvedBy: null,
      unsent: [],
      prepared: new Map(),
    },
    world: startWorld(execution),
    sent: [],
    clock: new TurnClock(1_000),
  };
}

export interface RigOptions {
  readonly sendsOrders?: boolean;
  /** Called before a write; throws where the process is to die before it. */
  readonly beforeWrite?: (what: string) => void;
  /** Called after a write; throws where the process is to die after it. */
  readonly afterWrite?: (what: string) => void;
  readonly statusOf?: (venue: string) => ReportStatus;
  readonly answersOf?: (asked: string) => readonly string[];
  /** In place of the plan for two venues; null where it is that one all the same. */
  readonly plan?: () => MadePlan | null;
  /** What a look-up at a venue finds in place of the truth. */
  readonly lookUp?: (venue: string) => OrderLookup | null;
  readonly replansMax?: number;
  /** Why the plan does not fit any more, as often as it is asked. */
  readonly outdated?: () => string | null;
  readonly pricesMoved?: () => string | null;
  /** Requests that never reach a venue; it says of an order it has not seen that the same bytes may be sent again. */
  readonly requestsLost?: number;
  readonly submitOutcome?: (clientOrderId: string) => SubmitOutcome | null;
}

/** The actor over rows in memory and two venues that fill what they are sent at once. */
export function startRebalancing(outside: Outside, options: RigOptions = {}) {
  const { clock } = outside;
  const announced: Announcement[] = [];
  const asked: string[] = [];
  const toBook = collector<PortfolioMessage>();
  const addresses = new Map(
    ['north', 'south'].map((venue) => [
      venue,
      collector<ReconciliationMessage>((message) => {
        if (message.type !== 'reconciliation.requested') return;
        const { requestId } = message;
        asked.push(venue);
        const status = options.statusOf?.(venue) ?? 'reconciled';
        const answers = options.answersOf?.(requestId) ?? [requestId];
        actor.send({ type: 'rebalancing.venueReported', venue, status, atMs: clock.now(), answers });
      }).address,
    ]),
  );
  const input: RebalancingInput = {
    venues: ['north', 'south'],
    portfolio: () => toBook.address,
    reconciliation: (venue) => addresses.get(venue) ?? missing(venue),
    announce: (announcement) => announced.push(announcement),
    sendsOrders: options.sendsOrders ?? true,
    lookUpIntervalMs: 2_000,
    certificationTimeoutMs: 180_000,
    approvalTimeoutMs: 600_000,
    replansMax: options.replansMax ?? 0,
    work: workOf(outside, options),
    exchangeOf: (venue) => exchangeOf(venue, outside, options),
    clock,
    timeoutMs: 30_000,
    setOutcomeUnknown: () => undefined,
    setUnderWay: () => undefined,
  };
  const actor = createActor(rebalancingActor, { clock, input });
  const errors: unknown[] = [];
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start();
  return {
    actor,
    announced,
    asked,
    errors,
    types: () => announced.map(({ type }) => type),
    /** Lets it run until nothing happens without time, for a while of time. */
    run: async (ms: number) => {
      await settleAll();
      await clock.moveTo(clock.now() + ms);
      await settleAll();
    },
  };
}

export const request = (
  approval: 'planOnly' | 'approved' | 'ask',
  requestId = 'r-1',
): RebalancingMessage => ({
  type: 'rebalancing.requested',
  requestId,
  approval,
  reason: 'drift',
});

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await settle();
}

function workOf(
  outside: Outside,
  { beforeWrite, afterWrite, plan, outdated, pricesMoved }: RigOptions,
): RebalancingWork {
  const write = async (what: string, change: () => void): Promise<void> => {
    beforeWrite?.(what);
    change();
    afterWrite?.(what);
  };
  return {
    makePlan: async ({ approval }) => {
      const given = plan?.() ?? null;
      if (given !== null) return given;
      const made = planned(twoVenues);
      await write('makePlan', () => {
        outside.rows.status = 'planned';
      });
      const approvedBy = approval === 'approved' ? 'bot' : null;
      return { state: 'planned', plan: made, execution: startExecution(made, twoVenues), approvedBy };
    },
    begin: async (requestId, execution, { by }) => {
      await write('begin', () => {
        if (outside.rows.status !== 'planned') throw new Error(`the plan is ${outside.rows.status}`);
        outside.rows = { ...outside.rows, status: 'executing', requestId, approvedBy: by };
        outside.rows.execution = structuredClone(execution);
      });
      return { state: 'committed' };
    },
    reopen: () =>
      write('reopen', () => {
        if (outside.rows.status !== 'needsPerson') throw new Error(`the plan is ${outside.rows.status}`);
        outside.rows.status = 'executing';
      }),
    end: (_requestId, { phase }) =>
      write('end', () => {
        if (outside.rows.status !== 'executing') throw new Error(`the plan is ${outside.rows.status}`);
        outside.rows.status = phase;
      }),
    keepUnsent: ({ requestId }, planHash, outcome) =>
      write('keepUnsent', () => {
        outside.rows.unsent.push({ requestId, hasPlan: planHash !== null, ...outcome });
      }),
    findUnfinished: async () => {
      const { status, execution, requestId } = outside.rows;
      return status === 'executing' && execution
        ? { requestId, execution: structuredClone(execution) }
        : null;
    },
    findInstruction: async (wanted) => {
      const leg = outside.rows.execution?.legs.find(({ intentId }) => intentId === wanted) ?? missing(wanted);
      const { intentId, venue, market, side, quantity, limitPrice, reduceOnly, clientOrderId } = leg;
      const order = { intentId, venue, market, side, quantity, limitPrice, reduceOnly, clientOrderId };
      return { ...order, timeInForce: 'immediateOrCancel' };
    },
    commit: async ({ execution, requestId, prepared, event }: CommittedStep) => {
      await write(event.type, () => {
        outside.rows.execution = structuredClone(execution);
        outside.rows.requestId = requestId;
        if (prepared) outside.rows.prepared.set(prepared.instruction.intentId, prepared);
      });
      return { state: 'committed' };
    },
    keepCertified: async (requestId, execution, readings) => {
      const certified = withReadings(execution, readings);
      await write('keepCertified', () => {
        outside.rows.execution = structuredClone(certified);
        outside.rows.requestId = requestId;
      });
      return certified;
    },
    keepDecided: ({ requestId, execution, event }) =>
      write(event.type, () => {
        outside.rows.execution = structuredClone(execution);
        outside.rows.requestId = requestId;
      }),
    whyOutdated: async () => outdated?.() ?? null,
    whyPricesMoved: async () => pricesMoved?.() ?? null,
    findLeftToPerson: async () => {
      const { status, execution, requestId } = outside.rows;
      return status === 'needsPerson' && execution
        ? { requestId, execution: structuredClone(execution) }
        : null;
    },
    findPrepared: async (intentId) => outside.rows.prepared.get(intentId) ?? missing(intentId),
    cashAssetAt: () => 'USD',
    availableAt: (venue, asset): Amount =>
      asset === 'USD' ? (outside.world.cash[venue] ?? ZERO) : amount('10'),
    newestCashEvent: () => 0,
  };
}

function exchangeOf(venue: string, outside: Outside, options: RigOptions): Exchange {
  const { submitOutcome, lookUp, requestsLost = 0 } = options;
  const legFor = (clientOrderId: string) => {
    const { execution } = outside.rows;
    const leg = execution?.legs.find((each) => each.clientOrderId === clientOrderId);
    return leg && execution ? legOf(execution, leg.sequence) : missing(clientOrderId);
  };
  const exchange: Partial<Exchange> = {
    venue,
    prepareOrder: async (instruction) => ({
      state: 'prepared',
      order: { instruction, reference: null, payload: instruction.clientOrderId, expiresAtHeight: null },
    }),
    submitOrder: async ({ instruction: { clientOrderId } }) => {
      outside.sent.push(clientOrderId);
      if (outside.sent.filter((each) => each === clientOrderId).length <= requestsLost)
        return { state: 'outcomeUnknown', detail: 'lost' };
      const leg = legFor(clientOrderId);
      outside.world = place(outside.world, leg, leg.quantity);
      return submitOutcome?.(clientOrderId) ?? { state: 'accepted', venueOrderId: `o${leg.sequence}` };
    },
    findOrder: async ({ instruction: { clientOrderId } }): Promise<OrderLookup> => {
      const instead = lookUp?.(venue);
      if (instead) return instead;
      const leg = legFor(clientOrderId);
      const order = outside.world.orders[leg.sequence];
      if (!order) {
        const mayResend = requestsLost > 0;
        return { state: 'absent', isProven: !mayResend, mayResend, detail: 'not in the record' };
      }
      const { filled: filledQuantity } = order;
      return {
        state: 'found',
        venueOrderId: `o${leg.sequence}`,
        status: 'filled',
        filledQuantity,
        fills: [],
      };
    },
  };
  return exchange as Exchange;
}

function missing(what: string): never {
  throw new Error(`nothing is known of ${what}`);
}
