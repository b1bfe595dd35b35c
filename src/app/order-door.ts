import { unknown } from '../domain/venue/observation.ts';
import type { CancelOutcome, SubmitOutcome } from '../domain/venue/order.ts';
import { type Exchange, keyRightsOf, type TransferMethods, transfersOf } from '../exchanges/exchange.ts';

const NOT_IN_PAPER = 'paper mode sends no order';
const NO_TRANSFER_IN_PAPER = 'paper mode sends no transfer';

/**
 * The one door through which orders and transfers leave. In paper mode it is a wall. Once it is shut, none is prepared any
 * more, and `quiet` waits for those that are on their way: no answer of a venue is lost by an orderly end.
 */
export class OrderDoor {
  readonly #isWall: boolean;
  readonly #underWay = new Set<Promise<unknown>>();
  #isShut = false;

  constructor(mode: 'paper' | 'live') {
    this.#isWall = mode === 'paper';
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** No further order is prepared. */
  shut(): void {
    this.#isShut = true;
  }

  /** Resolves when nothing that has left waits for its answer. */
  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** The venue as the service sees it. */
  before(exchange: Exchange): Exchange {
    return {
      venue: exchange.venue,
      kind: exchange.kind,
      clientOrderIds: exchange.clientOrderIds,
      observe: (request, signal) => exchange.observe(request, signal),
      readActivity: (request, signal) => exchange.readActivity(request, signal),
      readMarkets: (markets, signal) => exchange.readMarkets(markets, signal),
      findOrder: (order, signal) => exchange.findOrder(order, signal),
      prepareOrder: async (order, signal) => {
        if (this.#isWall) return { state: 'deniedLocally', reason: NOT_IN_PAPER };
        if (!this.#isShut) return exchange.prepareOrder(order, signal);
        // Neither a failure nor a refusal: the next start goes on from here.
        await aborted(signal);
        return unknown('timedOut', 'the service ended before the order was prepared');
      },
      submitOrder: async (order, signal): Promise<SubmitOutcome> =>
        this.#isWall
          ? { state: 'deniedLocally', reason: NOT_IN_PAPER }
          : this.#followed(exchange.submitOrder(order, signal)),
      cancelOrder: async (order, venueOrderId, signal): Promise<CancelOutcome> =>
        this.#isWall
          ? { state: 'rejected', reason: NOT_IN_PAPER }
          : this.#followed(exchange.cancelOrder(order, venueOrderId, signal)),
      ...this.#transfers(exchange),
      ...keyRightsOf(exchange),
      close: () => exchange.close(),
    };
  }

  #transfers(exchange: Exchange): Partial<TransferMethods> {
    const venue = transfersOf(exchange);
    if (venue === null) return {};
    return {
      prepareTransfer: async (instruction, signal) => {
        if (this.#isWall) return { state: 'deniedLocally', reason: NO_TRANSFER_IN_PAPER };
        if (!this.#isShut) return venue.prepareTransfer(instruction, signal);
        await aborted(signal);
        return unknown('timedOut', 'the service ended before the transfer was prepared');
      },
      submitTransfer: async (transfer, signal): Promise<SubmitOutcome> =>
        this.#isWall
          ? { state: 'deniedLocally', reason: NO_TRANSFER_IN_PAPER }
          : this.#followed(venue.submitTransfer(transfer, signal)),
      findTransfer: venue.findTransfer,
    };
  }

  async #followed<T>(answer: Promise<T>): Promise<T> {
    this.#underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(answer);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
