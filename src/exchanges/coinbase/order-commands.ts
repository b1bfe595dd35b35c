import { isPositive } from '../../domain/money/amount.ts';
import type {
  CancelOutcome,
  OrderInstruction,
  PreparedOrder,
  PrepareOutcome,
  SubmitOutcome,
} from '../../domain/venue/order.ts';
import { failureOfTransport } from '../http-failure.ts';
import { CoinbaseTrouble } from './coinbase-trouble.ts';
import { listAt, optionalTextAt, type Row, rowAt, textAt } from './row-reader.ts';
import { type Answer, parseDocument, type SignedRequests } from './signed-requests.ts';
import { spotProduct } from './spot-product.ts';

const ORDERS_PATH = '/api/v3/brokerage/orders';
const CANCEL_PATH = '/api/v3/brokerage/orders/batch_cancel';

/** A token of an order lives this long, so that a request which got stuck on its way dies soon. */
export const ORDER_TOKEN_LIFE_MS = 30_000;

const CLIENT_ORDER_ID_LENGTH_MAX = 128;

/** Longest excerpt of the venue's words that enters a reason. */
const REASON_LENGTH_MAX = 200;

/**
 * Statuses of a refusal that prove none: a timeout at a gateway (408, 499) says nothing about what is behind it, and a
 * conflict (409) may be with the order itself, sent before.
 */
const TELLS_NOTHING = new Set([408, 409, 499]);

/** Refusals that prove that an order with this client order id is already there. */
const ALREADY_THERE = new Set(['DUPLICATE_CLIENT_ORDER_ID']);

/** The body of the order as it will be sent. `reference` is the time from which the order can be in the venue's list. */
export function prepareSpotOrder(instruction: OrderInstruction, preparedAtMs: number): PrepareOutcome {
  const reason = whyNot(instruction);
  if (reason !== null) return { state: 'deniedLocally', reason };
  const payload = JSON.stringify({
    client_order_id: instruction.clientOrderId,
    product_id: instruction.market,
    side: instruction.side === 'buy' ? 'BUY' : 'SELL',
    order_configuration: configurationOf(instruction),
  });
  const reference = new Date(preparedAtMs).toISOString();
  return { state: 'prepared', order: { instruction, reference, payload, expiresAtHeight: null } };
}

function configurationOf({ quoteSize, quantity, limitPrice, timeInForce }: OrderInstruction): object {
  if (quoteSize !== undefined) return { market_market_ioc: { quote_size: quoteSize } };
  const size = { base_size: quantity, limit_price: limitPrice };
  return timeInForce === 'immediateOrCancel'
    ? { sor_limit_ioc: size }
    : { limit_limit_gtc: { ...size, post_only: false } };
}

/** Sends the order once. Anything but a readable yes or no is `outcomeUnknown`. */
export async function submitSpotOrder(
  requests: SignedRequests,
  order: PreparedOrder,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  if (signal.aborted) return { state: 'deniedLocally', reason: 'it was cancelled before it was sent' };
  const request = {
    method: 'POST',
    path: ORDERS_PATH,
    body: order.payload,
    tokenLifeMs: ORDER_TOKEN_LIFE_MS,
  } as const;
  const sent = await sendCommand(requests, request, signal);
  if (sent.state !== 'answered') return sent;
  return readAnswer<SubmitOutcome>(sent.answer, request.path, (row) => {
    if (row.success === true) {
      return {
        state: 'accepted',
        venueOrderId: textAt(rowAt(row.success_response, 'success_response'), 'order_id', 'success_response'),
      };
    }
    if (row.success !== false)
      return { state: 'outcomeUnknown', detail: 'the answer tells neither success nor failure' };
    const reason = refusalOf(row);
    if (ALREADY_THERE.has(reason))
      return { state: 'outcomeUnknown', detail: `${reason}: an order with this id is there already` };
    return { state: 'rejected', reason };
  });
}

export async function cancelSpotOrder(
  requests: SignedRequests,
  venueOrderId: string,
  signal: AbortSignal,
): Promise<CancelOutcome> {
  if (signal.aborted) return { state: 'rejected', reason: 'it was cancelled before it was sent' };
  const request = {
    method: 'POST',
    path: CANCEL_PATH,
    body: JSON.stringify({ order_ids: [venueOrderId] }),
  } as const;
  const sent = await sendCommand(requests, request, signal);
  if (sent.state === 'deniedLocally') return { state: 'rejected', reason: sent.reason };
  if (sent.state !== 'answered') return sent;
  return readAnswer<CancelOutcome>(sent.answer, request.path, (row) => {
    const result = listAt(row.results, 'results')
      .map((value) => rowAt(value, 'results[]'))
      .find((one) => one.order_id === venueOrderId);
    if (result?.success === true) return { state: 'requested' };
    if (result?.success === false) {
      const reason = optionalTextAt(result, 'failure_reason', 'results[]') ?? 'no reason given';
      if (reason === 'DUPLICATE_CANCEL_REQUEST') return { state: 'requested' };
      return { state: 'rejected', reason: reason.slice(0, REASON_LENGTH_MAX) };
    }
    return { state: 'outcomeUnknown', detail: 'the answer does not tell of the order' };
  });
}

function whyNot(instruction: OrderInstruction): string | null {
  if (spotProduct(instruction.market) === null)
    return `expected a spot product such as "BTC-USD", found ${instruction.market}`;
  if (instruction.reduceOnly) return 'reduce-only orders exist for perpetuals only';
  if (!isPositive(instruction.quantity)) return `a quantity is more than zero, found ${instruction.quantity}`;
  if (!isPositive(instruction.limitPrice))
    return `a limit price is more than zero, found ${instruction.limitPrice}`;
  if (instruction.quoteSize !== undefined) {
    const { quoteSize, side, timeInForce } = instruction;
    if (!isPositive(quoteSize)) return `an amount of quote is more than zero, found ${quoteSize}`;
    // What a sale for an amount of quote takes of the base has no bound.
    if (side !== 'buy' || timeInForce !== 'immediateOrCancel')
      return `an order for an amount of quote is a buy at once, found a ${side} ${timeInForce}`;
  }
  const { length } = instruction.clientOrderId;
  if (length > 0 && length <= CLIENT_ORDER_ID_LENGTH_MAX) return null;
  return `a client order id has 1 to ${CLIENT_ORDER_ID_LENGTH_MAX} characters, found ${length}`;
}

type Sent =
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'deniedLocally'; readonly reason: string }
  | { readonly state: 'outcomeUnknown'; readonly detail: string };

async function sendCommand(
  requests: SignedRequests,
  request: Parameters<SignedRequests['send']>[0],
  signal: AbortSignal,
): Promise<Sent> {
  try {
    return { state: 'answered', answer: await requests.send(request, signal) };
  } catch (error) {
    if (error instanceof CoinbaseTrouble) return { state: 'outcomeUnknown', detail: error.unknown.detail };
    const failure = failureOfTransport(error, signal);
    if (wasNeverConnected(error)) return { state: 'deniedLocally', reason: `not sent: ${failure.detail}` };
    return { state: 'outcomeUnknown', detail: `${failure.reason}: ${failure.detail}` };
  }
}

/**
 * Whether it failed before there was a connection that could have carried the order. An error's code does not tell:
 * a host becomes unreachable while a connection stands, too, with the order under way on it.
 */
function wasNeverConnected(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  const errors: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return errors.length > 0 && errors.every(isBeforeConnection);
}

function isBeforeConnection(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  return code === 'UND_ERR_CONNECT_TIMEOUT' || syscall === 'connect' || syscall === 'getaddrinfo';
}

/** What an attempt came to where an earlier one may have placed the order: a refusal now says nothing of then. */
export function afterAnother(attempt: SubmitOutcome): SubmitOutcome {
  if (attempt.state !== 'rejected' && attempt.state !== 'deniedLocally') return attempt;
  return {
    state: 'outcomeUnknown',
    detail: `this attempt was not taken (${attempt.reason}), an earlier one may have been`,
  };
}

type Refusable =
  | { readonly state: 'rejected'; readonly reason: string }
  | { readonly state: 'outcomeUnknown'; readonly detail: string };

function readAnswer<T extends { readonly state: string }>(
  answer: Answer,
  path: string,
  read: (row: Row) => T,
): T | Refusable {
  const { status } = answer;
  const excerpt = answer.body.slice(0, REASON_LENGTH_MAX);
  if (status === 429) return { state: 'rejected', reason: 'rateLimited' };
  if (status >= 400 && status < 500 && !TELLS_NOTHING.has(status)) {
    return { state: 'rejected', reason: `HTTP ${status}: ${excerpt}` };
  }
  if (status < 200 || status >= 300) return { state: 'outcomeUnknown', detail: `HTTP ${status}: ${excerpt}` };
  try {
    return read(rowAt(parseDocument(answer.body, { method: 'POST', path }), `POST ${path}`));
  } catch (error) {
    if (error instanceof CoinbaseTrouble) return { state: 'outcomeUnknown', detail: error.unknown.detail };
    throw error;
  }
}

/** The most telling of the places where the venue may say why. */
function refusalOf(row: Row): string {
  const error =
    typeof row.error_response === 'object' && row.error_response !== null ? (row.error_response as Row) : {};
  const candidates = [
    error.error,
    error.new_order_failure_reason,
    error.preview_failure_reason,
    row.failure_reason,
    error.message,
  ];
  const telling = candidates.find(
    (one) => typeof one === 'string' && one !== '' && !one.startsWith('UNKNOWN_'),
  );
  return typeof telling === 'string' ? telling.slice(0, REASON_LENGTH_MAX) : 'UNKNOWN_FAILURE_REASON';
}
