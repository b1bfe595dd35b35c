import { unknown } from '../domain/venue/observation.ts';
import { type Exchange, type TransferMethods, transfersOf } from '../exchanges/exchange.ts';
import type { Intake } from './intake.ts';

/** Starts a question to a venue, now or when its turn comes. */
export type StartCall = (call: number, run: () => Promise<unknown>) => void;

/**
 * A venue whose every answer enters through the intake, so that it is recorded and can be replayed.
 *
 * Without `start` nothing is asked of anybody: in a replay the answers come from the journal.
 */
export function portExchange(
  exchange: Pick<Exchange, 'venue' | 'kind' | 'clientOrderIds'>,
  intake: Intake,
  source: CallSource | null,
): Exchange {
  const ask = <T>(
    method: PortedMethod,
    request: unknown,
    signal: AbortSignal,
    run: (target: Exchange) => Promise<T>,
  ): Promise<T> => {
    const { call, answer } = intake.ask<T>({ venue: exchange.venue, method, request });
    source?.start(call, () => {
      // A question whose deadline passed before its turn came is never asked.
      if (signal.aborted) return Promise.resolve(abortedAnswer(method));
      return run(source.target);
    });
    return answer;
  };
  return {
    venue: exchange.venue,
    kind: exchange.kind,
    clientOrderIds: exchange.clientOrderIds,
    observe: (request, signal) =>
      ask('observe', request, signal, (target) => target.observe(request, signal)),
    readActivity: (request, signal) =>
      ask('readActivity', request, signal, (target) => target.readActivity(request, signal)),
    readMarkets: (markets, signal) =>
      ask('readMarkets', { markets }, signal, (target) => target.readMarkets(markets, signal)),
    prepareOrder: (order, signal) =>
      ask('prepareOrder', order, signal, (target) => target.prepareOrder(order, signal)),
    submitOrder: (order, signal) =>
      ask('submitOrder', order, signal, (target) => target.submitOrder(order, signal)),
    findOrder: (order, signal) =>
      ask('findOrder', order, signal, (target) => target.findOrder(order, signal)),
    cancelOrder: (order, venueOrderId, signal) =>
      ask('cancelOrder', { order, venueOrderId }, signal, (target) =>
        target.cancelOrder(order, venueOrderId, signal),
      ),
    // Offered for every venue: whether the real one transfers is its answer, so that a replay need not know.
    prepareTransfer: (instruction, signal) =>
      ask('prepareTransfer', instruction, signal, (target) =>
        transfersFrom(target).prepareTransfer(instruction, signal),
      ),
    submitTransfer: (transfer, signal) =>
      ask('submitTransfer', transfer, signal, (target) =>
        transfersFrom(target).submitTransfer(transfer, signal),
      ),
    findTransfer: (transfer, signal) =>
      ask('findTransfer', transfer, signal, (target) => transfersFrom(target).findTransfer(transfer, signal)),
    close: () => source?.target.close() ?? Promise.resolve(),
  };
}

const transfersFrom = (target: Exchange): TransferMethods => transfersOf(target) ?? NO_TRANSFERS;

const NO_TRANSFERS: TransferMethods = {
  prepareTransfer: async () => ({
    state: 'deniedLocally',
    reason: 'this venue moves nothing to addresses',
  }),
  // Only another configuration can have prepared one.
  submitTransfer: async () => ({ state: 'outcomeUnknown', detail: 'this venue does not transfer any more' }),
  findTransfer: async () => unknown('refused', 'this venue does not transfer any more'),
};

/** The rights of keys are read before the service starts, and are no part of what it is told. */
type PortedMethod = Exclude<
  keyof Exchange,
  'venue' | 'kind' | 'clientOrderIds' | 'readKeyRights' | 'readTradeKeyRights' | 'close'
>;

/** The real venue behind a port, and who decides when it is asked. */
export interface CallSource {
  readonly target: Exchange;
  readonly start: StartCall;
}

/** Nothing was sent, so nothing can have happened: even for an order this is a certain answer. */
function abortedAnswer(method: PortedMethod): unknown {
  if (method === 'submitOrder' || method === 'submitTransfer') {
    const what = method === 'submitOrder' ? 'order' : 'transfer';
    return { state: 'deniedLocally', reason: `the deadline passed before the ${what} was sent` };
  }
  if (method === 'cancelOrder')
    return { state: 'rejected', reason: 'the deadline passed before the request was sent' };
  return { state: 'unknown', reason: 'timedOut', detail: 'the deadline passed before the venue was asked' };
}

/** Asks at once and hands the answer to the intake at the time at which it came. */
export function startConcurrently(intake: Intake, now: () => number): StartCall {
  return (call, run) => {
    run().then(
      (value) => intake.submit({ kind: 'answer', atMs: now(), call, answer: { value } }),
      (error: unknown) =>
        intake.submit({ kind: 'answer', atMs: now(), call, answer: { thrown: messageOf(error) } }),
    );
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
