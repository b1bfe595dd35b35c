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

/** Transport errors that come before anything was sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Refusals that prove that an order with this client order id is already there. */
const ALREADY_THERE = new Set(['DUPLICATE_CLIENT_ORDER_ID']);

/** The body of the order as it will be sent. `reference` is the time from which the order can be in the venue's list. */
export function prepareSpotOrder(instruction: OrderInstruction, preparedAtMs: number): PrepareOutcome {
  const reason = whyNot(instruction);
  if (reason !== null) return { state: 'deniedLocally', reason };
  const size = { base_size: instruction.quantity, limit_price: instruction.limitPrice };
  const payload = JSON.stringify({
    client_order_id: instruction.clientOrderId,
    product_id: instruction.market,
    side: instruction.side === 'buy' ? 'BUY' : 'SELL',
    order_configuration:
      instruction.timeInForce === 'immediateOrCancel'
        ? { sor_limit_ioc: size }
        : { limit_limit_gtc: { ...size, post_only: false } },
  });
  const reference = new Date(preparedAtMs).toISOString();
  return { state: 'prepared', order: { instruction, reference, payload, expiresAtHeight: null } };
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
    if (result?.success === false)
      return {
        state: 'rejected',
        reason: optionalTextAt(result, 'failure_reason', 'results[]') ?? 'no reason given',
      };
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
    if (NOT_SENT.has(failure.detail))
      return { state: 'deniedLocally', reason: `not sent: ${failure.detail}` };
    return { state: 'outcomeUnknown', detail: `${failure.reason}: ${failure.detail}` };
  }
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
  const excerpt = answer.body.slice(0, 200);
  if (status === 429) return { state: 'rejected', reason: 'rateLimited' };
  // A conflict may be with the order itself, sent before; a timeout at a gateway says nothing about what is behind it.
  if (status >= 400 && status < 500 && status !== 408 && status !== 409) {
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
  return typeof telling === 'string' ? telling : 'UNKNOWN_FAILURE_REASON';
}
