import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SolanaProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** An endpoint before the simulated chain's that may change what each answer says on the way. */
export async function openSolanaProxy(
  target: string,
  change: (answer: unknown, request: { readonly path: string; readonly body: string }) => unknown,
): Promise<SolanaProxy> {
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', async () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const { method = 'GET', url: path = '/' } = message;
      const init = method === 'GET' ? { method } : { method, body };
      const answer = await (await fetch(`${target}${path}`, init)).json();
      const changed = change(answer, { path, body });
      response.end(typeof changed === 'string' ? changed : JSON.stringify(changed));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
