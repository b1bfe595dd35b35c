// Requests to a validator, whoever makes them: this adapter itself, or the SDK's client.
//
// The SDK gives its requests no signal, no greatest size and no word on redirects, and takes no other client for them.
// So the one method that sends them is wrapped: within `askThrough` they are sent from here.
//
// Invariants:
// 1. A request to a validator ends: by an answer of bounded size, the caller's signal, or the timeout.
// 2. A request to a validator goes to the address that is configured, and follows no redirect.
// 3. A failure says that nothing was sent only where nothing was.
// 4. Whoever uses cosmjs beside this adapter notices nothing.

import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { RequestClass } from '../../resilience/token-bucket.ts';
import { failureOfStatus, failureOfTransport } from '../http-failure.ts';
import type { Pace } from '../pace.ts';
import { parseBody } from './dydx-rows.ts';

/** A status or an account is some 2 KiB, and so is a refusal. */
const BODY_BYTES_MAX = 65_536;
const RPC_ERROR_MAX = 200;
const INTERNAL_ERROR = -32_603;

/** How a validator is asked. */
export interface ValidatorCall {
  readonly validatorUrl: string;
  readonly pace: Pace;
  readonly now: () => number;
  readonly requestClass: RequestClass;
  readonly signal: AbortSignal;
  /** From when it is sent; as any request without it. */
  readonly timeoutMs?: number;
}

/** As cosmjs makes it. */
export interface RpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: number;
  readonly method: string;
  readonly params: object;
}

export type ValidatorAnswer =
  | {
      readonly state: 'answered';
      readonly result: object;
      /** Of the body's bytes, in hex. */
      readonly sha256: string;
    }
  | { readonly state: 'unanswered'; readonly unknown: Unknown; readonly wasSent: boolean };

/** Thrown into the SDK in place of an answer. Never leaves this folder. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly outcome: Unknown;
  readonly wasSent: boolean;

  constructor(outcome: Unknown, wasSent: boolean) {
    super(outcome.detail);
    this.outcome = outcome;
    this.wasSent = wasSent;
  }
}

/** cosmjs' client of an RPC endpoint, as far as it is wrapped here. */
export interface RpcClientClass {
  readonly prototype: { execute(request: RpcRequest): Promise<unknown> };
}

const calls = new AsyncLocalStorage<ValidatorCall>();
const wrapped = new WeakSet<object>();

/** Wraps the class once, for all of the process. */
export function wrapRpcClient({ prototype }: RpcClientClass): void {
  if (wrapped.has(prototype)) return;
  wrapped.add(prototype);
  const { execute } = prototype;
  prototype.execute = function (request) {
    const call = calls.getStore();
    return call === undefined ? execute.call(this, request) : executeBounded(request, call);
  };
}

/** Runs a call of the SDK; its every request to a validator is made as told. Throws `RequestFailed`, or what the SDK does. */
export function askThrough<T>(call: ValidatorCall, run: () => Promise<T>): Promise<T> {
  return calls.run(call, run);
}

async function executeBounded(request: RpcRequest, call: ValidatorCall): Promise<unknown> {
  const answer = await askValidator(request, call);
  if (answer.state === 'unanswered') throw new RequestFailed(answer.unknown, answer.wasSent);
  return { jsonrpc: request.jsonrpc, id: request.id, result: answer.result };
}

/** Asks once, when its turn comes. Trouble of any kind is `unanswered`, never a throw. */
export async function askValidator(request: RpcRequest, call: ValidatorCall): Promise<ValidatorAnswer> {
  const { validatorUrl, pace, now, requestClass, signal, timeoutMs } = call;
  const endpoint = `RPC ${request.method}`;
  let wasSent = false;
  const unanswered = (failure: Unknown): ValidatorAnswer => ({
    state: 'unanswered',
    unknown: failure,
    wasSent,
  });
  const failed = (failure: Unknown) => unanswered({ ...failure, detail: `${endpoint}: ${failure.detail}` });
  try {
    const send = async (ending: AbortSignal) => {
      ending.throwIfAborted();
      wasSent = true;
      const answer = await fetch(validatorUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        redirect: 'manual',
        signal: ending,
      });
      return { response: answer, bytes: await boundedBytes(answer) };
    };
    const { response, bytes } = await pace(requestClass, signal, send, timeoutMs);
    if (bytes === null)
      return failed(unknown('malformed', `the body is larger than ${BODY_BYTES_MAX} bytes`));
    const text = bytes.toString('utf8');
    const retryAfter = response.headers.get('retry-after') ?? undefined;
    const failure = failureOfStatus(response.status, { 'retry-after': retryAfter }, text, now());
    if (failure !== null) return failed(failure);
    const read = resultOf(endpoint, text);
    if (read.state === 'unknown') return unanswered(read);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { state: 'answered', result: read.result, sha256 };
  } catch (error) {
    return failed(failureOfTransport(error, signal));
  }
}

const rpcBody = z.object({
  result: z.looseObject({}).nullish(),
  error: z.looseObject({ code: z.int() }).nullish(),
});

function resultOf(
  endpoint: string,
  text: string,
): { readonly state: 'read'; readonly result: object } | Unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return unknown('malformed', `${endpoint}: expected JSON, found "${text.slice(0, 60)}"`);
  }
  const parsed = parseBody(endpoint, rpcBody, body);
  if (parsed.state === 'unknown') return parsed;
  const { error, result } = parsed.value;
  if (error) {
    const reason = error.code === INTERNAL_ERROR ? 'unreachable' : 'refused';
    return unknown(reason, `${endpoint}: RPC error ${JSON.stringify(error).slice(0, RPC_ERROR_MAX)}`);
  }
  return result
    ? { state: 'read', result }
    : unknown('malformed', `${endpoint}: result: expected an object, found none`);
}

/** Null where the body is larger than the limit. */
async function boundedBytes(response: Response): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
