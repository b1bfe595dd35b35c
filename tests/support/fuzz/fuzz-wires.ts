// Between an adapter and what its venue answered once: keep-alive servers on loopback with every answer in memory.

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ECHO, type GoodAnswer, type ServedAnswer } from './fuzz-answer.ts';

/** An answer that is given instead of the good one; `nth` counts the same request within a run, null means each time. */
export interface ServedChange {
  readonly key: string;
  readonly nth: number | null;
  readonly answer: ServedAnswer;
}

export interface FuzzWires {
  readonly urls: Readonly<Record<string, string>>;
  /** The good answers, by what is asked. Complete once recording has ended. */
  readonly answers: ReadonlyMap<string, GoodAnswer>;
  /** What is not known is no longer asked upstream but answered with 404. */
  endRecording(): void;
  begin(changes: readonly ServedChange[]): void;
  /** What was asked since `begin`, in order. */
  asked(): readonly string[];
  /** What must not come out again: tokens of requests since `begin`. */
  tokens(): readonly string[];
  requests(): number;
  close(): Promise<void>;
}

/** Stands in a recorded JSON-RPC answer for the id of the call. */
const ID = '§id§';
const NOT_FOUND: GoodAnswer = {
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: '{"error":"NOT_FOUND"}',
};

/** `secretPath` becomes the path of every address, as a provider's key does; answers are the same under it. */
export async function openFuzzWires(
  upstreams: Readonly<Record<string, string>>,
  secretPath = '',
): Promise<FuzzWires> {
  const answers = new Map<string, GoodAnswer>();
  const servers: Server[] = [];
  const urls: Record<string, string> = {};
  let changes: readonly ServedChange[] = [];
  let counts = new Map<string, number>();
  let asked: string[] = [];
  let tokens = new Set<string>();
  let isRecording = true;
  let requests = 0;

  async function serve(name: string, upstream: string, message: IncomingMessage, response: ServerResponse) {
    const body = await textOf(message);
    const path = (message.url ?? '/').slice(secretPath.length) || '/';
    const call = callOf(body);
    const key = `${name} ${message.method} ${path}${call.body === '' ? '' : ` ${call.body}`}`;
    const authorization = message.headers.authorization ?? '';
    if (authorization !== '') tokens.add(authorization.slice('Bearer '.length));
    requests += 1;
    const earlier = counts.get(key) ?? 0;
    counts.set(key, earlier + 1);
    asked.push(key);
    const good =
      answers.get(key) ?? (isRecording ? await forwarded(upstream, path, message, body) : NOT_FOUND);
    if (isRecording) answers.set(key, good);
    const change = changes.find((one) => one.key === key && (one.nth === null || one.nth === earlier));
    const answer = change?.answer ?? { ...good, isCut: false };
    write(response, answer, { id: call.id, echo: `${authorization} ${urls[name]}${path}` });
  }

  for (const [name, upstream] of Object.entries(upstreams)) {
    const server = createServer((message, response) => {
      serve(name, upstream, message, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    servers.push(server);
    urls[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}${secretPath}`;
  }

  return {
    urls,
    answers,
    endRecording() {
      isRecording = false;
    },
    begin(next) {
      changes = next;
      counts = new Map();
      asked = [];
      tokens = new Set();
    },
    asked: () => asked,
    tokens: () => [...tokens],
    requests: () => requests,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

/** The part of a JSON-RPC call that its answer depends on, and its id. */
function callOf(body: string): { readonly body: string; readonly id: string | null } {
  if (!body.startsWith('{')) return { body, id: null };
  const { id, ...rest } = JSON.parse(body) as { readonly id?: unknown };
  // The slot that a node must have seen follows from earlier answers: a node that has seen it answers the same.
  const text = JSON.stringify(rest).replace(/,"minContextSlot":[^,}]+/, '');
  return { body: text, id: id === undefined ? null : JSON.stringify(id) };
}

async function forwarded(
  upstream: string,
  path: string,
  message: IncomingMessage,
  body: string,
): Promise<GoodAnswer> {
  const { connection: _connection, 'accept-encoding': _encoding, ...headers } = message.headers;
  const base = new URL(upstream);
  const sent = request(new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base), {
    method: message.method,
    headers,
    agent: false,
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const text = await textOf(answer);
  const { id } = callOf(body);
  return {
    status: answer.statusCode ?? 500,
    headers: Object.fromEntries(
      Object.entries(answer.headers).flatMap(([name, value]) =>
        name === 'content-type' || name === 'date' ? [[name, String(value)]] : [],
      ),
    ),
    body: id === null ? text : text.replace(`"id":${id}`, `"id":"${ID}"`),
  };
}

function write(
  response: ServerResponse,
  { status, headers, body, isCut }: ServedAnswer,
  known: { readonly id: string | null; readonly echo: string },
): void {
  const bytes = typeof body === 'string' ? Buffer.from(filled(body, known)) : body;
  response.sendDate = false;
  const isBodiless = status === 204 || status === 304;
  response.writeHead(status, { ...headers, ...(isBodiless ? {} : { 'content-length': bytes.length }) });
  if (isBodiless) response.end();
  else if (!isCut) response.end(bytes);
  else response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy());
}

function filled(body: string, { id, echo }: { readonly id: string | null; readonly echo: string }): string {
  const named = id === null ? body : body.replace(`"${ID}"`, id);
  return named.includes(ECHO) ? named.replace(ECHO, () => echo) : named;
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
