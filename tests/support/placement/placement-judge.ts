import type { StoredIntent } from '../../../db/order-intent-repository.ts';
import { type Amount, add, isLess, isPositive, ZERO } from '../../../src/domain/money/amount.ts';
import {
  type Execution,
  type ExecutionEvent,
  type ExecutionLeg,
  isForPerson,
  isLive,
  isSettled,
  isTerminal,
  LOOK_UPS_IN_VAIN_MAX,
  SENDS_MAX,
} from '../../../src/domain/rebalancing/execution.ts';
import { hasEnded } from '../../../src/domain/venue/intent-status.ts';
import type { OrderInstruction } from '../../../src/domain/venue/order.ts';
import type { SimulatedOrder } from '../../../src/exchanges/simulated/simulated-venue.ts';
import type { FaultyVenue } from './faulty-venue.ts';

/** What the service may say of an order only while the venue has none of it. */
const NEVER_LIVED: readonly string[] = ['rejected', 'absent', 'deniedLocally', 'skipped'];

/** Knows the truth of every venue, and holds what the service commits against it. */
export class PlacementJudge {
  readonly violations: string[] = [];
  ordersPerIntentMax = 0;
  readonly #venues: ReadonlyMap<string, FaultyVenue>;
  readonly #clientOrderIds = new Map<string, Set<string>>();
  readonly #reserved = new Map<number, Amount>();
  #before: Execution | null = null;

  constructor(venues: ReadonlyMap<string, FaultyVenue>) {
    this.#venues = venues;
  }

  get intents(): number {
    return this.#clientOrderIds.size;
  }

  intended({ intentId, clientOrderId }: OrderInstruction): void {
    this.#clientOrderIds.set(intentId, (this.#clientOrderIds.get(intentId) ?? new Set()).add(clientOrderId));
  }

  /** Of what was just committed; `event` is null where no single order moved. */
  committed(execution: Execution, event: ExecutionEvent | null): void {
    if (event?.type === 'legIntended') this.#reserved.set(event.leg, event.reservation);
    for (const leg of execution.legs) {
      const before = this.#before?.legs.find(({ sequence }) => sequence === leg.sequence);
      const order = this.#ordersOf(leg)[0];
      if (NEVER_LIVED.includes(leg.status) && order !== undefined && order.status !== 'rejected')
        this.#object(leg, `is taken for ${leg.status} while the venue has it ${order.status}`);
      if (before && isLive(before) && isTerminal(leg) && !isEvidence(event, leg))
        this.#object(
          leg,
          `is ${leg.status} after ${event?.type ?? 'a reading of its venue'}, which proves nothing`,
        );
      if (this.#mustReserve(leg, execution) && leg.reservation !== this.#reserved.get(leg.sequence))
        this.#object(
          leg,
          `reserves ${leg.reservation} of ${this.#reserved.get(leg.sequence)} while ${leg.status}`,
        );
    }
    for (const { venue, cashFloor } of execution.venues) {
      const cash = this.#held(venue, 'USD');
      if (isLess(cash, cashFloor))
        this.violations.push(`${venue} has ${cash} USD, below the floor of ${cashFloor}`);
    }
    this.#before = execution;
  }

  /** Of everything, once nothing can happen any more. */
  ended(
    execution: Execution,
    intents: readonly StoredIntent[] | null,
    booked: (venue: string, asset: string) => Amount,
  ): void {
    for (const leg of execution.legs) {
      this.#endOf(leg);
      if (intents !== null)
        this.#rowOf(
          leg,
          intents.find(({ sequence }) => sequence === leg.sequence),
        );
    }
    if (execution.phase === 'needsPerson' && !execution.legs.some(isForPerson))
      this.violations.push('a person is called for nothing');
    if (!['done', 'needsPerson'].includes(execution.phase))
      this.violations.push(`it ends in ${execution.phase}`);
    for (const [id, { engine }] of this.#venues) {
      const open = execution.legs.filter((leg) => leg.venue === id && isLive(leg));
      for (const { asset } of engine.balances()) {
        const isExcused = open.some((leg) => leg.asset === asset || asset === 'USD');
        const held = this.#held(id, asset);
        if (!isExcused && booked(id, asset) !== held)
          this.violations.push(`the book has ${booked(id, asset)} ${asset} at ${id}, which has ${held}`);
      }
    }
  }

  #endOf(leg: ExecutionLeg): void {
    const orders = this.#ordersOf(leg);
    const sent = this.#venueOf(leg).sent.filter(({ instruction }) => instruction.intentId === leg.intentId);
    this.ordersPerIntentMax = Math.max(this.ordersPerIntentMax, orders.length);
    const payloads = new Set(sent.map(({ payload }) => payload));
    const isOnChain = this.#venueOf(leg).kind === 'solana';
    if (sent.length > 1 && !isOnChain) this.#object(leg, `is sent ${sent.length} times`);
    if (sent.length > SENDS_MAX || payloads.size > 1)
      this.#object(leg, `is sent ${sent.length} times as ${payloads.size} transactions`);
    if (orders.length > 1) this.#object(leg, `is ${orders.length} orders at the venue`);
    if ((this.#clientOrderIds.get(leg.intentId)?.size ?? 0) > 1)
      this.#object(leg, 'has several client order ids');
    const [order] = orders;
    if (order !== undefined && sent.length === 0) this.#object(leg, 'is at the venue and was not sent');
    if (NEVER_LIVED.includes(leg.status) && order !== undefined && order.status !== 'rejected')
      this.#object(leg, `was taken for ${leg.status}, and the venue has it ${order.status} in the end`);
    if (isTerminal(leg) && leg.filledQuantity !== (order?.filledQuantity ?? ZERO))
      this.#object(
        leg,
        `has filled ${leg.filledQuantity}, at the venue ${order?.filledQuantity ?? 'nothing'}`,
      );
    for (const { instruction } of sent) {
      if (!this.#clientOrderIds.get(leg.intentId)?.has(instruction.clientOrderId))
        this.#object(leg, `is sent as ${instruction.clientOrderId}, which was not intended`);
    }
    const ids = [...(this.#clientOrderIds.get(leg.intentId) ?? [])];
    const answered = Math.max(0, ...ids.map((id) => this.#venueOf(leg).answered.get(id) ?? 0));
    if (isLive(leg) && isForPerson(leg) && answered < LOOK_UPS_IN_VAIN_MAX)
      this.#object(leg, `is left to a person after ${answered} answers of the venue`);
    if (isLive(leg) && leg.side === 'buy' && !isPositive(leg.reservation))
      this.#object(leg, 'has no reservation while nobody knows what became of it');
  }

  #rowOf(leg: ExecutionLeg, intent: StoredIntent | undefined): void {
    if (intent === undefined) {
      if (leg.status !== 'skipped' && leg.status !== 'waiting')
        this.#object(leg, `is ${leg.status} without a row`);
      return;
    }
    if (hasEnded(intent.status) !== isTerminal(leg))
      this.#object(leg, `is ${leg.status}, and its row ${intent.status}`);
    if (intent.filledQuantity !== leg.filledQuantity)
      this.#object(leg, `has filled ${leg.filledQuantity}, and its row ${intent.filledQuantity}`);
  }

  #mustReserve(leg: ExecutionLeg, execution: Execution): boolean {
    if (leg.side !== 'buy') return false;
    return isLive(leg) || (leg.endedAtRevision !== null && isTerminal(leg) && !isSettled(leg, execution));
  }

  #ordersOf(leg: ExecutionLeg): readonly SimulatedOrder[] {
    const ids = this.#clientOrderIds.get(leg.intentId);
    return ids === undefined
      ? []
      : this.#venueOf(leg)
          .engine.orders()
          .filter(({ clientOrderId }) => ids.has(clientOrderId));
  }

  #held(venue: string, asset: string): Amount {
    const held = this.#venues
      .get(venue)
      ?.engine.balances()
      .find((balance) => balance.asset === asset);
    return held === undefined ? ZERO : add(held.available, held.hold);
  }

  #venueOf({ venue }: ExecutionLeg): FaultyVenue {
    const found = this.#venues.get(venue);
    if (found === undefined) throw new Error(`no venue ${venue}`);
    return found;
  }

  #object({ sequence, side }: ExecutionLeg, what: string): void {
    this.violations.push(`${side} ${sequence} ${what}`);
  }
}

/** What the venue itself has said of this order's end. */
function isEvidence(event: ExecutionEvent | null, { sequence }: ExecutionLeg): boolean {
  if (event === null || !('leg' in event) || event.leg !== sequence) return false;
  if (event.type === 'submitOutcome')
    return event.outcome.state === 'rejected' || event.outcome.state === 'deniedLocally';
  if (event.type !== 'orderSeen') return false;
  const { lookup } = event;
  return lookup.state === 'found' ? lookup.status !== 'open' : lookup.state === 'absent' && lookup.isProven;
}
