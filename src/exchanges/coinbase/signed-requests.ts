import { createHash } from 'node:crypto';
import type { RequestClass } from '../../resilience/token-bucket.ts';
import { failureOfStatus, failureOfTransport } from '../http-failure.ts';
import { type Pace, UNPACED } from '../pace.ts';
import { readBody } from '../read-body.ts';
import { type ApiKey, signToken, TOKEN_LIFE_MAX_MS } from './api-key.ts';
import { CoinbaseTrouble, incomplete, malformed } from './coinbase-trouble.ts';
import { isDeeperThan } from './document-depth.ts';

/** An answer longer than this is not read to its end. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** The venue's own documents nest to 8; the stack bears thousands, and a document can hold millions. */
const DEPTH_MAX = 64;

export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  /** Without query, such as "/api/v3/brokerage/accounts". */
  readonly path: string;
  /** Keys may repeat; order is kept. */
  readonly query?: readonly (readonly [string, string])[];
  readonly body?: string;
  /** How long the request's token is valid; the longest that the venue accepts unless told otherwise. */
  readonly tokenLifeMs?: number;
  /** Sent without a token: a token that the venue refuses would spoil an answer that needs none. */
  readonly isPublic?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** SHA-256 of the body's bytes, in hex. */
  readonly sha256: string;
  /** The venue's clock minus ours, as far as the Date header's whole seconds tell; null without such a header. */
  readonly clockSkewMs: number | null;
}

export interface SignedRequests {
  readonly origin: string;
  /** One exchange. Throws what the transport throws; any status is an answer. */
  send(request: SignedRequest, signal: AbortSignal): Promise<Answer>;
  /** One read of a JSON document. Throws `CoinbaseTrouble` for everything but a readable success. */
  read(
    request: SignedRequest,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Answer; readonly document: unknown }>;
}

/** Requests to one Coinbase API, each signed for exactly its method and path unless it is public. Never follows a redirect with a token. */
export function signedRequests(options: {
  readonly baseUrl: string;
  readonly apiKey: ApiKey;
  /** The service's clock, against which the venue's is compared. */
  readonly now: () => number;
  /** The time that tokens are dated with. */
  readonly tokenNow: () => number;
  /** Stands before every request; nobody waits without it. */
  readonly pace?: Pace;
}): SignedRequests {
  const { pace = UNPACED } = options;
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');

  const send = (request: SignedRequest, signal: AbortSignal): Promise<Answer> =>
    pace(classOf(request), signal, (ending) => sendNow(request, ending));

  /** A token's short life begins when the request may go out. */
  async function sendNow(request: SignedRequest, signal: AbortSignal): Promise<Answer> {
    const url = new URL(`${prefix}${request.path}`, base);
    for (const [key, value] of request.query ?? []) url.searchParams.append(key, value);
    const token =
      request.isPublic === true
        ? null
        : signToken(options.apiKey, {
            uri: `${request.method} ${url.host}${url.pathname}`,
            nowMs: options.tokenNow(),
            lifeMs: request.tokenLifeMs ?? TOKEN_LIFE_MAX_MS,
          });
    const sentAtMs = options.now();
    const response = await fetch(url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      // A redirect is an answer like any refusal: the token goes nowhere else.
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const bytes = await readBody(response, { bytesMax: ANSWER_BYTES_MAX, signal });
    if (bytes === null) throw incomplete(`an answer is longer than ${ANSWER_BYTES_MAX} bytes`);
    const body = bytes.toString('utf8');
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: token === null ? body : body.replaceAll(token, '[token]'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      clockSkewMs: skewOf(response.headers.get('date'), sentAtMs, options.now()),
    };
  }

  async function read(request: SignedRequest, signal: AbortSignal) {
    const answer = await sendOrTrouble(request, signal);
    const failure = failureOfStatus(answer.status, answer.headers, answer.body, options.now());
    if (failure !== null) throw new CoinbaseTrouble(failure);
    return { answer, document: parseDocument(answer.body, request) };
  }

  async function sendOrTrouble(request: SignedRequest, signal: AbortSignal): Promise<Answer> {
    try {
      return await send(request, signal);
    } catch (error) {
      if (error instanceof CoinbaseTrouble) throw error;
      throw new CoinbaseTrouble(failureOfTransport(error, signal));
    }
  }

  return { origin: base.origin, send, read };
}

function classOf({ method, path }: SignedRequest): RequestClass {
  if (method === 'GET') return 'reconcile';
  return path.endsWith('/batch_cancel') ? 'cancel' : 'trade';
}

export function parseDocument(
  body: string,
  request: { readonly method: string; readonly path: string },
): unknown {
  if (isDeeperThan(body, DEPTH_MAX))
    throw malformed(
      `${request.method} ${request.path}: expected a document that nests at most ${DEPTH_MAX} deep`,
    );
  try {
    return JSON.parse(body) as unknown;
  } catch {
    const found =
      body === '' ? 'an empty body' : `text that begins with ${JSON.stringify(body.slice(0, 40))}`;
    throw malformed(`${request.method} ${request.path}: expected a JSON document, found ${found}`);
  }
}

/** Servers truncate or round the header to whole seconds: less than one proves nothing. */
const DATE_RESOLUTION_MS = 1_000;

/**
 * What the Date header proves about the venue's clock: it names a whole second, so anything within that second,
 * at any moment between sending and receiving, is no skew.
 */
export function skewOf(header: string | null, sentAtMs: number, receivedAtMs: number): number | null {
  const secondAtMs = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(secondAtMs)) return null;
  const least = secondAtMs - receivedAtMs;
  const most = secondAtMs + DATE_RESOLUTION_MS - 1 - sentAtMs;
  const proven = least > 0 ? least : Math.min(most, 0);
  return Math.abs(proven) < DATE_RESOLUTION_MS ? 0 : proven;
}
