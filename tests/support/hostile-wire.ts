import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/platform/clock.ts';
import { type AnswerTrouble, type BodyTrouble, CHANGES, type Trouble } from './trouble.ts';

export interface WireRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

export interface HostileWire {
  readonly url: string;
  /** Meets every request that matches with trouble; null lets them through. */
  meet(trouble: Trouble | null, matches?: (request: WireRequest) => boolean): void;
  /** Requests that matched since the last `meet`. */
  matched(): number;
  /** Requests whose answers are not over. */
  held(): number;
  /** Huge bodies that were taken to their ends since the last `meet`. */
  overrun(): number;
  /** Changes the text of every answer on its way, whatever the trouble. */
  rewrite(change: (body: string) => string): void;
  close(): Promise<void>;
}

const DRIP_EVERY_MS = 5;
/** Twice what an adapter reads at most. */
const HUGE_BYTES = 32 * 1_024 * 1_024;
const CHUNK = Buffer.alloc(256 * 1_024, ' ');
const JSON_TYPE = { 'content-type': 'application/json' };

/** Stands on loopback between an adapter and its venue's server, and breaks what goes over it. Redirects lead to `trap`. */
export async function serveHostileWire(upstream: string, trap: string): Promise<HostileWire> {
  let plan: { readonly trouble: Trouble | null; readonly matches: (request: WireRequest) => boolean } = {
    trouble: null,
    matches: () => true,
  };
  let rewrite = (body: string): string => body;
  let [matched, held, overrun] = [0, 0, 0];

  const server = createServer((message, response) => {
    held += 1;
    response.once('close', () => {
      held -= 1;
    });
    serve(message, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await textOf(message)) ?? '';
    const isMet = plan.matches({ method: message.method ?? 'GET', path: message.url ?? '/', body });
    if (isMet) matched += 1;
    const trouble = isMet ? plan.trouble : null;
    if (trouble !== null && trouble !== 'lostAnswer' && !isChange(trouble))
      return answerBadly(trouble, response);
    const answer = await forward(upstream, message, body);
    if (trouble === 'lostAnswer') return void response.socket?.destroy();
    const text = rewrite(trouble === null ? answer.body : CHANGES[trouble](answer.body));
    response.writeHead(answer.status, answer.headers).end(text);
  }

  async function answerBadly(trouble: AnswerTrouble, response: ServerResponse): Promise<void> {
    switch (trouble) {
      case 'rateLimited':
        return void response.writeHead(429, JSON_TYPE).end('{"error":"too many requests"}');
      case 'rateLimitedFor7s':
        return void response.writeHead(429, { ...JSON_TYPE, 'retry-after': '7' }).end('{}');
      case 'serverError':
        return void response.writeHead(503, JSON_TYPE).end('{"error":"unavailable"}');
      case 'refused':
        return void response.writeHead(403, JSON_TYPE).end('{"error":"forbidden"}');
      case 'redirect':
        return void response.writeHead(302, { location: trap }).end();
      case 'emptyBody':
        return void response.writeHead(200, JSON_TYPE).end();
      case 'html':
        return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome</html>');
      case 'hang':
        return;
      case 'reset':
        return void response.socket?.resetAndDestroy();
      case 'drip':
        response.writeHead(200, JSON_TYPE);
        while (!response.destroyed) {
          response.write(' ');
          await new Promise((resolve) => systemClock.setTimeout(resolve, DRIP_EVERY_MS));
        }
        return;
      case 'huge': {
        response.writeHead(200, JSON_TYPE);
        const left = once(response, 'close');
        for (let sent = 0; !response.destroyed; sent += CHUNK.length) {
          if (sent >= HUGE_BYTES) {
            overrun += 1;
            return void response.end();
          }
          if (!response.write(CHUNK)) await Promise.race([once(response, 'drain'), left]);
        }
      }
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    meet(trouble, matches = () => true) {
      plan = { trouble, matches };
      [matched, overrun] = [0, 0];
    },
    matched: () => matched,
    held: () => held,
    overrun: () => overrun,
    rewrite(change) {
      rewrite = change;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const isChange = (trouble: Trouble): trouble is BodyTrouble => Object.hasOwn(CHANGES, trouble);

/** The same request at the venue's server, with the host that its client meant: tokens are signed for it. */
async function forward(upstream: string, message: IncomingMessage, body: string) {
  const url = new URL(message.url ?? '/', upstream);
  const { connection: _connection, 'accept-encoding': _encoding, ...headers } = message.headers;
  const sent = request(url, { method: message.method, headers, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const text = await textOf(answer);
  const {
    'content-length': _length,
    'transfer-encoding': _transfer,
    connection: _kept,
    ...kept
  } = answer.headers;
  return { status: answer.statusCode ?? 500, headers: kept as Record<string, string>, body: text };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
