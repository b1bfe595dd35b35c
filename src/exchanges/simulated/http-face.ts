// The wire under every simulated venue: a server on loopback that a venue's face fills with answers, and that
// breaks on request in the ways that networks and venues break.
//
// Invariants:
// 1. A request that is held back on purpose waits on the injected clock alone, never on real time.
// 2. Whether a request takes effect depends on its fault alone, never on when its client leaves.
// 3. After `close` has resolved, no socket and no timer is left.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { assert } from '../../domain/assert.ts';
import type { Clock } from '../../platform/clock.ts';
import { createFaultPlan } from './fault-plan.ts';
import type { Fault, PlannedFault, VenueServer } from './simulated-venue.ts';

export interface FaceRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; a header sent several times is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What faults are matched with: "GET /v4/orders", or what `endpointOf` makes of the request. */
  readonly endpoint: string;
}

export interface FaceAnswer {
  readonly status: number;
  /** `content-type` is JSON unless said otherwise; `date` is the face's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

type TransformAnswer = (answer: FaceAnswer, request: FaceRequest) => FaceAnswer;

export interface HttpFaceOptions {
  /** For messages only. */
  readonly name: string;
  readonly clock: Clock;
  readonly handle: (request: FaceRequest) => FaceAnswer | Promise<FaceAnswer>;
  /** A free port where none is given. */
  readonly port?: number;
  readonly endpointOf?: (request: Omit<FaceRequest, 'endpoint'>) => string;
  /** Makes a list claim that more follows; `handle` then refuses the page that it never gave out. */
  readonly droppedPage?: TransformAnswer;
  /** Breaks one row of a list. */
  readonly malformedRow?: TransformAnswer;
  /** Which reads are the same read; method, path, query and body unless said otherwise. */
  readonly identityOf?: (request: FaceRequest) => string;
  /** Fits the repeated answer to the request that gets it, such as the id of a JSON-RPC call. */
  readonly staleRead?: TransformAnswer;
  /** What the venue says with 429. */
  readonly rateLimitedBody?: string | ((request: FaceRequest) => string);
  /** What the venue says with a 5xx. */
  readonly serverErrorBody?: string | ((request: FaceRequest) => string);
}

export interface HttpFace extends Pick<VenueServer, 'inject' | 'parked' | 'faultsMet' | 'close'> {
  /** "http://127.0.0.1:PORT", without a slash at the end. */
  readonly url: string;
}

/** Larger bodies are refused with 413: no venue takes that much from a bot. */
const BODY_BYTES_MAX = 1_048_576;
/** Answers remembered for stale reads; the oldest is forgotten first. */
const REMEMBERED_ANSWERS_MAX = 512;

/** Serves a face on 127.0.0.1. A face that throws answers 500 with the error's message. */
export async function serveHttp(options: HttpFaceOptions): Promise<HttpFace> {
  const { clock, handle } = options;
  const identityOf = options.identityOf ?? identityOfBytes;
  const faults = createFaultPlan();
  const lastAnswers = new Map<string, FaceAnswer>();
  let parked = 0;
  const underWay = new Set<Promise<void>>();

  const server = createServer((message, response) => {
    const served = serve(message, response)
      .catch((error: unknown) => {
        if (response.destroyed || response.headersSent) return;
        const detail = error instanceof Error ? error.message : String(error);
        write(response, { status: 500, body: `${options.name} failed: ${detail}` });
      })
      .finally(() => underWay.delete(served));
    underWay.add(served);
  });
  // A simulated hour may pass in a millisecond and a debugger may stop for an hour: real time ends no connection.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve());
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(message);
    if (body === null) {
      response.shouldKeepAlive = false;
      return write(response, { status: 413, body: '' });
    }
    const request = parseRequest(message, body, options.endpointOf);
    const fault = faults.meet(
      request.endpoint,
      (one) => one.kind !== 'staleRead' || lastAnswers.has(identityOf(request)),
    );
    const answer = await answerWith(fault, request, message.socket);
    if (answer === null) message.socket.destroy();
    else if (!message.socket.destroyed) write(response, answer);
  }

  /** Null where the client gets no answer. */
  async function answerWith(
    fault: Fault | null,
    request: FaceRequest,
    socket: Socket,
  ): Promise<FaceAnswer | null> {
    if (fault === null) return handled(request);
    switch (fault.kind) {
      case 'requestLost':
        return null;
      case 'answerLost':
        await handled(request);
        return null;
      case 'hang':
        await hold(socket, null);
        return null;
      case 'latency': {
        // It takes effect when it arrives and the answer is slow, so that a client that leaves changes nothing.
        const answer = await handled(request);
        return (await hold(socket, fault.delayMs)) === 'passed' ? answer : null;
      }
      case 'rateLimited':
        return {
          status: 429,
          headers: { 'retry-after': String(fault.retryAfterSeconds) },
          body: textOf(options.rateLimitedBody, request),
        };
      case 'serverError':
        return { status: fault.status, body: textOf(options.serverErrorBody, request) };
      case 'emptyAnswer':
        return { status: 200, body: '' };
      case 'staleRead': {
        const last = lastAnswers.get(identityOf(request));
        assert(last !== undefined, 'a stale read is met only where an answer is remembered');
        return options.staleRead?.(last, request) ?? last;
      }
      case 'droppedPage':
        return options.droppedPage?.(await handled(request), request) ?? null;
      case 'malformedRow':
        return options.malformedRow?.(await handled(request), request) ?? null;
    }
  }

  async function handled(request: FaceRequest): Promise<FaceAnswer> {
    const answer = await handle(request);
    const identity = identityOf(request);
    lastAnswers.delete(identity);
    lastAnswers.set(identity, answer);
    for (const oldest of lastAnswers.keys()) {
      if (lastAnswers.size <= REMEMBERED_ANSWERS_MAX) break;
      lastAnswers.delete(oldest);
    }
    return answer;
  }

  /** Parks a request until the clock has moved on, or, without a delay, until its client leaves. */
  function hold(socket: Socket, delayMs: number | null): Promise<'passed' | 'left'> {
    // The socket and not the response tells of the end: a response that waits behind another never hears of it.
    if (socket.destroyed) return Promise.resolve('left');
    return new Promise((resolve) => {
      const end = (how: 'passed' | 'left') => {
        parked -= 1;
        socket.off('close', leave);
        if (timer !== null) clock.clearTimeout(timer);
        resolve(how);
      };
      const leave = () => end('left');
      const timer = delayMs === null ? null : clock.setTimeout(() => end('passed'), delayMs);
      parked += 1;
      socket.once('close', leave);
    });
  }

  function write(response: ServerResponse, answer: FaceAnswer): void {
    response.writeHead(answer.status, {
      'content-type': 'application/json; charset=utf-8',
      ...answer.headers,
      date: new Date(clock.now()).toUTCString(),
      'content-length': Buffer.byteLength(answer.body),
    });
    response.end(answer.body);
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inject(plan: PlannedFault) {
      const { kind } = plan.fault;
      assert(kind !== 'droppedPage' || options.droppedPage, `${options.name} knows how to drop a page`);
      assert(kind !== 'malformedRow' || options.malformedRow, `${options.name} knows how to break a row`);
      faults.inject(plan);
    },
    parked: () => parked,
    faultsMet: () => faults.met(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, ...underWay]);
    },
  };
}

function parseRequest(
  message: IncomingMessage,
  body: string,
  endpointOf: HttpFaceOptions['endpointOf'],
): FaceRequest {
  const url = new URL(message.url ?? '/', 'http://127.0.0.1');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const request = {
    method: message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
  };
  return { ...request, endpoint: endpointOf?.(request) ?? `${request.method} ${request.path}` };
}

/** Null where the body is larger than the limit. */
async function readBody(message: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // What is beyond the limit is read and dropped, so that the client hears the refusal instead of a reset.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString('utf8');
}

function identityOfBytes(request: FaceRequest): string {
  return `${request.method} ${request.path}?${request.query.toString()}\n${request.body}`;
}

function textOf(body: HttpFaceOptions['serverErrorBody'], request: FaceRequest): string {
  return typeof body === 'function' ? body(request) : (body ?? '');
}
