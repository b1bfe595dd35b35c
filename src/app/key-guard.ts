import { judgeKey, type KeyTask } from '../domain/venue/key-rights.ts';
import { unknown } from '../domain/venue/observation.ts';
import { type Exchange, keyRightsOf, type TransferMethods, transfersOf } from '../exchanges/exchange.ts';

/** What a venue's keys were found to be. */
export type KeyState =
  | { readonly state: 'fits'; readonly warnings: readonly string[] }
  | { readonly state: 'refused' | 'untold'; readonly reason: string }
  | { readonly state: 'unread'; readonly reason: string };

/** The orders that are going to be sent. */
export interface KeyUse {
  readonly sendsOrders: boolean;
}

/**
 * Stands before a venue until the rights of its keys are known: no order and no transfer leaves before that. Reads go on meanwhile,
 * and each asks again. Once a key is found that must not be used, no snapshot is believed and no order leaves;
 * look-ups and cancels of what was sent before go on.
 */
export class KeyGuard {
  readonly #exchange: Exchange;
  readonly #use: KeyUse;
  #found: KeyState = { state: 'unread', reason: 'the venue was not asked yet' };

  constructor(exchange: Exchange, use: KeyUse) {
    this.#exchange = exchange;
    this.#use = use;
  }

  /** Asks the venue where it has not answered yet. */
  async check(signal: AbortSignal): Promise<KeyState> {
    if (this.#found.state !== 'unread') return this.#found;
    const found = await readKeys(this.#exchange, this.#use, signal);
    // Another question may have had its answer meanwhile.
    if (this.#found.state === 'unread') this.#found = found;
    return this.#found;
  }

  /** The venue as the service sees it. */
  guarded(): Exchange {
    const exchange = this.#exchange;
    return {
      venue: exchange.venue,
      kind: exchange.kind,
      clientOrderIds: exchange.clientOrderIds,
      readActivity: (request, signal) => exchange.readActivity(request, signal),
      readMarkets: (markets, signal) => exchange.readMarkets(markets, signal),
      findOrder: (order, signal) => exchange.findOrder(order, signal),
      cancelOrder: (order, venueOrderId, signal) => exchange.cancelOrder(order, venueOrderId, signal),
      ...this.#guardedTransfers(),
      ...keyRightsOf(exchange),
      close: () => exchange.close(),
      observe: async (request, signal) => {
        // Ended with the read: a venue that does not tell of keys must not hold up what it does tell.
        const ending = new AbortController();
        const checking = this.check(AbortSignal.any([signal, ending.signal]));
        const observed = await exchange.observe(request, signal);
        ending.abort();
        const found = await checking;
        return isRefused(found) ? unknown('refused', found.reason) : observed;
      },
      prepareOrder: async (instruction, signal) => {
        const found = await this.check(signal);
        if (found.state === 'fits') return exchange.prepareOrder(instruction, signal);
        if (isRefused(found)) return { state: 'deniedLocally', reason: found.reason };
        return unknown('unreachable', `no order before the rights of the key are read: ${found.reason}`);
      },
      submitOrder: async (order, signal) => {
        const found = await this.check(signal);
        if (found.state === 'fits') return exchange.submitOrder(order, signal);
        // Prepared by a process before this one, which may have sent it: only the venue can say.
        return { state: 'outcomeUnknown', detail: `not sent now: ${found.reason}` };
      },
    };
  }

  /** As orders are guarded: nothing is signed or sent before the rights of the key are known. */
  #guardedTransfers(): Partial<TransferMethods> {
    const venue = transfersOf(this.#exchange);
    if (venue === null) return {};
    return {
      prepareTransfer: async (instruction, signal) => {
        const found = await this.check(signal);
        if (found.state === 'fits') return venue.prepareTransfer(instruction, signal);
        if (isRefused(found)) return { state: 'deniedLocally', reason: found.reason };
        return unknown('unreachable', `no transfer before the rights of the key are read: ${found.reason}`);
      },
      submitTransfer: async (transfer, signal) => {
        const found = await this.check(signal);
        if (found.state === 'fits') return venue.submitTransfer(transfer, signal);
        return { state: 'outcomeUnknown', detail: `not sent now: ${found.reason}` };
      },
      findTransfer: venue.findTransfer,
    };
  }
}

/** Rights that the venue does not tell are never taken for none. */
const isRefused = (found: KeyState): found is Extract<KeyState, { state: 'refused' | 'untold' }> =>
  found.state === 'refused' || found.state === 'untold';

/** Every key of the venue, judged by what it is for. */
async function readKeys(exchange: Exchange, { sendsOrders }: KeyUse, signal: AbortSignal): Promise<KeyState> {
  const warnings: string[] = [];
  const must: KeyTask['trade'] = sendsOrders ? 'must' : 'may';
  const { readKeyRights, readTradeKeyRights } = keyRightsOf(exchange);
  const keys = [
    { name: 'credentials', trade: readTradeKeyRights ? 'needNot' : must, read: readKeyRights },
    { name: 'tradeCredentials', trade: must, read: readTradeKeyRights },
  ] as const;
  for (const { name, trade, read } of keys) {
    if (read === undefined) continue;
    const place = `${exchange.venue} ${name}`;
    const verdict = judgeKey(await read(signal), { trade });
    if (verdict.state === 'unread') return { state: 'unread', reason: `${place}: ${verdict.detail}` };
    if (verdict.state === 'untold') {
      const expected = 'expected a key whose rights the venue tells';
      return { state: 'untold', reason: `${place}: ${expected}, found ${verdict.detail}` };
    }
    if (verdict.state === 'refused')
      return { state: 'refused', reason: `${place}: expected ${verdict.expected}, found ${verdict.found}` };
    if (verdict.excess !== null) warnings.push(`${place}: ${verdict.excess}`);
  }
  return { state: 'fits', warnings };
}
