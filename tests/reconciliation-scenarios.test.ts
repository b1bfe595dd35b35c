// The plan of tests, told as scenarios: the service in simulated time, the real adapters, and venues on loopback that
// speak the wire's own words. Nothing is mocked, and nothing waits for the machine's clock.

import { afterAll, afterEach, describe, expect, it, test } from '@jest/globals';
import { readCorrections } from '../db/correction-repository.ts';
import { readDiscrepancies } from '../db/discrepancy-repository.ts';
import { readReports } from '../db/report-repository.ts';
import { findSnapshot } from '../db/snapshot-repository.ts';
import { amount } from '../src/domain/money/amount.ts';
import type { Difference } from '../src/domain/reconciliation/compare.ts';
import type { Correction } from '../src/domain/reconciliation/correction.ts';
import { RETRY_DELAY_MAX_MS } from '../src/resilience/retry-delay.ts';
import { dydxBeside, solanaBeside } from './support/other-venues.ts';
import {
  MINUTE_MS,
  openWorld,
  placeOrder,
  SECOND_MS,
  START_MS,
  type World,
  type WorldOptions,
} from './support/reconciliation-world.ts';
import { USDC } from './support/solana-chain.ts';
import { DatabaseFolder } from './support/temporary-database.ts';

const open: World[] = [];
const folder = new DatabaseFolder();
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});
afterAll(() => folder.clean());

/** A world whose venues have been opened with what they hold. */
async function opened(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  open.push(world);
  await world.pass(12 * SECOND_MS);
  return world;
}

interface ReportBody {
  readonly compared: number;
  readonly agreed: number;
  readonly differences: readonly Difference[];
}
const bodyOf = async (world: World): Promise<ReportBody> => (await world.stored()).body as ReportBody;
const statuses = (world: World, venue = 'coinbase') => world.reports(venue).map(({ status }) => status);
const reasons = (world: World) => world.reports().flatMap(({ unknown }) => (unknown ? [unknown.reason] : []));
const confirmed = (world: World) =>
  world
    .events('discrepancyChanged')
    .map(({ discrepancy }) => discrepancy)
    .filter(
      ({ state }) =>
        state === 'confirmed' || state === 'explained' || state === 'unexplained' || state === 'proposed',
    );
const untouched = (world: World) => expect(world.booked('BTC')).toBe('0.8');

describe('Balance fetching', () => {
  it('reads every balance of a single exchange into the book', async () => {
    const world = await opened();
    expect((await world.reconcile()).status).toBe('reconciled');
    expect(['USD', 'BTC', 'ETH'].map((asset) => world.booked(asset))).toEqual(['3000', '0.8', '1']);
  });

  it('keeps many currencies apart, exact to the last decimal', async () => {
    const balances = {
      USD: '0.01',
      BTC: '20999999.99999999',
      ETH: '0.000000000000000001',
      SOL: '5',
      USDC: '7',
      DOGE: '1000000',
    };
    const world = await opened({ balances });
    expect((await world.reconcile()).status).toBe('reconciled');
    for (const [asset, held] of Object.entries(balances)) expect(world.booked(asset)).toBe(held);
    expect(await bodyOf(world)).toMatchObject({ compared: 6, agreed: 6, differences: [] });
  });

  it('gives a venue that does not answer up at the deadline, and says that it does not know', async () => {
    const world = await opened({ reconciliation: { timeoutMs: 2_000, retryCount: 0 } });
    world.inject({ kind: 'hang' });
    expect(await world.reconcile()).toMatchObject({
      status: 'inconclusive',
      unknown: { reason: 'timedOut' },
    });
    untouched(world);
  });

  test.each([
    [503, 'unreachable'],
    [500, 'unreachable'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
  ])('takes an API error %d for %s, never for an empty account', async (status, reason) => {
    const world = await opened();
    world.inject({ kind: 'serverError', status }, '/accounts', 3);
    expect(await world.reconcile()).toMatchObject({ status: 'inconclusive', unknown: { reason } });
    untouched(world);
  });

  it('tries again within the round and reports what the last try read', async () => {
    const world = await opened();
    const before = world.reports().length;
    world.inject({ kind: 'serverError', status: 502 }, '/accounts', 2);
    expect((await world.reconcile()).status).toBe('reconciled');
    expect(world.server.faultsMet()).toMatchObject([{ met: 2 }]);
    expect(world.reports()).toHaveLength(before + 1);
  });
});

describe('Discrepancy detection', () => {
  it('finds a currency that is missing at the venue', async () => {
    const world = await opened();
    world.venue.withdraw('ETH', amount('1'));
    expect((await world.reconcile()).status).toBe('critical');
    expect(confirmed(world)[0]).toMatchObject({
      asset: 'ETH',
      class: 'missingAtVenue',
      severity: 'critical',
      delta: '-1',
    });
    expect(world.isGateOpen('ETH')).toBe(false);
  });

  it('finds a mismatch above the threshold, whichever side has more', async () => {
    const world = await opened();
    world.venue.deposit('USD', amount('200'));
    world.venue.withdraw('BTC', amount('0.01'));
    await world.reconcile();
    expect(confirmed(world)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ asset: 'USD', class: 'quantityMismatch', delta: '200' }),
        expect.objectContaining({ asset: 'BTC', class: 'quantityMismatch', delta: '-0.01' }),
      ]),
    );
  });

  it('reports a mismatch below the threshold without making a discrepancy of it', async () => {
    const world = await opened();
    world.venue.deposit('USD', amount('2'));
    expect((await world.reconcile()).status).toBe('reconciled');
    expect((await bodyOf(world)).differences).toMatchObject([
      { asset: 'USD', delta: '2', isMaterial: false },
    ]);
    expect(confirmed(world)).toEqual([]);
  });

  test.each([
    ['0.00000001', 'rounding', false],
    ['0.00000002', 'dust', false],
    ['0.0000166', 'dust', false],
    ['0.001', 'quantityMismatch', true],
  ])('weighs %s BTC too many as %s', async (more, size, isMaterial) => {
    const world = await opened();
    world.venue.deposit('BTC', amount(more));
    await world.reconcile();
    expect((await bodyOf(world)).differences).toMatchObject([
      { asset: 'BTC', class: size, delta: more, isMaterial },
    ]);
  });

  it('agrees on a zero on one side and nothing on the other', async () => {
    const world = await opened({ balances: { USD: '3000', BTC: '0.8', ETH: '0', DOGE: '0' } });
    expect((await world.reconcile()).status).toBe('reconciled');
    expect((await bodyOf(world)).differences).toEqual([]);
    world.venue.deposit('DOGE', amount('500'));
    await world.reconcile();
    expect(confirmed(world)[0]).toMatchObject({ asset: 'DOGE', class: 'unknownToBook', bookAmount: '0' });
  });
});

describe('Reconciliation logic', () => {
  it('makes a report that names its certified snapshot and counts what agreed', async () => {
    const world = await opened();
    await world.reconcile();
    const stored = await world.stored();
    expect(stored).toMatchObject({ venue: 'coinbase', status: 'reconciled', unknownReason: null });
    expect(stored.body).toMatchObject({ compared: 3, agreed: 3, differences: [] });
    const snapshot = await findSnapshot(world.harness.database.db, stored.snapshotId ?? '');
    expect(snapshot?.observation.certificate).toMatchObject({
      venue: 'coinbase',
      complete: true,
      coherent: true,
    });
  });

  it('reconciles several exchanges, each with its own adapter, and blames only the one that differs', async () => {
    const world = await opened({
      others: async (clock, now) => [await dydxBeside(clock, now), await solanaBeside(clock, now)],
    });
    await world.pass(6 * MINUTE_MS);
    for (const venue of ['coinbase', 'dydx', 'solana'])
      expect(statuses(world, venue).at(-1)).toBe('reconciled');
    expect(world.booked(USDC, 'solana')).toBe('1000.000001');
    expect(world.booked('perpetual:BTC-USD', 'dydx')).toBe('0.1');
    world.venue.deposit('USD', amount('500'));
    await world.pass(6 * MINUTE_MS);
    const last = ['coinbase', 'dydx', 'solana'].map((venue) => statuses(world, venue).at(-1));
    expect(last).toEqual(['discrepant', 'reconciled', 'reconciled']);
  });

  it('stays reconciled, posts nothing and keeps every gate open while nothing differs', async () => {
    const world = await opened();
    const version = world.harness.service.reading().state.book.version;
    await world.pass(31 * MINUTE_MS);
    expect(new Set(statuses(world).slice(2))).toEqual(new Set(['reconciled']));
    expect(world.harness.service.reading().state.book.version).toBe(version);
    expect(['USD', 'BTC', 'ETH'].map((asset) => world.isGateOpen(asset))).toEqual([true, true, true]);
  });

  it('keeps several discrepancies apart and finds a cause for each', async () => {
    const world = await opened();
    world.venue.deposit('USD', amount('250'));
    world.venue.deposit('ETH', amount('0.2'));
    placeOrder(world.venue, { id: 'missed', quantity: '0.004' });
    await world.reconcile();
    const corrections = await readCorrections(world.harness.database.db, ['proposed']);
    expect(
      corrections
        .map(({ body }) =>
          (body as Correction).bookVersions
            .map(({ asset }) => asset)
            .sort()
            .join(' '),
        )
        .sort(),
    ).toEqual(['BTC USD', 'ETH']);
    expect(new Set(confirmed(world).map(({ asset }) => asset))).toEqual(new Set(['BTC', 'ETH', 'USD']));
  });

  test.each<[string, (world: World) => void, readonly string[]]>([
    ['nothing differs', () => {}, ['reconciled']],
    [
      'a deposit is unknown to the book',
      ({ venue }) => venue.deposit('USD', amount('300')),
      ['pending', 'discrepant'],
    ],
    [
      'more than 1 % of the portfolio is gone',
      ({ venue }) => venue.withdraw('USD', amount('900')),
      ['pending', 'critical'],
    ],
    ['a row cannot be read', (world) => world.inject({ kind: 'malformedRow' }), ['inconclusive']],
  ])('classifies the report where %s', async (_, happen, expected) => {
    const world = await opened();
    const before = world.reports().length;
    happen(world);
    await world.reconcile();
    expect(statuses(world).slice(before)).toEqual(expected);
  });
});

describe('Error handling', () => {
  it('outlives a network timeout: the next round reads what this one could not', async () => {
    const world = await opened({ reconciliation: { timeoutMs: 3_000, retryCount: 1 } });
    world.inject({ kind: 'hang' }, '/orders', 2);
    expect((await world.reconcile()).unknown?.reason).toBe('timedOut');
    expect((await world.reconcile()).status).toBe('reconciled');
    untouched(world);
  });

  it('waits as long as a rate limit asks, within the round if that is short and between rounds if it is long', async () => {
    const world = await opened();
    world.inject({ kind: 'rateLimited', retryAfterSeconds: 7 });
    const askedAtMs = world.harness.clock.now();
    const report = await world.reconcile();
    expect(report.status).toBe('reconciled');
    expect(report.atMs - askedAtMs).toBeGreaterThanOrEqual(7_000);
    world.inject({ kind: 'rateLimited', retryAfterSeconds: 90 });
    const limited = await world.reconcile();
    expect(limited.unknown?.reason).toBe('rateLimited');
    await world.pass(90 * SECOND_MS);
    expect(world.reports().at(-1)).toMatchObject({ status: 'reconciled' });
    expect((world.reports().at(-1)?.atMs ?? 0) - limited.atMs).toBeGreaterThanOrEqual(90_000);
  });

  test.each([
    ['an amount that is a number', '/accounts', { kind: 'malformedRow' }],
    ['an order without its size', '/orders/historical/batch', { kind: 'malformedRow' }],
    ['a fill whose size is a number', '/fills', { kind: 'malformedRow' }],
    ['an empty body', '/accounts', { kind: 'emptyAnswer' }],
  ] as const)('takes malformed data for unknown: %s', async (_, endpoint, fault) => {
    const world = await opened();
    world.inject(fault, endpoint, 4);
    const report = await world.reconcile();
    expect(report).toMatchObject({ status: 'inconclusive', unknown: { reason: 'malformed' } });
    expect(report.unknown?.detail).not.toBe('');
    untouched(world);
  });

  it('degrades gracefully: one venue is down, the other goes on, and only the silent one closes its gates', async () => {
    const world = await opened({ others: async (clock, now) => [await dydxBeside(clock, now)] });
    await world.pass(6 * MINUTE_MS);
    world.inject({ kind: 'requestLost' }, '/accounts', 1_000);
    await world.pass(25 * MINUTE_MS);
    expect(statuses(world).at(-1)).toBe('inconclusive');
    expect(statuses(world, 'dydx').at(-1)).toBe('reconciled');
    expect([world.isGateOpen('BTC'), world.isGateOpen('USDC', 'dydx')]).toEqual([false, true]);
    untouched(world);
  });

  it('backs off exponentially, with jitter, the same in every run', async () => {
    const gapsOf = async (): Promise<readonly number[]> => {
      const world = await opened({ reconciliation: { retryCount: 4 }, seed: 5 });
      world.inject({ kind: 'serverError', status: 503 }, '/accounts', 5);
      const sinceMs = world.harness.clock.now();
      await world.reconcile(MINUTE_MS);
      const asked = world.harness.outputs
        .filter((output) => output.kind === 'call' && output.method === 'observe' && output.atMs >= sinceMs)
        .map(({ atMs }) => atMs);
      return asked.slice(1).map((atMs, index) => atMs - (asked[index] ?? 0) - 40);
    };
    const gaps = await gapsOf();
    expect(gaps).toHaveLength(4);
    gaps.forEach((gap, index) => {
      expect(gap).toBeGreaterThanOrEqual(0);
      expect(gap).toBeLessThanOrEqual(Math.min(RETRY_DELAY_MAX_MS, 250 * 2 ** index));
    });
    expect(new Set(gaps).size).toBeGreaterThan(3);
    expect(await gapsOf()).toEqual(gaps);
  });
});

describe('Actor and integration', () => {
  it('answers a message with a round that began after it, and one that comes during a round with the next', async () => {
    const world = await opened();
    const ask = (requestId: string) =>
      world.harness.send({
        to: 'reconciliation',
        venue: 'coinbase',
        message: { type: 'reconciliation.requested', requestId },
      });
    world.inject({ kind: 'latency', delayMs: 2_000 });
    await ask('first');
    await world.pass(SECOND_MS);
    await ask('second');
    await world.pass(10 * SECOND_MS);
    expect(
      world
        .reports()
        .slice(-2)
        .map(({ answers }) => answers),
    ).toEqual([['first'], ['second']]);
  });

  it('keeps reports, discrepancies, corrections and the book in the repository, over a restart', async () => {
    const world = await opened({ database: folder.path() });
    world.venue.deposit('USD', amount('250'));
    await world.reconcile();
    const kept = async () => {
      const { db } = world.harness.database;
      const reports = await readReports(db, { venue: 'coinbase', limit: 100 });
      return {
        reports: reports.map(({ atMs, status }) => `${atMs} ${status}`),
        discrepancies: await readDiscrepancies(db, { states: ['proposed'] }),
        corrections: (await readCorrections(db, ['proposed'])).map(({ id }) => id),
      };
    };
    const before = await kept();
    expect([before.discrepancies.length, before.corrections.length]).toEqual([1, 1]);
    await world.restart();
    expect(await kept()).toEqual(before);
    await world.pass(30 * SECOND_MS);
    const after = await kept();
    expect(after.reports).toEqual(expect.arrayContaining([...before.reports]));
    expect(after.reports.length).toBeGreaterThan(before.reports.length);
    expect(after.corrections).toEqual(before.corrections);
    expect(world.booked('USD')).toBe('3000');
  });

  it('reconciles concurrently: many requests at several venues need few rounds and mix nothing up', async () => {
    const world = await opened({ others: async (clock, now) => [await dydxBeside(clock, now)] });
    await world.pass(30 * SECOND_MS);
    const before = { coinbase: statuses(world).length, dydx: statuses(world, 'dydx').length };
    world.venue.deposit('USD', amount('250'));
    const requests = ['coinbase', 'dydx'].flatMap((venue) =>
      Array.from({ length: 10 }, (_, n) => ({ venue, requestId: `${venue}-${n}` })),
    );
    await Promise.all(
      requests.map(({ venue, requestId }) =>
        world.harness.send({
          to: 'reconciliation',
          venue,
          message: { type: 'reconciliation.requested', requestId },
        }),
      ),
    );
    await world.pass(30 * SECOND_MS);
    for (const venue of ['coinbase', 'dydx'] as const) {
      const answered = world.reports(venue).flatMap(({ answers }) => answers);
      expect(answered.sort()).toEqual(Array.from({ length: 10 }, (_, n) => `${venue}-${n}`).sort());
      expect(statuses(world, venue).length - before[venue]).toBeLessThanOrEqual(4);
    }
    expect(statuses(world).at(-1)).toBe('discrepant');
    expect(statuses(world, 'dydx').at(-1)).toBe('reconciled');
    expect(await readCorrections(world.harness.database.db, ['proposed'])).toHaveLength(1);
    expect(reasons(world)).toEqual([]);
    expect(world.harness.clock.now()).toBeGreaterThan(START_MS);
  });
});
