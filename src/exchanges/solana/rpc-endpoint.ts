// One JSON-RPC endpoint behind the SDK's `Connection`, over HTTP alone.
//
// The SDK hides what a certificate needs: the bytes, the status, the error's code. They are noted by the fetch that
// it is given, in a record per call that travels with the asynchronous context.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Connection } from '@solana/web3.js';
import { assert } from '../../domain/assert.ts';
import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import { fetchBounded, type RequestPorts } from './bounded-fetch.ts';
import { KEY_READING_COST_MAX, keyReadingCost } from './key-reading-cost.ts';

export type Web3 = typeof import('@solana/web3.js');

export interface RpcEndpoint {
  /** Scheme, host and port, without path and query: those may hold a key. */
  readonly origin: string;
  /**
   * Makes one call of the SDK. A failure of any kind is a value; a throw is a bug of ours.
   * With `minContextSlot` a node that has not seen that slot refuses instead of answering from before it.
   */
  ask<T>(
    signal: AbortSignal,
    call: (connection: Connection) => Promise<T>,
    minContextSlot?: number,
  ): Promise<RpcAnswer<T>>;
}

export interface Answered<T> {
  readonly state: 'answered';
  readonly value: T;
  readonly page: PageProof;
}

export interface Unanswered {
  readonly state: 'unanswered';
  readonly unknown: Unknown;
  /** The endpoint's own error code where it answered with an error. */
  readonly rpcCode: number | null;
}

export type RpcAnswer<T> = Answered<T> | Unanswered;

interface CallRecord {
  readonly signal: AbortSignal;
  readonly minContextSlot: number;
  page: PageProof | null;
  failure: Unknown | null;
  rpcError: { readonly code: number; readonly message: string } | null;
}

/** What everything is read at: final enough to book, some two seconds old. */
export const COMMITMENT = 'confirmed';

/**
 * The SDK draws a random id for every call. A request over HTTP has one answer, so a constant serves, and the same
 * answer has the same bytes and the same hash whenever it is asked for.
 */
const CALL_ID = 1;

const DETAIL_MAX = 200;

/** One for all endpoints: the platform keeps every storage that was ever used, and asks each at every promise. */
const records = new AsyncLocalStorage<CallRecord>();

export function openRpcEndpoint(web3: Web3, url: string, ports: RequestPorts): RpcEndpoint {
  async function recordingFetch(_input: unknown, init?: RequestInit): Promise<Response> {
    const record = records.getStore();
    assert(record !== undefined, 'every call to a Solana endpoint is made through ask');
    const request = parse(init?.body) as { id?: unknown; method?: unknown; params?: readonly unknown[] };
    const params = paramsFrom(request.params ?? [], record.minContextSlot);
    const body = JSON.stringify({ ...request, params, id: CALL_ID });
    const answer = await fetchBounded(
      url,
      { method: 'POST', body, headers: init?.headers ?? {} },
      {
        signal: record.signal,
        ...ports,
        requestClass: request.method === 'sendTransaction' ? 'trade' : 'reconcile',
      },
    );
    if (answer.state === 'unknown') {
      record.failure = answer;
      throw new Error(answer.detail);
    }
    const parsed = parse(answer.body);
    if (keyReadingCost(parsed) > KEY_READING_COST_MAX) {
      record.failure = unknown(
        'malformed',
        `RPC ${String(request.method)}: a text too long to be read as a key`,
      );
      throw new Error(record.failure.detail);
    }
    noteAnswer(record, String(request.method), parsed, answer.sha256);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return new Response(isObject ? JSON.stringify({ ...parsed, id: request.id }) : answer.body);
  }

  const connection = new web3.Connection(url, {
    commitment: COMMITMENT,
    disableRetryOnRateLimit: true,
    httpAgent: false,
    fetch: recordingFetch as never,
  });

  return {
    origin: new URL(url).origin,
    async ask(signal, call, minContextSlot = 0) {
      if (signal.aborted) return unanswered(unknown('timedOut', 'no answer before the deadline'));
      const record: CallRecord = { signal, minContextSlot, page: null, failure: null, rpcError: null };
      try {
        const value = await records.run(record, () => call(connection));
        assert(record.page !== null, 'an answer of the SDK comes from an answer of the endpoint');
        return { state: 'answered', value, page: record.page };
      } catch (error) {
        if (record.failure !== null) return unanswered(record.failure);
        if (record.rpcError !== null) return unanswered(meaningOf(record.rpcError), record.rpcError.code);
        // With a body and without an error of the endpoint, it is the SDK's validation that refused the answer.
        if (record.page !== null) return unanswered(unknown('malformed', messageOf(error)));
        throw error;
      }
    },
  };
}

const unanswered = (reason: Unknown, rpcCode: number | null = null): Unanswered => ({
  state: 'unanswered',
  unknown: reason,
  rpcCode,
});

/** The SDK has no place for the slot in every method that takes one: it goes into the options, which come last. */
function paramsFrom(params: readonly unknown[], minContextSlot: number): readonly unknown[] {
  const last = params.at(-1);
  if (minContextSlot === 0 || typeof last !== 'object' || last === null) return params;
  return [...params.slice(0, -1), { ...last, minContextSlot }];
}

function noteAnswer(record: CallRecord, method: string, parsed: unknown, sha256: string): void {
  const answer = parsed as { result?: unknown; error?: { code?: unknown; message?: unknown } } | null;
  const value = (answer?.result as { value?: unknown } | null)?.value ?? answer?.result;
  const rows = Array.isArray(value) ? value.length : value === null || value === undefined ? 0 : 1;
  record.page = { endpoint: `RPC ${method}`, rows, sha256 };
  const error = answer?.error;
  if (typeof error === 'object' && error !== null && Number.isInteger(error.code)) {
    record.rpcError = { code: error.code as number, message: String(error.message) };
  }
}

function parse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** Codes of the JSON-RPC specification and of Agave's `rpc-client-api`. */
function meaningOf({ code, message }: { readonly code: number; readonly message: string }): Unknown {
  const detail = `JSON-RPC error ${code}: ${message.slice(0, DETAIL_MAX)}`;
  switch (code) {
    case 429:
    case -32429:
      return unknown('rateLimited', detail, 1_000);
    case -32004: // block not available
    case -32005: // node is behind
    case -32016: // minimum context slot not reached
      return unknown('stale', detail);
    case -32603: // internal error
    case -32014: // block status not yet available
      return unknown('unreachable', detail);
    default:
      return unknown('refused', detail);
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, DETAIL_MAX);
}
