import type { VenueId } from '../../domain/venue/venue.ts';
import { type Exchange, keyRightsOf, transfersOf } from '../../exchanges/exchange.ts';

/** When the round under way at each venue began: with its first read since the last round was over. */
export class RoundTimes {
  readonly #now: () => number;
  readonly #begunAtMs = new Map<VenueId, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The venue as the service sees it. */
  before(exchange: Exchange): Exchange {
    return {
      venue: exchange.venue,
      kind: exchange.kind,
      clientOrderIds: exchange.clientOrderIds,
      observe: (request, signal) => {
        this.#begin(exchange.venue);
        return exchange.observe(request, signal);
      },
      readActivity: (request, signal) => exchange.readActivity(request, signal),
      readMarkets: (markets, signal) => exchange.readMarkets(markets, signal),
      prepareOrder: (instruction, signal) => exchange.prepareOrder(instruction, signal),
      submitOrder: (order, signal) => exchange.submitOrder(order, signal),
      findOrder: (order, signal) => exchange.findOrder(order, signal),
      cancelOrder: (order, venueOrderId, signal) => exchange.cancelOrder(order, venueOrderId, signal),
      ...transfersOf(exchange),
      ...keyRightsOf(exchange),
      close: () => exchange.close(),
    };
  }

  /** How long the venue's round took; null where no read of it was seen. */
  end(venue: VenueId): number | null {
    const begunAtMs = this.#begunAtMs.get(venue);
    this.#begunAtMs.delete(venue);
    return begunAtMs === undefined ? null : this.#now() - begunAtMs;
  }

  /** Rounds under way are lost with their worker, or with whoever would have written them. */
  forgetAll(): void {
    this.#begunAtMs.clear();
  }

  #begin(venue: VenueId): void {
    if (!this.#begunAtMs.has(venue)) this.#begunAtMs.set(venue, this.#now());
  }
}
