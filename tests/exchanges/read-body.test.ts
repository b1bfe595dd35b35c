import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readBody } from '../../src/exchanges/read-body.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function get(answer: (response: ServerResponse) => void, signal: AbortSignal): Promise<Response> {
  const server = createServer((_message, response) => answer(response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { signal });
}

const LONG = `[${'"row",'.repeat(1_000_000)}"row"]`;

describe('the body of an answer', () => {
  it('is its bytes', async () => {
    const { signal } = new AbortController();
    const response = await get((out) => out.end(LONG), signal);
    expect((await readBody(response, { bytesMax: LONG.length, signal }))?.length).toBe(LONG.length);
  });

  it('is nothing where there is none', async () => {
    const { signal } = new AbortController();
    const response = await get((out) => out.writeHead(204).end(), signal);
    expect(await readBody(response, { bytesMax: 1, signal })).toHaveLength(0);
  });

  it('is null where it is longer than the limit', async () => {
    const { signal } = new AbortController();
    const response = await get((out) => out.end(LONG), signal);
    expect(await readBody(response, { bytesMax: LONG.length - 1, signal })).toBeNull();
  });

  it('ends at the signal where the venue stops in the middle', async () => {
    const controller = new AbortController();
    const response = await get((out) => out.write('['), controller.signal);
    const reading = readBody(response, { bytesMax: 10, signal: controller.signal });
    controller.abort();
    await expect(reading).rejects.toThrow('abort');
  });

  it('ends at the signal where it is not compressed as its headers say', async () => {
    const signal = AbortSignal.timeout(300);
    const response = await get(
      (out) => out.writeHead(200, { 'content-encoding': 'br' }).end(LONG),
      new AbortController().signal,
    );
    await expect(readBody(response, { bytesMax: 2 * LONG.length, signal })).rejects.toThrow();
  });
});
