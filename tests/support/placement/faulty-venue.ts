import { amount } from '../../../src/domain/money/amount.ts';
import type { PlanVenue } from '../../../src/domain/rebalancing/plan-input.ts';
import { type Unknown, unknown } from '../../../src/domain/venue/observation.ts';
import type { OrderLookup, PreparedOrder, SubmitOutcome } from '../../../src/domain/venue/order.ts';
import type { VenueKind } from '../../../src/domain/venue/venue.ts';
import type { Exchange } from '../../../src/exchanges/exchange.ts';
import { openInProcessExchange } from '../../../src/exchanges/simulated/in-process-exchange.ts';
import {
  createSimulatedVenue,
  type SimulatedVenueEngine,
} from '../../../src/exchanges/simulated/venue-engine.ts';
import type { TurnClock } from '../../../src/platform/turn-clock.ts';
import type { FaultScript } from './placement-faults.ts';
import { PRICE, rulesOf, TRADED } from './placement-plans.ts';

/** One process from its start to its end. What it awaits when it ends never comes, and nothing of it happens after. */
export interface Life {
  readonly isOver: boolean;
  end(): void;
}

export const never = (): Promise<never> => new Promise(() => undefined);

const SECOND_MS = 1_000;
const LATE_MAX_SECONDS = 600;
const BEHIND_MAX_SECONDS = 150;
const ANSWER_LATE_MAX_SECONDS = 60;
const SILENCE_MAX_SECONDS = 1_800;
const LOST: SubmitOutcome = { state: 'outcomeUnknown', detail: 'the connection closed without an answer' };

/** A simulated venue behind a network on which the faults of a script strike. */
export class FaultyVenue {
  readonly engine: SimulatedVenueEngine;
  /** Every order that the service has sent, in order, whether or not it arrived. */
  readonly sent: PreparedOrder[] = [];
  /** Look-ups that it has answered, by client order id. */
  readonly answered = new Map<string, number>();
  readonly kind: VenueKind;
  readonly #inner: Exchange;
  readonly #clock: TurnClock;
  readonly #script: FaultScript;
  readonly #say: (what: string) => void;
  #silentUntilMs = 0;
  #behindUntilMs = 0;

  constructor(
    at: PlanVenue,
    ports: {
      readonly kind: VenueKind;
      readonly clock: TurnClock;
      readonly script: FaultScript;
      readonly say: (what: string) => void;
    },
  ) {
    const { kind, clock, script, say } = ports;
    const { draw } = script;
    // What the venue makes of an order that reaches it, besides filling it.
    const fate = draw.pick(['fills', 'fills', 'fills', 'fillsInPart', 'fillsNothing', 'halted'] as const);
    this.engine = createSimulatedVenue({
      venue: at.id,
      now: clock.now,
      prices: { priceAt: (asset) => (asset === 'USD' ? amount('1') : PRICE) },
      markets: TRADED.map((asset) => rulesOf(asset, () => fate !== 'halted')),
      balances: { USD: at.cash, ...at.holdings },
    });
    if (fate === 'fillsInPart') this.engine.limitNextFill(draw.amount(0.1, 0.9, 2));
    if (fate === 'fillsNothing') this.engine.limitNextFill(amount('0'));
    this.#inner = openInProcessExchange({ venue: this.engine, kind, now: clock.now });
    this.kind = kind;
    this.#clock = clock;
    this.#script = script;
    this.#say = (what) => say(`${at.id}: ${what}`);
  }

  get isSilent(): boolean {
    return this.#clock.now() < this.#silentUntilMs;
  }

  /** The venue as one process sees it. */
  seenBy(life: Life): Exchange {
    const inner = this.#inner;
    return {
      venue: inner.venue,
      kind: inner.kind,
      clientOrderIds: inner.clientOrderIds,
      observe: (request, signal) => inner.observe(request, signal),
      readActivity: (request, signal) => inner.readActivity(request, signal),
      readMarkets: (markets, signal) => inner.readMarkets(markets, signal),
      cancelOrder: (order, venueOrderId, signal) => inner.cancelOrder(order, venueOrderId, signal),
      prepareOrder: async (order, signal) =>
        this.isSilent ? this.#silence(signal) : inner.prepareOrder(order, signal),
      submitOrder: (order, signal) => this.#submit(order, signal, life),
      findOrder: (order, signal) => this.#find(order, signal),
      close: () => inner.close(),
    };
  }

  async #submit(order: PreparedOrder, signal: AbortSignal, life: Life): Promise<SubmitOutcome> {
    if (life.isOver) return never();
    this.sent.push(order);
    const { draw } = this.#script;
    const fault = this.#script.strikeAt('send');
    this.#say(`${order.instruction.clientOrderId} is sent${fault === null ? '' : `, ${fault}`}`);
    switch (fault) {
      case 'requestLost':
        return LOST;
      case 'requestLate':
        this.#arriveLater(order);
        return LOST;
      case 'requestTwice':
        this.#arriveLater(order);
        return this.#arrive(order);
      case 'answerLost':
        await this.#arrive(order);
        return LOST;
      case 'answerLate': {
        const answer = await this.#arrive(order);
        await this.#wait(draw.whole(1, ANSWER_LATE_MAX_SECONDS) * SECOND_MS, signal);
        return signal.aborted ? LOST : answer;
      }
      case 'venueSilent':
        this.#silentUntilMs = this.#clock.now() + draw.whole(10, SILENCE_MAX_SECONDS) * SECOND_MS;
        break;
      case 'crashAfterSend':
        if (draw.chance(0.5)) await this.#arrive(order);
        else this.#arriveLater(order);
        life.end();
        return never();
      default:
    }
    if (!this.isSilent) return this.#arrive(order);
    if (draw.chance(0.5)) await this.#arrive(order);
    await this.#silence(signal);
    return LOST;
  }

  async #find(order: PreparedOrder, signal: AbortSignal): Promise<OrderLookup> {
    if (this.isSilent) return this.#silence(signal);
    const { clientOrderId } = order.instruction;
    this.answered.set(clientOrderId, (this.answered.get(clientOrderId) ?? 0) + 1);
    if (this.#script.strikeAt('lookUp') === 'venueBehind') {
      this.#behindUntilMs = this.#clock.now() + this.#script.draw.whole(1, BEHIND_MAX_SECONDS) * SECOND_MS;
      this.#say('is asked from where orders are known late');
    }
    if (this.#clock.now() >= this.#behindUntilMs) return this.#inner.findOrder(order, signal);
    return { state: 'absent', isProven: false, detail: 'not in the record yet' };
  }

  /** What happens to a request does not depend on whoever sent it being there still. */
  #arrive(order: PreparedOrder): Promise<SubmitOutcome> {
    return this.#inner.submitOrder(order, new AbortController().signal);
  }

  #arriveLater(order: PreparedOrder): void {
    const seconds = this.#script.draw.whole(1, LATE_MAX_SECONDS);
    this.#clock.setTimeout(() => {
      this.#say(`${order.instruction.clientOrderId} arrives ${seconds} s late`);
      void this.#arrive(order);
    }, seconds * SECOND_MS);
  }

  async #silence(signal: AbortSignal): Promise<Unknown> {
    const reason = this.#script.draw.pick(['unreachable', 'rateLimited', 'timedOut'] as const);
    if (reason === 'timedOut') await aborted(signal);
    return unknown(reason, 'the venue is silent');
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    await Promise.race([
      aborted(signal),
      new Promise<void>((resolve) => this.#clock.setTimeout(() => resolve(), ms)),
    ]);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
