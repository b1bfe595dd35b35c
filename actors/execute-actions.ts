import { assert } from '../src/domain/assert.ts';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import { applyExecutionEvent } from '../src/domain/rebalancing/apply-execution-event.ts';
import {
  type Execution,
  type ExecutionEvent,
  type ExecutionLeg,
  isTerminal,
} from '../src/domain/rebalancing/execution.ts';
import type { ExecutionAction } from '../src/domain/rebalancing/execution-actions.ts';
import type { OrderInstruction, OrderLookup, PreparedOrder } from '../src/domain/venue/order.ts';
import type { Fill, VenueId } from '../src/domain/venue/venue.ts';
import type { Exchange } from '../src/exchanges/exchange.ts';
import type { Clock } from '../src/platform/clock.ts';
import { withDeadline } from '../src/platform/deadline.ts';
import type { RebalancingWork, StepOutcome } from './rebalancing-work.ts';

export interface ExecutionPorts {
  readonly work: RebalancingWork;
  readonly exchangeOf: (venue: VenueId) => Exchange;
  readonly clock: Clock;
  /** For one question to a venue. */
  readonly timeoutMs: number;
  /** Tells the book what an order did, as the bot tells it of its own orders. */
  readonly tellBook: (event: BookEvent) => void;
  /** Tells whoever watches. */
  readonly tellLeg: (leg: ExecutionLeg, execution: Execution) => void;
  /** An order whose fate is unknown explains differences until evidence comes. */
  readonly setOutcomeUnknown: (clientOrderId: string, isUnknown: boolean) => void;
}

/**
 * Does what an execution says may be done now, all of it at once; resolves with the state afterwards.
 *
 * Every step is committed before the next one begins, and an order is committed as about to be sent before its
 * first byte is. A crash between any two steps leaves a state to go on from.
 */
export async function executeActions(
  at: {
    readonly requestId: string;
    readonly execution: Execution;
    readonly actions: readonly ExecutionAction[];
  },
  ports: ExecutionPorts,
  signal: AbortSignal,
): Promise<Execution> {
  const run = new Run(at.requestId, at.execution, ports, signal);
  // All of them end before the first failure is told: nothing may go on beside whoever takes over from here.
  const ended = await Promise.allSettled(at.actions.map((action) => run.perform(action)));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  return run.execution;
}

class Run {
  readonly #requestId: string;
  readonly #ports: ExecutionPorts;
  readonly #signal: AbortSignal;
  #lastCommit: Promise<StepOutcome> = Promise.resolve({ state: 'committed' });
  execution: Execution;

  constructor(requestId: string, execution: Execution, ports: ExecutionPorts, signal: AbortSignal) {
    this.#requestId = requestId;
    this.execution = execution;
    this.#ports = ports;
    this.#signal = signal;
  }

  async perform(action: ExecutionAction): Promise<void> {
    switch (action.kind) {
      case 'intend':
        return this.#intend(action);
      case 'skip':
        return this.#skip(action);
      case 'prepare':
        return this.#prepare(action.leg);
      case 'submit':
        return this.#submit(action.leg);
      case 'resend':
        return this.#resend(action.leg);
      case 'lookUp':
        return this.#lookUp(action.leg);
      default:
        assert(false, `an executor is not asked to ${action.kind}`);
    }
  }

  async #skip({ leg, reason }: Extract<ExecutionAction, { kind: 'skip' }>): Promise<void> {
    await this.#commit({ type: 'legSkipped', leg, reason });
  }

  async #intend(action: Extract<ExecutionAction, { kind: 'intend' }>): Promise<void> {
    const { leg, quantity, reservation } = action;
    const outcome = await this.#commit({ type: 'legIntended', leg, quantity, reservation });
    if (outcome.state === 'refused') await this.#commit({ type: 'legSkipped', leg, reason: outcome.reason });
  }

  async #prepare(sequence: number): Promise<void> {
    const leg = this.#leg(sequence);
    const instruction = await this.#ports.work.findInstruction(leg.intentId);
    const outcome = await this.#ask(leg, (exchange, signal) => exchange.prepareOrder(instruction, signal));
    // What would be sent is not what was intended: nothing of it is kept, and nothing is sent.
    if (
      outcome.state === 'prepared' &&
      canonicalJson(outcome.order.instruction) !== canonicalJson(instruction)
    )
      await this.#commit({ type: 'legDenied', leg: sequence, reason: 'another order was prepared' });
    else if (outcome.state === 'prepared')
      await this.#commit({ type: 'legPrepared', leg: sequence }, outcome.order);
    else if (outcome.state === 'deniedLocally')
      await this.#commit({ type: 'legDenied', leg: sequence, reason: outcome.reason });
    else
      await this.#commit({
        type: 'legPrepareFailed',
        leg: sequence,
        detail: `${outcome.reason}: ${outcome.detail}`,
      });
  }

  async #submit(sequence: number): Promise<void> {
    const { work, tellBook, setOutcomeUnknown } = this.#ports;
    const leg = this.#leg(sequence);
    const prepared = await work.findPrepared(leg.intentId);
    const { clientOrderId } = prepared.instruction;
    await this.#commit({ type: 'legSubmitted', leg: sequence });
    tellBook(this.#orderSubmitted(leg, prepared.instruction));
    setOutcomeUnknown(clientOrderId, true);
    const outcome = await this.#ask(leg, (exchange, signal) => exchange.submitOrder(prepared, signal));
    setOutcomeUnknown(clientOrderId, outcome.state === 'outcomeUnknown');
    await this.#commit({ type: 'submitOutcome', leg: sequence, outcome });
    if (outcome.state === 'rejected' || outcome.state === 'deniedLocally')
      tellBook(this.#orderEnded(leg, prepared.instruction));
  }

  /** The book has heard of the order, and what is unknown of it stays so: no answer to this is evidence. */
  async #resend(sequence: number): Promise<void> {
    const leg = this.#leg(sequence);
    const prepared = await this.#ports.work.findPrepared(leg.intentId);
    await this.#commit({ type: 'legResent', leg: sequence });
    const outcome = await this.#ask(leg, (exchange, signal) => exchange.submitOrder(prepared, signal));
    await this.#commit({ type: 'submitOutcome', leg: sequence, outcome });
  }

  async #lookUp(sequence: number): Promise<void> {
    const leg = this.#leg(sequence);
    const prepared = await this.#ports.work.findPrepared(leg.intentId);
    const lookup = await this.#ask(leg, (exchange, signal) => exchange.findOrder(prepared, signal));
    this.#tellOfFills(leg, prepared, lookup);
    await this.#commit({ type: 'orderSeen', leg: sequence, lookup });
    if (!isTerminal(this.#leg(sequence))) return;
    this.#ports.setOutcomeUnknown(prepared.instruction.clientOrderId, false);
    this.#ports.tellBook(this.#orderEnded(leg, prepared.instruction));
  }

  #tellOfFills(leg: ExecutionLeg, { instruction }: PreparedOrder, lookup: OrderLookup): void {
    if (lookup.state !== 'found') return;
    for (const fill of lookup.fills) this.#ports.tellBook(this.#fillReported(leg, instruction, fill));
  }

  #ask<T>(leg: ExecutionLeg, question: (exchange: Exchange, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, timeoutMs, exchangeOf } = this.#ports;
    return withDeadline({ clock, timeoutMs, signal: this.#signal }, (signal) =>
      question(exchangeOf(leg.venue), signal),
    );
  }

  /** One step after the other; after one that failed, none: the state would hold what was never committed. */
  #commit(
    event: ExecutionEvent & { readonly leg: number },
    prepared: PreparedOrder | null = null,
  ): Promise<StepOutcome> {
    const commit = this.#lastCommit.then(() => this.#commitNow(event, prepared));
    this.#lastCommit = commit;
    return commit;
  }

  async #commitNow(
    event: ExecutionEvent & { readonly leg: number },
    prepared: PreparedOrder | null,
  ): Promise<StepOutcome> {
    assert(
      !this.#signal.aborted,
      'nothing is committed for an actor that was stopped: another may have begun',
    );
    const execution = applyExecutionEvent(this.execution, event);
    const leg = legOf(execution, event.leg);
    const outcome = await this.#ports.work.commit({
      requestId: this.#requestId,
      before: this.execution,
      execution,
      event,
      leg,
      prepared,
    });
    if (outcome.state === 'refused') return outcome;
    this.execution = execution;
    this.#ports.tellLeg(leg, execution);
    return outcome;
  }

  #leg(sequence: number): ExecutionLeg {
    return legOf(this.execution, sequence);
  }

  #orderSubmitted(leg: ExecutionLeg, { intentId, clientOrderId, quantity }: OrderInstruction): BookEvent {
    const { venue, market, asset: base, side, limitPrice } = leg;
    const quote = this.#ports.work.cashAssetAt(venue);
    return {
      type: 'portfolio.orderSubmitted',
      eventId: `${intentId}:submitted`,
      venue,
      atMs: this.#ports.clock.now(),
      clientOrderId,
      market,
      base,
      quote,
      side,
      quantity,
      limitPrice,
    };
  }

  #orderEnded({ venue }: ExecutionLeg, { intentId, clientOrderId }: OrderInstruction): BookEvent {
    const atMs = this.#ports.clock.now();
    return { type: 'portfolio.orderCancelled', eventId: `${intentId}:ended`, venue, atMs, clientOrderId };
  }

  #fillReported(
    { venue }: ExecutionLeg,
    { intentId, clientOrderId }: OrderInstruction,
    fill: Fill,
  ): BookEvent {
    const { market, base, quote, side, quantity, price, quoteAmount, fee, atMs } = fill;
    const eventId = `${intentId}:fill:${fill.id}`;
    const facts = { market, base, quote, side, quantity, price, quoteAmount, fee, atMs };
    return { type: 'portfolio.fillReported', eventId, venue, fillId: fill.id, clientOrderId, ...facts };
  }
}

function legOf({ legs }: Execution, sequence: number): ExecutionLeg {
  const leg = legs.find((each) => each.sequence === sequence);
  assert(leg, `an action names a leg of the plan: ${sequence}`);
  return leg;
}
