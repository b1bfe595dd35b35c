import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EchoingProxy {
  readonly url: string;
  /** Whether requests get an error that quotes them, instead of the server's answer. */
  isEchoing: boolean;
  /** How many answers have quoted something. */
  echoes(): number;
  close(): Promise<void>;
}

const STATUSES = [400, 401, 403, 404, 409, 422, 500, 503, 200];

/**
 * Stands before a server on loopback. Echoing, it answers with what it was sent, line, headers and body, and with one
 * of the texts of `more` before that, begun and cut anywhere: as plain text, as JSON, as an error of JSON-RPC, and as an
 * order that was refused.
 */
export async function serveEcho(
  target: () => string,
  { more, strip = '' }: { readonly more: readonly string[]; readonly strip?: string },
): Promise<EchoingProxy> {
  let count = 0;
  const proxy = { isEchoing: false };

  function echo(message: IncomingMessage, body: string, response: ServerResponse): void {
    const text = more[count % more.length] ?? '';
    const status = STATUSES[count % STATUSES.length] ?? 500;
    const cut = count % 7;
    const shape = Math.floor(count / more.length) % 4;
    count += 1;
    const headers = `authorization ${message.headers.authorization} ${JSON.stringify(message.headers)}`;
    const quoted = `${text.slice(cut, text.length - cut)} ${message.method} ${message.url} ${headers} ${body}`;
    const refusal = { error: quoted, message: quoted, failure_reason: quoted, error_details: quoted };
    const rpc = { jsonrpc: '2.0', id: idOf(body), error: { code: -32_000, message: quoted, data: quoted } };
    const bodies = [
      quoted,
      JSON.stringify(refusal),
      JSON.stringify(rpc),
      JSON.stringify({ success: false, order_id: '', error_response: refusal, ...refusal }),
    ];
    response.writeHead(shape >= 2 ? 200 : status, { 'content-type': 'application/json' });
    response.end(bodies[shape]);
  }

  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const body = Buffer.concat(chunks);
      if (proxy.isEchoing) return echo(message, body.toString('utf8'), response);
      const base = new URL(target());
      const path = (message.url ?? '/').replace(strip, '');
      const place = {
        host: base.hostname,
        port: base.port,
        method: message.method,
        headers: message.headers,
      };
      const forwarded = request({ ...place, path: `${base.pathname}${path}`.replaceAll(/\/{2,}/g, '/') });
      forwarded.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      forwarded.on('error', () => response.destroy());
      forwarded.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    echoes: () => count,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function idOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly id?: unknown }).id ?? null;
  } catch {
    return null;
  }
}
