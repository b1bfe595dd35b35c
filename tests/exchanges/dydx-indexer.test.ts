import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type OpenDydxIndexer, openDydxIndexer } from '../../src/exchanges/dydx/dydx-indexer.ts';
import { loadDydxSdk } from '../../src/exchanges/dydx/dydx-sdk.ts';
import { REQUEST_TIMEOUT_MS } from '../../src/resilience/request-gate.ts';
import { manualPace } from '../support/manual-pace.ts';

const { clock, pace } = manualPace();
let server: Server;
let indexer: OpenDydxIndexer;
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { sdk } = loadDydxSdk();
  indexer = openDydxIndexer({
    sdk,
    indexerUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    now: () => 0,
    pace,
  });
});
beforeEach(() => {
  answer = (response) => response.end('{}');
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const read = (signal = new AbortController().signal) =>
  indexer.read('GET /v4/height', ({ utility }) => utility.getHeight(), signal);

describe('invariants of requests to the indexer', () => {
  it("1. Every request ends: by an answer, the caller's signal, or the timeout.", async () => {
    const abort = new AbortController();
    const hangs: Readonly<Record<string, (response: ServerResponse) => void>> = {
      'before a byte': () => undefined,
      'after its headers': (response) => response.writeHead(200).flushHeaders(),
      'in its body': (response) => response.writeHead(200, { 'content-length': '9' }).write('{"hei'),
    };
    expect(await read()).toMatchObject({ state: 'answered', body: {} });
    for (const [where, hang] of Object.entries(hangs)) {
      answer = (response) => {
        hang(response);
        void clock.moveTo(clock.now() + REQUEST_TIMEOUT_MS);
      };
      expect([where, await read()]).toMatchObject([
        where,
        { reason: 'timedOut', detail: 'GET /v4/height: no answer within 10000 ms' },
      ]);
      // While time stands still nothing but the signal can end it.
      const deadline = new AbortController();
      answer = (response) => {
        hang(response);
        deadline.abort();
      };
      expect([where, await read(deadline.signal)]).toMatchObject([
        where,
        { state: 'unknown', reason: 'timedOut' },
      ]);
    }
    abort.abort();
    expect(await read(abort.signal)).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });

  it('2. What is hashed are the bytes of the body as they came; what is parsed is the same bytes.', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.nat(3), fc.nat(3), async (value, indent, spaces) => {
        const text = `${' '.repeat(spaces)}${JSON.stringify(value, null, indent)}\n`;
        const bytes = Buffer.from(text, 'utf8');
        answer = (response) => response.end(bytes);
        const read1 = await read();
        if (read1.state === 'unknown') throw new Error(read1.detail);
        expect(read1.body).toEqual(JSON.parse(text));
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(read1.proofOf(3)).toEqual({ endpoint: 'GET /v4/height', rows: 3, sha256 });
      }),
      { numRuns: 100 },
    );
  });

  it('3. Trouble is an `Unknown`, never a throw and never an empty list.', async () => {
    const anyBody = fc.constantFrom(
      '',
      'null and void',
      '<html></html>',
      '[{"id":"x"',
      Buffer.from([0xff, 0xfe]),
    );
    const anyTrouble = fc.oneof(
      fc.record({
        status: fc.integer({ min: 300, max: 599 }),
        body: fc.constantFrom('', '[]', '{"errors":[]}'),
      }),
      fc.record({ status: fc.constant(200), body: anyBody }),
      fc.constant('cut' as const),
      fc.constant('cut in its body' as const),
    );
    await fc.assert(
      fc.asyncProperty(anyTrouble, async (trouble) => {
        answer = (response) => {
          if (typeof trouble === 'object') response.writeHead(trouble.status).end(trouble.body);
          else {
            if (trouble === 'cut in its body') response.writeHead(200, { 'content-length': '9' }).write('[]');
            response.destroy();
          }
        };
        const found = await read();
        expect([trouble, found]).toMatchObject([trouble, { state: 'unknown', detail: expect.any(String) }]);
        expect(found).not.toHaveProperty('body');
      }),
      { numRuns: 200 },
    );
    const broken = indexer.read(
      'GET /x',
      () => Promise.reject(new Error('a bug of the SDK')),
      new AbortController().signal,
    );
    expect(await broken).toMatchObject({ state: 'unknown', reason: 'unreachable' });
  });
});
