import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedRequest {
  readonly method: string;
  /** Path and query as they came over the wire. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** How many requests of this method and path came before. */
  readonly earlier: number;
}

export type ScriptedAnswer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | object;
    }
  /** No answer at all, with the connection open. */
  | 'hang'
  /** The connection is closed without an answer. */
  | 'cut';

export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly ScriptedRequest[];
  close(): Promise<void>;
}

/** A server on loopback that answers each request as the test says. Answers carry the machine's Date unless told otherwise. */
export async function serveScript(
  answer: (request: ScriptedRequest) => ScriptedAnswer,
): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://127.0.0.1');
      const method = message.method ?? 'GET';
      const request: ScriptedRequest = {
        method,
        target: message.url ?? '/',
        path: url.pathname,
        query: url.searchParams,
        headers: message.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        earlier: requests.filter((one) => one.method === method && one.path === url.pathname).length,
      };
      requests.push(request);
      const answered = answer(request);
      if (answered === 'hang') return;
      if (answered === 'cut') {
        response.destroy();
        return;
      }
      const body = typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body);
      response.writeHead(answered.status ?? 200, { 'content-type': 'application/json', ...answered.headers });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
