import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assert } from '../../domain/assert.ts';
import type { MetricsConfiguration } from '../configuration.ts';
import { isLoopback } from './metrics-address.ts';

/** Nothing that scrapes sends more. */
const HEADER_BYTES_MAX = 8_192;
/** A scraper, a probe, and a person with a browser; further connections are closed at once. */
const CONNECTIONS_MAX = 16;
/** Whoever has not sent a whole request by then is sent away. */
const REQUEST_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 15_000;

export interface MetricsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface MetricsServer {
  /** Where it listens, such as "http://127.0.0.1:9464", without a slash at the end. */
  readonly url: string;
  /** Waits for the answers under way. Afterwards no socket is left. */
  close(): Promise<void>;
}

/** What is served under a path; null where nothing is. */
export type AnswerPath = (path: string) => Promise<MetricsAnswer | null>;

/**
 * Serves what `answer` gives for GET, and 404 for everything else. A request with a body is refused with 413.
 *
 * @throws where the port cannot be had, with the port and why.
 */
export async function serveMetrics(
  at: MetricsConfiguration,
  { answer, onProblem }: { readonly answer: AnswerPath; readonly onProblem: (problem: string) => void },
): Promise<MetricsServer> {
  assert(isLoopback(at.host), `metrics are served to this machine alone: ${at.host}`);
  const underWay = new Set<Promise<void>>();
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    const served = serve(request, response, answer)
      .catch((error: unknown) => {
        write(response, { status: 500, contentType: 'text/plain', body: 'failed\n' });
        onProblem(`metrics: ${request.url ?? ''} could not be answered: ${String(error)}`);
      })
      .finally(() => underWay.delete(served));
    underWay.add(served);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = IDLE_TIMEOUT_MS;
  const port = await listen(server, at);
  server.on('error', (error) => onProblem(`metrics: the server on port ${port} failed: ${error.message}`));
  return {
    url: `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all(underWay);
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, { host, port }: MetricsConfiguration): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const found = error.code === 'EADDRINUSE' ? `${port}, which is in use` : `${port}: ${error.message}`;
      reject(new Error(`metrics.port: expected a free port of ${host}, found ${found}`, { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const NOT_FOUND: MetricsAnswer = { status: 404, contentType: 'text/plain', body: 'not found\n' };
const TOO_LARGE: MetricsAnswer = { status: 413, contentType: 'text/plain', body: 'no body is taken\n' };

async function serve(request: IncomingMessage, response: ServerResponse, answer: AnswerPath): Promise<void> {
  if (hasBody(request)) {
    response.shouldKeepAlive = false;
    return write(response, TOO_LARGE);
  }
  // The path alone: what stands behind a question mark changes nothing.
  const path = (request.url ?? '').split('?')[0] ?? '';
  write(response, (request.method === 'GET' ? await answer(path) : null) ?? NOT_FOUND);
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function write(response: ServerResponse, { status, contentType, body }: MetricsAnswer): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
