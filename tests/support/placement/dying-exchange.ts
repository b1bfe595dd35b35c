import type { Exchange } from '../../../src/exchanges/exchange.ts';
import { never } from './faulty-venue.ts';

/** Where a process dies that runs with real adapters, by the call that it makes. */
export const CALL_FAULTS = [
  /** While its venues are certified for the plan. */
  'crashBeforeIntent',
  'crashAfterIntent',
  'crashBeforeSend',
  /** The venue has answered, and nobody is there any more. */
  'crashAfterSend',
  'crashInLookUp',
] as const;

export type CallFault = (typeof CALL_FAULTS)[number];

/** What one run shares over all the processes that it takes. */
export interface WireLife {
  readonly callFaults: CallFault[];
  /** Every order that a process has sent, in order. */
  readonly sent: { readonly intentId: string; readonly clientOrderId: string }[];
  /** Calls that nobody waits for any more, because the process has died. */
  held: number;
  isOver: boolean;
  /** Nothing strikes before the rebalance. */
  isArmed: boolean;
  readonly say: (what: string) => void;
}

/** A real adapter in a process that dies at the first calls that its faults name. */
export function dyingExchange(exchange: Exchange, life: WireLife): Exchange {
  const die = (): Promise<never> => {
    life.isOver = true;
    life.held += 1;
    return never();
  };
  const strikes = (...faults: readonly CallFault[]): boolean => {
    const index = life.callFaults.findIndex((fault) => faults.includes(fault));
    if (!life.isArmed || index === -1 || life.isOver) return false;
    const [fault] = life.callFaults.splice(index, 1);
    life.say(`the process dies: ${fault}`);
    return true;
  };
  return {
    venue: exchange.venue,
    kind: exchange.kind,
    clientOrderIds: exchange.clientOrderIds,
    readActivity: (request, signal) => (life.isOver ? die() : exchange.readActivity(request, signal)),
    readMarkets: (names, signal) => (life.isOver ? die() : exchange.readMarkets(names, signal)),
    cancelOrder: (order, id, signal) => (life.isOver ? die() : exchange.cancelOrder(order, id, signal)),
    observe: (request, signal) =>
      life.isOver || strikes('crashBeforeIntent') ? die() : exchange.observe(request, signal),
    prepareOrder: (order, signal) =>
      life.isOver || strikes('crashAfterIntent') ? die() : exchange.prepareOrder(order, signal),
    findOrder: (order, signal) =>
      life.isOver || strikes('crashInLookUp') ? die() : exchange.findOrder(order, signal),
    submitOrder: async (order, signal) => {
      if (life.isOver) return die();
      life.sent.push(order.instruction);
      if (strikes('crashBeforeSend')) return die();
      const answer = await exchange.submitOrder(order, signal);
      return strikes('crashAfterSend') || life.isOver ? die() : answer;
    },
    close: () => exchange.close(),
  };
}
