import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FaceRequest, HttpFace, HttpFaceOptions } from '../../../src/exchanges/simulated/http-face.ts';
import { serveHttp } from '../../../src/exchanges/simulated/http-face.ts';
import type { Fault } from '../../../src/exchanges/simulated/simulated-venue.ts';
import { TurnClock } from '../../../src/platform/turn-clock.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';

const open: HttpFace[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((face) => face.close()));
});

async function start(options: Partial<HttpFaceOptions> = {}) {
  const clock = new ManualClock();
  const seen: FaceRequest[] = [];
  const face = await serveHttp({
    name: 'test venue',
    clock,
    handle: (request) => {
      seen.push(request);
      return { status: 200, body: JSON.stringify({ answer: seen.length }) };
    },
    ...options,
  });
  open.push(face);
  const plan = (fault: Fault, endpoint = 'GET /v4/orders', count = 1) =>
    face.inject({ fault, endpoint, count });
  return { clock, seen, face, plan };
}

const until = async (claim: () => boolean) => {
  while (!claim()) await settle();
};
const text = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    () => 'lost',
  );

describe('serveHttp', () => {
  it('hands the request over as it was sent and stamps the answer with the time of the clock', async () => {
    const { clock, seen, face } = await start();
    await clock.advance(90_000, 90_000);
    const response = await fetch(`${face.url}/v4/orders?a=1&a=2`, {
      method: 'POST',
      body: '{"x":1}',
      headers: { 'X-Key': 'k' },
    });
    expect(response.headers.get('date')).toBe('Thu, 01 Jan 1970 00:01:30 GMT');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(seen[0]).toMatchObject({
      method: 'POST',
      path: '/v4/orders',
      body: '{"x":1}',
      endpoint: 'POST /v4/orders',
    });
    expect(seen[0]?.query.getAll('a')).toEqual(['1', '2']);
    expect(seen[0]?.headers['x-key']).toBe('k');
    await response.text();
  });

  it('keeps a connection alive between requests', async () => {
    const { face } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve, reject) => {
        const sent = httpRequest(face.url, { agent }, (response) => {
          ports.push(response.socket.localPort);
          response.resume().once('end', () => resolve());
        });
        sent.once('error', reject).end();
      });
    }
    agent.destroy();
    expect(new Set(ports).size).toBe(1);
  });

  it('answers slowly as the clock says, after the request has taken effect', async () => {
    const { clock, seen, face, plan } = await start();
    plan({ kind: 'latency', delayMs: 250 });
    const answer = text(`${face.url}/v4/orders`);
    await until(() => face.parked() === 1);
    expect(seen).toHaveLength(1);
    clock.increment(249);
    expect(face.parked()).toBe(1);
    clock.increment(1);
    expect(face.parked()).toBe(0);
    expect(await answer).toBe('{"answer":1}');
  });

  it('lets go of a slow request whose client has left', async () => {
    const { face, plan } = await start();
    plan({ kind: 'latency', delayMs: 250 });
    const abort = new AbortController();
    const answer = outcome(fetch(`${face.url}/v4/orders`, { signal: abort.signal }));
    await until(() => face.parked() === 1);
    abort.abort();
    expect(face.parked()).toBe(1);
    expect(await answer).toBe('lost');
    await until(() => face.parked() === 0);
  });

  it('hangs until the client leaves, without any effect', async () => {
    const { clock, seen, face, plan } = await start();
    plan({ kind: 'hang' });
    const abort = new AbortController();
    const answer = outcome(fetch(`${face.url}/v4/orders`, { signal: abort.signal }));
    await until(() => face.parked() === 1);
    clock.increment(86_400_000);
    expect(face.parked()).toBe(1);
    abort.abort();
    await until(() => face.parked() === 0);
    expect(await answer).toBe('lost');
    expect(seen).toHaveLength(0);
  });

  it('ends what hangs and what is slow when it closes', async () => {
    const { clock, face, plan } = await start();
    plan({ kind: 'hang' });
    plan({ kind: 'latency', delayMs: 1_000 });
    const answers = [outcome(text(`${face.url}/v4/orders`)), outcome(text(`${face.url}/v4/orders`))];
    await until(() => face.parked() === 2);
    await face.close();
    expect(face.parked()).toBe(0);
    expect(await Promise.all(answers)).toEqual(['lost', 'lost']);
    clock.increment(1_000);
    await face.close();
  });

  it('lets go of every request on a connection that ends', async () => {
    const { face, plan } = await start();
    plan({ kind: 'hang' }, 'GET /v4/orders', 2);
    const socket = connect(Number(new URL(face.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /v4/orders HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    await until(() => face.parked() === 2);
    socket.destroy();
    await until(() => face.parked() === 0);
  });

  it('forgets a request whose client leaves before it is complete', async () => {
    const { seen, face } = await start();
    const socket = connect(Number(new URL(face.url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345');
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    await settle();
    socket.destroy();
    expect(await text(face.url)).toBe('{"answer":1}');
    await face.close();
    expect(seen).toHaveLength(1);
  });

  it('loses the answer after the request has taken effect, and the request before', async () => {
    const { seen, face, plan } = await start();
    plan({ kind: 'answerLost' });
    plan({ kind: 'requestLost' });
    expect(await outcome(text(`${face.url}/v4/orders`))).toBe('lost');
    expect(seen).toHaveLength(1);
    expect(await outcome(text(`${face.url}/v4/orders`))).toBe('lost');
    expect(seen).toHaveLength(1);
    expect(await text(`${face.url}/v4/orders`)).toBe('{"answer":2}');
  });

  it('limits the rate and fails in the words of the venue', async () => {
    const { seen, face, plan } = await start({
      rateLimitedBody: 'slow down',
      serverErrorBody: (request) => `no ${request.path}`,
    });
    plan({ kind: 'rateLimited', retryAfterSeconds: 7 });
    plan({ kind: 'serverError', status: 503 });
    plan({ kind: 'emptyAnswer' });
    const limited = await fetch(`${face.url}/v4/orders`);
    expect([limited.status, limited.headers.get('retry-after'), await limited.text()]).toEqual([
      429,
      '7',
      'slow down',
    ]);
    const failed = await fetch(`${face.url}/v4/orders`);
    expect([failed.status, await failed.text()]).toEqual([503, 'no /v4/orders']);
    const empty = await fetch(`${face.url}/v4/orders`);
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    expect(seen).toHaveLength(0);
  });

  it('repeats the last answer only to the same read', async () => {
    const { face, plan } = await start();
    plan({ kind: 'staleRead' });
    expect(await text(`${face.url}/v4/orders?limit=1`)).toBe('{"answer":1}');
    expect(await text(`${face.url}/v4/orders?limit=2`)).toBe('{"answer":2}');
    expect(await text(`${face.url}/v4/orders?limit=1`)).toBe('{"answer":1}');
    expect(await text(`${face.url}/v4/orders?limit=1`)).toBe('{"answer":3}');
    expect(face.faultsMet()[0]?.met).toBe(1);
  });

  it('repeats a read that the face says is the same, fitted to its request', async () => {
    const { face, plan } = await start({
      endpointOf: (request) => `RPC ${(JSON.parse(request.body) as { method: string }).method}`,
      identityOf: (request) => (JSON.parse(request.body) as { method: string }).method,
      handle: (request) => ({
        status: 200,
        body: `first ${(JSON.parse(request.body) as { id: string }).id}`,
      }),
      staleRead: (answer, request) => ({
        ...answer,
        body: `${answer.body} for ${(JSON.parse(request.body) as { id: string }).id}`,
      }),
    });
    plan({ kind: 'staleRead' }, 'RPC getBalance');
    const call = (id: string) =>
      text(face.url, { method: 'POST', body: JSON.stringify({ id, method: 'getBalance' }) });
    expect([await call('a'), await call('b'), await call('c')]).toEqual([
      'first a',
      'first a for b',
      'first c',
    ]);
  });

  it('drops a page and breaks a row as the face knows how', async () => {
    const { face, plan } = await start({
      droppedPage: (answer) => ({ ...answer, body: 'more follows' }),
      malformedRow: (answer) => ({ ...answer, body: 'broken' }),
    });
    plan({ kind: 'droppedPage' });
    plan({ kind: 'malformedRow' });
    expect([await text(`${face.url}/v4/orders`), await text(`${face.url}/v4/orders`)]).toEqual([
      'more follows',
      'broken',
    ]);
  });

  it('refuses a fault that the face has no shape for', async () => {
    const { plan } = await start();
    expect(() => plan({ kind: 'droppedPage' })).toThrow('test venue knows how to drop a page');
  });

  it('uses faults up in the order of injection and reports how many requests met each', async () => {
    const { face, plan } = await start();
    plan({ kind: 'serverError', status: 500 }, '/v4/orders', 2);
    plan({ kind: 'serverError', status: 502 }, 'GET /v4', 1);
    const statuses: number[] = [];
    for (const path of ['/v4/orders', '/v4/fills', '/v4/orders', '/v4/orders', '/other']) {
      const response = await fetch(`${face.url}${path}`);
      await response.text();
      statuses.push(response.status);
    }
    expect(statuses).toEqual([500, 502, 500, 200, 200]);
    expect(face.faultsMet().map(({ met }) => met)).toEqual([2, 1]);
  });

  it('refuses a body beyond the limit and stays in service', async () => {
    const { seen, face } = await start();
    const large = await fetch(face.url, { method: 'POST', body: 'x'.repeat(1_048_577) });
    expect(large.status).toBe(413);
    const fits = await fetch(face.url, { method: 'POST', body: 'x'.repeat(1_048_576) });
    expect(fits.status).toBe(200);
    await fits.text();
    expect(seen).toHaveLength(1);
  });

  it('answers 500 with the message where the face itself fails', async () => {
    const { face } = await start({
      handle: () => {
        throw new Error('no such market');
      },
    });
    const response = await fetch(face.url);
    expect([response.status, await response.text()]).toEqual([500, 'test venue failed: no such market']);
  });
});

describe('invariants of the wire', () => {
  it('1. A request that is held back on purpose waits on the injected clock alone, never on real time.', async () => {
    const { clock, face, plan } = await start();
    const anyDelays = fc.array(fc.integer({ min: 1, max: 86_400_000 }), { minLength: 1, maxLength: 4 });
    const anyMoves = fc.array(fc.integer({ min: 1, max: 40_000_000 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(anyDelays, anyMoves, async (delays, moves) => {
        for (const delayMs of delays) plan({ kind: 'latency', delayMs });
        const answers = delays.map(() => text(`${face.url}/v4/orders`));
        await until(() => face.parked() === delays.length);
        let passedMs = 0;
        for (const ms of [...moves, 86_400_000]) {
          await settle();
          clock.increment(ms);
          passedMs += ms;
          expect(face.parked()).toBe(delays.filter((delayMs) => delayMs > passedMs).length);
        }
        await Promise.all(answers);
      }),
      { numRuns: 30 },
    );
  });

  const effects: readonly (readonly [string, Fault | null, number])[] = [
    ['without a fault', null, 1],
    ['with a slow answer', { kind: 'latency', delayMs: 250 }, 1],
    ['with its answer lost', { kind: 'answerLost' }, 1],
    ['lost on its way', { kind: 'requestLost' }, 0],
    ['that hangs', { kind: 'hang' }, 0],
    ['beyond the rate limit', { kind: 'rateLimited', retryAfterSeconds: 1 }, 0],
    ['met by an error', { kind: 'serverError', status: 503 }, 0],
    ['answered with nothing', { kind: 'emptyAnswer' }, 0],
  ];
  it.each(effects)(
    'whether a request takes effect depends on its fault alone, never on when its client leaves: one %s',
    async (_, fault, effect) => {
      for (const leaves of ['at once', 'later', 'never'] as const) {
        const { clock, seen, face, plan } = await start();
        if (fault !== null) plan(fault);
        const socket = connect(Number(new URL(face.url).port), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.resume();
        await new Promise<void>((resolve) =>
          socket.write('GET /v4/orders HTTP/1.1\r\nHost: x\r\n\r\n', () => resolve()),
        );
        if (leaves === 'at once') socket.destroy();
        await until(() => (fault === null ? seen.length === 1 : face.faultsMet()[0]?.met === 1));
        for (let turn = 0; turn < 5; turn += 1) await settle();
        if (leaves === 'later') socket.destroy();
        for (let turn = 0; turn < 5; turn += 1) await settle();
        clock.increment(1_000);
        expect([leaves, seen.length]).toEqual([leaves, effect]);
        socket.destroy();
        await face.close();
        expect(seen).toHaveLength(effect);
      }
    },
  );

  it('3. After `close` has resolved, no socket and no timer is left.', async () => {
    const anyFault = fc.constantFrom<Fault | null>(
      null,
      { kind: 'hang' },
      { kind: 'latency', delayMs: 1_000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyFault, { minLength: 1, maxLength: 5 }), async (faults) => {
        const clock = new TurnClock(0);
        const { face, plan } = await start({ clock });
        for (const fault of faults) if (fault !== null) plan(fault);
        const port = Number(new URL(face.url).port);
        let left = 0;
        for (const _ of faults) {
          const socket = connect(port, '127.0.0.1');
          socket
            .on('error', () => undefined)
            .on('close', () => {
              left += 1;
            });
          socket.resume().write('GET /v4/orders HTTP/1.1\r\nHost: x\r\n\r\n');
        }
        await until(() => face.parked() === faults.filter((fault) => fault !== null).length);
        await face.close();
        expect([face.parked(), clock.nextDueAtMs()]).toEqual([0, null]);
        await until(() => left === faults.length);
        const refused = connect(port, '127.0.0.1');
        const error = await new Promise<Error & { code?: string }>((resolve) =>
          refused.once('error', resolve),
        );
        expect(error.code).toBe('ECONNREFUSED');
      }),
      { numRuns: 20 },
    );
  });
});
