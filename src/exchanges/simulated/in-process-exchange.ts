import { assert } from '../../domain/assert.ts';
import { type Unknown, type UnknownReason, unknown } from '../../domain/venue/observation.ts';
import type {
  CancelOutcome,
  OrderInstruction,
  OrderLookup,
  PreparedOrder,
  PrepareOutcome,
  SubmitOutcome,
} from '../../domain/venue/order.ts';
import type { VenueKind } from '../../domain/venue/venue.ts';
import type { Exchange } from '../exchange.ts';
import { EXPIRY_BLOCKS, requestOf } from './engine-order.ts';
import { activityOf, snapshotOf } from './engine-reading.ts';
import type { SimulatedVenue } from './simulated-venue.ts';

type ReadMethod = 'observe' | 'readActivity' | 'readMarkets' | 'prepareOrder' | 'findOrder';
type CommandMethod = 'submitOrder' | 'cancelOrder';

/** What the next calls of one method meet, in the order of injection, one fault a call. */
export type InProcessFault =
  | {
      readonly kind: 'unknown';
      readonly method: ReadMethod;
      readonly reason: UnknownReason;
      readonly retryAfterMs?: number;
    }
  /** It takes effect and nobody hears of it. */
  | { readonly kind: 'answerLost'; readonly method: CommandMethod }
  /** It never arrives, and nobody hears of that. */
  | { readonly kind: 'requestLost'; readonly method: CommandMethod }
  /** Nothing happens until the caller aborts or the exchange closes. */
  | { readonly kind: 'hang'; readonly method: ReadMethod | CommandMethod };

export interface InProcessExchange extends Exchange {
  /** Plans a fault for the next `count` calls of its method, one call unless told otherwise. */
  inject(fault: InProcessFault, count?: number): void;
  /** Calls that hang now. */
  parked(): number;
}

const LOST = 'the connection closed without an answer';

/** An exchange straight over the engine, without a wire: for tests and for users' harnesses. */
export function openInProcessExchange(options: {
  readonly venue: SimulatedVenue;
  readonly kind: VenueKind;
  /** Our clock; the venue has its own. */
  readonly now: () => number;
}): InProcessExchange {
  const { venue, kind, now } = options;
  const planned: InProcessFault[] = [];
  const closing = new AbortController();
  let parked = 0;

  /** Takes the fault that this call meets; waits a hang out. */
  async function meet(method: InProcessFault['method'], signal: AbortSignal): Promise<InProcessFault | null> {
    const index = planned.findIndex((fault) => fault.method === method);
    const [fault = null] = index === -1 ? [] : planned.splice(index, 1);
    if (fault?.kind !== 'hang') return fault;
    parked += 1;
    await aborted(AbortSignal.any([signal, closing.signal]));
    parked -= 1;
    return fault;
  }

  /** Null where the read goes through. */
  async function troubleOfRead(method: ReadMethod, signal: AbortSignal): Promise<Unknown | null> {
    if (closing.signal.aborted) return unknown('unreachable', 'the exchange is closed');
    if (signal.aborted) return unknown('timedOut', 'no answer before the deadline');
    const fault = await meet(method, signal);
    if (fault?.kind === 'hang') return unknown('timedOut', 'no answer before the deadline');
    return fault?.kind === 'unknown' ? unknown(fault.reason, 'planned', fault.retryAfterMs) : null;
  }

  return {
    venue: venue.venue,
    kind,
    clientOrderIds: kind === 'dydx' ? 'uint32' : 'text',
    async observe(request, signal) {
      return (await troubleOfRead('observe', signal)) ?? snapshotOf({ venue, kind, now }, request);
    },
    async readActivity(request, signal) {
      return (await troubleOfRead('readActivity', signal)) ?? activityOf({ venue, kind, now }, request);
    },
    async readMarkets(names, signal) {
      const trouble = await troubleOfRead('readMarkets', signal);
      if (trouble !== null) return trouble;
      const markets = venue.markets().filter(({ market }) => names.includes(market));
      const missing = names.find((name) => !markets.some(({ market }) => market === name));
      return missing === undefined ? markets : unknown('refused', `no market ${missing}`);
    },
    async prepareOrder(instruction: OrderInstruction, signal): Promise<PrepareOutcome> {
      const trouble = await troubleOfRead('prepareOrder', signal);
      if (trouble !== null) return trouble;
      if (kind === 'coinbase-wallet') return { state: 'deniedLocally', reason: 'a wallet takes no orders' };
      if (kind === 'dydx' && !isUint32(instruction.clientOrderId)) {
        return {
          state: 'deniedLocally',
          reason: `expected a client order id of 32 bits, found ${instruction.clientOrderId}`,
        };
      }
      const { intentId: _intentId, venue: _venue, ...request } = instruction;
      const blocks = EXPIRY_BLOCKS[kind];
      const expiresAtHeight = blocks === null ? null : venue.height() + blocks;
      const payload = JSON.stringify({ ...request, expiresAtHeight });
      return { state: 'prepared', order: { instruction, reference: null, payload, expiresAtHeight } };
    },
    async submitOrder(order: PreparedOrder, signal): Promise<SubmitOutcome> {
      if (signal.aborted || closing.signal.aborted)
        return { state: 'deniedLocally', reason: 'it was not sent' };
      const fault = await meet('submitOrder', signal);
      if (fault?.kind === 'hang' || fault?.kind === 'requestLost')
        return { state: 'outcomeUnknown', detail: LOST };
      const { request, expiresAtHeight } = requestOf(order.payload);
      const isExpired = expiresAtHeight !== null && venue.height() > expiresAtHeight;
      const answer = isExpired ? null : venue.submit(request);
      if (fault !== null) return { state: 'outcomeUnknown', detail: LOST };
      if (answer === null) return { state: 'rejected', reason: `expired at height ${expiresAtHeight}` };
      if (answer.status === 'rejected')
        return { state: 'rejected', reason: answer.rejectReason ?? 'no reason given' };
      return { state: 'accepted', venueOrderId: answer.id };
    },
    async findOrder(order: PreparedOrder, signal): Promise<OrderLookup> {
      const trouble = await troubleOfRead('findOrder', signal);
      if (trouble !== null) return trouble;
      const { clientOrderId } = order.instruction;
      const found = venue.orders().find((one) => one.clientOrderId === clientOrderId);
      if (found === undefined) {
        const isProven = order.expiresAtHeight !== null && venue.height() > order.expiresAtHeight;
        // On a chain the same bytes land once; the others may take an order twice.
        const mayResend = kind === 'solana' && !isProven;
        return {
          state: 'absent',
          isProven,
          mayResend,
          detail: `no order ${clientOrderId} at height ${venue.height()}`,
        };
      }
      const fills = venue.fills().filter(({ orderId }) => orderId === found.id);
      return {
        state: 'found',
        venueOrderId: found.id,
        status: found.status,
        filledQuantity: found.filledQuantity,
        fills: fills.map(({ height: _height, ...fill }) => fill),
      };
    },
    async cancelOrder(_order, venueOrderId, signal): Promise<CancelOutcome> {
      if (signal.aborted || closing.signal.aborted) return { state: 'rejected', reason: 'it was not sent' };
      const fault = await meet('cancelOrder', signal);
      if (fault?.kind === 'hang' || fault?.kind === 'requestLost')
        return { state: 'outcomeUnknown', detail: LOST };
      const before = venue.orders().find(({ id }) => id === venueOrderId)?.status ?? null;
      venue.cancel(venueOrderId);
      if (fault !== null) return { state: 'outcomeUnknown', detail: LOST };
      if (before === 'open') return { state: 'requested' };
      return { state: 'rejected', reason: before === null ? 'no such order' : `the order is ${before}` };
    },
    async close() {
      closing.abort();
    },
    inject(fault, count = 1) {
      assert(Number.isInteger(count) && count > 0, `a fault is planned for whole calls: ${count}`);
      for (let call = 0; call < count; call += 1) planned.push(fault);
    },
    parked: () => parked,
  };
}

function isUint32(text: string): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) <= 0xffff_ffff;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
