// Requests to the indexer through the SDK's client, which neither times out nor can be aborted by itself.
//
// Invariants:
// 1. Every request ends: by an answer, the caller's signal, or the timeout.
// 2. What is hashed are the bytes of the body as they came; what is parsed is the same bytes.
// 3. Trouble is an `Unknown`, never a throw and never an empty list.

import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { RequestClass } from '../../resilience/token-bucket.ts';
import { failureOfStatus, failureOfTransport } from '../http-failure.ts';
import { type Pace, UNPACED } from '../pace.ts';
import type { AxiosInstance, DydxSdk, IndexerClient } from './dydx-sdk.ts';

/** The largest body that is read: a full page of orders is below 1 MiB. */
const BODY_BYTES_MAX = 16 * 1_024 * 1_024;

/** A body of the indexer, with the proof of what it was; `rows` is counted by whoever parses it. */
export interface IndexerAnswer {
  readonly state: 'answered';
  readonly body: unknown;
  proofOf(rows: number): PageProof;
}

export interface DydxIndexer {
  readonly origin: string;
  /** `endpoint` is for messages and proofs, such as "GET /v4/orders". */
  read(
    endpoint: string,
    call: (client: IndexerClient) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<IndexerAnswer | Unknown>;
}

export interface OpenDydxIndexer extends DydxIndexer {
  /** The same for what prepares an order, which counts as trading. */
  readonly forOrders: DydxIndexer;
  close(): void;
}

interface RequestContext {
  readonly signal: AbortSignal;
  answer: { status: number; headers: Readonly<Record<string, string | undefined>>; bytes: Buffer } | null;
}

/** One for all indexers: the platform keeps every storage that was ever used, and asks each at every promise. */
const contexts = new AsyncLocalStorage<RequestContext>();

export function openDydxIndexer(options: {
  readonly sdk: DydxSdk;
  readonly indexerUrl: string;
  readonly now: () => number;
  readonly pace?: Pace;
}): OpenDydxIndexer {
  const { sdk, indexerUrl, now, pace = UNPACED } = options;
  const origin = new URL(indexerUrl).origin;
  const client = new sdk.IndexerClient(new sdk.IndexerConfig(indexerUrl, websocketUrlOf(indexerUrl)));
  const httpAgent = new HttpAgent({ keepAlive: true });
  const httpsAgent = new HttpsAgent({ keepAlive: true });
  for (const rest of [client.account, client.markets, client.utility]) {
    harden(rest.axiosInstance, { httpAgent, httpsAgent });
  }

  const readAs =
    (requestClass: RequestClass): DydxIndexer['read'] =>
    async (endpoint, call, signal) => {
      if (signal.aborted) return unknown('timedOut', `${endpoint}: the deadline passed before the request`);
      const ask = async (ending: AbortSignal): Promise<RequestContext['answer']> => {
        const context: RequestContext = { signal: ending, answer: null };
        await contexts.run(context, () => call(client));
        return context.answer;
      };
      let answer: RequestContext['answer'];
      try {
        answer = await pace(requestClass, signal, ask);
      } catch (error) {
        return failureOfRequest(endpoint, error, signal);
      }
      if (answer === null) return unknown('malformed', `${endpoint}: the client gave no answer`);
      const { status, headers, bytes } = answer;
      return answerOf({ endpoint, status, headers, bytes, now });
    };
  return {
    origin,
    read: readAs('reconcile'),
    forOrders: { origin, read: readAs('trade') },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

function harden(
  axios: AxiosInstance,
  agents: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent },
): void {
  Object.assign(axios.defaults, {
    ...agents,
    // Each request has a deadline already, and ends with its signal.
    timeout: 0,
    maxRedirects: 0,
    maxContentLength: BODY_BYTES_MAX,
    // A proxy named in the environment would see the account's address; nobody configured it here.
    proxy: false,
    responseType: 'arraybuffer',
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
  });
  axios.interceptors.request.use((config) => {
    const context = contexts.getStore();
    if (context !== undefined) config.signal = context.signal;
    return config;
  });
  axios.interceptors.response.use((response) => {
    const context = contexts.getStore();
    if (context !== undefined) {
      const { status, headers, data } = response;
      context.answer = {
        status,
        headers,
        bytes: Buffer.isBuffer(data) ? data : Buffer.from(String(data ?? '')),
      };
    }
    return response;
  });
}

function answerOf(answer: {
  readonly endpoint: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
  readonly now: () => number;
}): IndexerAnswer | Unknown {
  const { endpoint, status, headers, bytes, now } = answer;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return unknown('malformed', `${endpoint}: the body is not UTF-8`);
  }
  const failure = failureOfStatus(status, headers, text, now());
  if (failure !== null) return named(endpoint, failure, resetDelayMs(headers, now()));
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return unknown('malformed', `${endpoint}: expected JSON, found ${describe(text)}`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { state: 'answered', body, proofOf: (rows) => ({ endpoint, rows, sha256 }) };
}

function named(endpoint: string, failure: Unknown, resetMs: number | null): Unknown {
  const detail = `${endpoint}: ${failure.detail}`;
  return failure.retryAfterMs === undefined
    ? { ...failure, detail }
    : { ...failure, detail, retryAfterMs: Math.max(failure.retryAfterMs, resetMs ?? 0) };
}

/** Seconds of the epoch at which the indexer's budget is whole again; an hour off is not believed. */
const RESET_MAX_MS = 3_600_000;

function resetDelayMs(headers: Readonly<Record<string, string | undefined>>, nowMs: number): number | null {
  const reset = headers['ratelimit-reset'];
  // With `Retry-After` the indexer said it itself.
  if (headers['retry-after'] !== undefined || reset === undefined || !/^\d{1,12}$/.test(reset)) return null;
  const delayMs = Number(reset) * 1_000 - nowMs;
  return delayMs > 0 && delayMs <= RESET_MAX_MS ? delayMs : null;
}

function failureOfRequest(endpoint: string, error: unknown, signal: AbortSignal): Unknown {
  const { message } = (error ?? {}) as { message?: unknown };
  if (typeof message === 'string' && message.includes('maxContentLength')) {
    return unknown('malformed', `${endpoint}: the body is larger than ${BODY_BYTES_MAX} bytes`);
  }
  const failure = failureOfTransport(error, signal);
  return { ...failure, detail: `${endpoint}: ${failure.detail}` };
}

function describe(text: string): string {
  return text.trim() === '' ? 'an empty body' : `"${text.slice(0, 60)}"`;
}

function websocketUrlOf(indexerUrl: string): string {
  return `${indexerUrl.replace(/^http/, 'ws').replace(/\/$/, '')}/v4/ws`;
}
