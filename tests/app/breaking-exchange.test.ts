import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Announcement, BreakerChanged } from '../../actors/messages/announcements.ts';
import { breakExchange } from '../../src/app/breaking-exchange.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { type UnknownReason, unknown } from '../../src/domain/venue/observation.ts';
import type { OrderInstruction } from '../../src/domain/venue/order.ts';
import type { InProcessExchange } from '../../src/exchanges/simulated/in-process-exchange.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { openHarness } from '../../src/replay/harness.ts';
import { replayService } from '../../src/replay/replay-service.ts';
import { isWorthRetrying } from '../../src/resilience/retry-delay.ts';
import { withFolder } from '../support/journal-file.ts';
import { serviceSettings } from '../support/service-settings.ts';
import { MINUTE_MS, START_MS, simulatedAccount } from '../support/trading-session.ts';

const signal = new AbortController().signal;
const READS = ['observe', 'readActivity', 'readMarkets'] as const;
type ReadMethod = (typeof READS)[number];

function start(pollIntervalMs = 300_000) {
  const clock = new TurnClock(START_MS);
  const { exchange, venue } = simulatedAccount('coinbase', clock);
  const announcements: BreakerChanged[] = [];
  const ports = { now: clock.now, announce: (each: BreakerChanged) => announcements.push(each) };
  const broken = breakExchange(exchange, { ...ports, pollIntervalMs });
  const read = (method: ReadMethod, until = signal) => {
    if (method === 'observe') return broken.observe({ fillsSinceMs: null }, until);
    if (method === 'readActivity') return broken.readActivity({ sinceMs: START_MS, assets: ['BTC'] }, until);
    return broken.readMarkets(['BTC-USD'], until);
  };
  /** Reads a number of times, the venue in this trouble each time. */
  const readIn = async (reason: UnknownReason, count: number, method: ReadMethod = 'observe') => {
    exchange.inject({ kind: 'unknown', method, reason }, count);
    for (let call = 0; call < count; call += 1) expect(await read(method)).toMatchObject({ reason });
  };
  const states = () =>
    announcements.map(({ endpointClass, state, atMs }) => [endpointClass, state, atMs - START_MS]);
  const pass = (ms: number) => clock.moveTo(clock.now() + ms);
  return { clock, exchange, venue, broken, read, readIn, announcements, states, pass };
}

const KNOWN = { state: 'known' };
const instruction: OrderInstruction = {
  intentId: 'intent-1',
  venue: 'coinbase',
  market: 'BTC-USD',
  side: 'buy',
  quantity: amount('0.01'),
  limitPrice: amount('10000'),
  timeInForce: 'goodTilCancelled',
  reduceOnly: false,
  clientOrderId: 'client-1',
};

describe('a venue behind its circuit breakers', () => {
  it('is not asked after 5 reads that did not reach it, and whoever asks hears at once why and until when', async () => {
    const { read, readIn, pass, announcements } = start();
    await readIn('unreachable', 3);
    await readIn('timedOut', 2);
    await pass(12_000);
    // The venue is well again: an answer that is unknown can come from the breaker alone.
    expect(await read('observe')).toEqual({
      state: 'unknown',
      reason: 'unreachable',
      detail:
        'the circuit breaker of coinbase account is open for another 18000 ms after 5 failures: planned',
      retryAfterMs: 30_001,
    });
    const reason = 'open for 30000 ms after 5 failures: planned';
    const place = { venue: 'coinbase', endpointClass: 'account' };
    expect(announcements).toEqual([
      { type: 'breakerChanged', atMs: START_MS, ...place, state: 'open', reason },
    ]);
  });

  it.each([
    'refused',
    'malformed',
    'incomplete',
    'incoherent',
    'stale',
    'wrongScope',
    'suspectSource',
    'rateLimited',
  ] as const)('is asked on after 1 000 answers that are %s: it has answered', async (reason) => {
    const { read, readIn, announcements } = start();
    await readIn(reason, 1_000);
    expect(await read('observe')).toMatchObject(KNOWN);
    expect(announcements).toEqual([]);
  });

  it('takes a refusal for a sign of life, and a rate limit for neither a failure nor a success', async () => {
    const refused = start();
    await refused.readIn('unreachable', 4);
    await refused.readIn('refused', 1);
    await refused.readIn('unreachable', 4);
    expect(await refused.read('observe')).toMatchObject(KNOWN);
    const limited = start();
    await limited.readIn('unreachable', 4);
    await limited.readIn('rateLimited', 1);
    await limited.readIn('unreachable', 1);
    expect(await limited.read('observe')).toMatchObject({ state: 'unknown', reason: 'unreachable' });
  });

  it.each(READS)('has a breaker for each class of endpoints: %s leaves the others alone', async (method) => {
    const { read, readIn, states } = start();
    await readIn('timedOut', 5, method);
    const isAnswered = async (each: ReadMethod) => !('reason' in (await read(each)));
    for (const each of READS) expect(await isAnswered(each)).toBe(each !== method);
    const endpointClass = { observe: 'account', readActivity: 'activity', readMarkets: 'markets' }[method];
    expect(states()).toEqual([[endpointClass, 'open', 0]]);
  });

  it('takes orders, looks them up and cancels them while every read is held back', async () => {
    const { broken, readIn, venue, exchange, announcements } = start();
    for (const method of READS) await readIn('unreachable', 5, method);
    exchange.inject({ kind: 'unknown', method: 'prepareOrder', reason: 'unreachable' }, 30);
    for (let call = 0; call < 30; call += 1) await broken.prepareOrder(instruction, signal);
    const prepared = await broken.prepareOrder(instruction, signal);
    if (prepared.state !== 'prepared') throw new Error(prepared.state);
    expect(await broken.submitOrder(prepared.order, signal)).toMatchObject({ state: 'accepted' });
    const { id } = venue.orders()[0] ?? { id: '' };
    expect(await broken.findOrder(prepared.order, signal)).toMatchObject({ state: 'found', status: 'open' });
    expect(await broken.cancelOrder(prepared.order, id, signal)).toEqual({ state: 'requested' });
    expect(announcements).toHaveLength(3);
  });

  it('is probed after 30 s, after twice as long when that fails, and read as ever once it answers', async () => {
    const { read, readIn, pass, states, announcements } = start();
    await readIn('unreachable', 5);
    await pass(30_000);
    await readIn('unreachable', 1);
    await pass(59_999);
    expect(await read('observe')).toMatchObject({ retryAfterMs: 30_001 });
    await pass(1);
    expect(await read('observe')).toMatchObject(KNOWN);
    await readIn('unreachable', 4);
    expect(await read('observe')).toMatchObject(KNOWN);
    expect(states()).toEqual([
      ['account', 'open', 0],
      ['account', 'halfOpen', 30_000],
      ['account', 'open', 30_000],
      ['account', 'halfOpen', 90_000],
      ['account', 'closed', 90_000],
    ]);
    expect(announcements.map(({ reason }) => reason).slice(1)).toEqual([
      'one probe after 5 failures: planned',
      'open for 60000 ms after 6 failures: planned',
      'one probe after 6 failures: planned',
      'the venue answered the probe',
    ]);
  });

  it('is probed by one question at a time, and a probe that its deadline ends has failed', async () => {
    const { read, readIn, pass, exchange, states } = start();
    await readIn('unreachable', 5);
    await pass(30_000);
    exchange.inject({ kind: 'hang', method: 'observe' });
    const deadline = new AbortController();
    const probe = read('observe', deadline.signal);
    expect(await read('observe')).toEqual({
      state: 'unknown',
      reason: 'unreachable',
      detail: 'the circuit breaker of coinbase account waits for its probe after 5 failures: planned',
      retryAfterMs: 30_001,
    });
    deadline.abort();
    expect(await probe).toMatchObject({ reason: 'timedOut' });
    expect(states().at(-1)).toEqual(['account', 'open', 30_000]);
  });

  it.each([
    ['met a rate limit', (exchange: InProcessExchange) => limitNextReading(exchange)],
    ['met a bug of its adapter', (exchange: InProcessExchange) => breakNextReading(exchange)],
  ])('is probed again by the next question when a probe %s', async (_, spoil) => {
    const { read, readIn, pass, exchange, states } = start();
    await readIn('unreachable', 5);
    await pass(30_000);
    spoil(exchange);
    await read('observe').catch(() => undefined);
    expect(states().at(-1)).toEqual(['account', 'halfOpen', 30_000]);
    expect(await read('observe')).toMatchObject(KNOWN);
  });

  it.each([
    [300_000, 240_000],
    [90_000, 90_000],
    [30_000, 30_001],
  ])(
    'rounds that come every %d ms wait %d ms when it is held for 4 minutes, and never retry',
    async (pollIntervalMs, retryAfterMs) => {
      const { read, readIn, pass } = start(pollIntervalMs);
      await readIn('unreachable', 5);
      for (const openForMs of [30_000, 60_000, 120_000]) {
        await pass(openForMs);
        await readIn('unreachable', 1);
      }
      const held = await read('observe');
      expect(held).toMatchObject({ reason: 'unreachable', retryAfterMs });
      for (let waitedMs = 0; waitedMs < 240_000; waitedMs += 20_000) {
        const answer = await read('observe');
        expect('reason' in answer && isWorthRetrying(answer)).toBe(false);
        await pass(20_000);
      }
    },
  );
});

describe('a service whose venue dies for an hour', () => {
  const GATE_LIMIT_MS = 5 * MINUTE_MS;
  const POLL_MS = 30_000;

  /** Rounds, retries and gates as they are by default. */
  async function session(journal: string) {
    const worldClock = new TurnClock(START_MS);
    const { exchange } = simulatedAccount('coinbase', worldClock);
    const { reconciliation } = serviceSettings([]);
    const pace = { pollIntervalMs: POLL_MS, retryCount: 4, gateTimeLimitMs: GATE_LIMIT_MS };
    const harness = await openHarness({
      settings: serviceSettings([{ markets: ['BTC-USD'], cashAsset: 'USD' }], {
        reconciliation: { ...reconciliation, ...pace },
      }),
      exchanges: [exchange],
      startMs: START_MS,
      worldClock,
      parking: [exchange],
      journal,
    });
    await harness.advanceTo(START_MS + 10 * MINUTE_MS);
    const diedAtMs = harness.clock.now();
    const revive = kill(exchange);
    await harness.advanceTo(diedAtMs + 60 * MINUTE_MS);
    revive();
    await harness.advanceTo(diedAtMs + 66 * MINUTE_MS);
    const isSince = ({ atMs }: { readonly atMs: number }) => atMs > diedAtMs;
    const events = harness.outputs
      .filter(isSince)
      .flatMap((output) => (output.kind === 'event' ? [output.event as Announcement] : []));
    const asked = harness.outputs
      .filter((output) => output.kind === 'call' && output.method === 'observe')
      .filter(isSince)
      .map(({ atMs }) => atMs);
    await harness.close();
    return { diedAtMs, events, asked };
  }

  it('asks it 5 times and then once a probe, closes its gates by their limit, recovers, and replays the same', () =>
    withFolder(async (folder) => {
      const journal = join(folder, 'journal.jsonl');
      const { diedAtMs, events, asked } = await session(journal);
      const changes = events.flatMap((event) => (event.type === 'breakerChanged' ? [event.state] : []));
      const probes = changes.filter((state) => state === 'halfOpen').length;
      // After 30 s, 1, 2, 4 and then 5 minutes, each at most a round late: 13 or 14 in the hour, one after it.
      expect([14, 15]).toContain(probes);
      expect(asked.filter((atMs) => atMs < diedAtMs + 60 * MINUTE_MS)).toHaveLength(5 + probes - 1);
      expect(changes).toEqual(['open', ...times(probes, ['halfOpen', 'open']).flat().with(-1, 'closed')]);
      const gates = events.filter((event) => event.type === 'gateChanged');
      const closedAtMs = gates.find(({ state }) => state === 'closed')?.atMs ?? Number.POSITIVE_INFINITY;
      expect(closedAtMs - diedAtMs).toBeLessThanOrEqual(GATE_LIMIT_MS + POLL_MS);
      expect(gates.at(-1)).toMatchObject({ state: 'open' });
      const reports = events.filter((event) => event.type === 'venueReportMade');
      expect(reports.at(-1)).toMatchObject({ status: 'reconciled' });
      expect(await replayService(journal)).toMatchObject({ identical: true });
    }));
});

const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);

const limitNextReading = (exchange: InProcessExchange): void =>
  exchange.inject({ kind: 'unknown', method: 'observe', reason: 'rateLimited', retryAfterMs: 1_000 });

/** An adapter that throws is a bug. */
function breakNextReading(exchange: InProcessExchange): void {
  const observe = exchange.observe;
  exchange.observe = () => {
    exchange.observe = observe;
    return Promise.reject(new Error('a bug of an adapter'));
  };
}

/** Returns what brings the venue back. */
function kill(exchange: InProcessExchange): () => void {
  const observe = exchange.observe;
  exchange.observe = async () => unknown('unreachable', 'no route');
  return () => {
    exchange.observe = observe;
  };
}
