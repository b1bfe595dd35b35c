import { afterAll, afterEach, expect } from '@jest/globals';
import { readCorrections } from '../../../db/correction-repository.ts';
import { type Amount, amount, subtract } from '../../../src/domain/money/amount.ts';
import { DEFAULT_CORRECTION_POLICY } from '../../../src/domain/reconciliation/correction-policy.ts';
import {
  openWorld,
  placeOrder,
  SECOND_MS,
  type World,
  type WorldOptions,
} from '../../support/reconciliation-world.ts';
import { amountOf, describeTopic, type Fields, type Scenario } from '../../support/reference-scenarios.ts';
import { DatabaseFolder } from '../../support/temporary-database.ts';

const worlds: World[] = [];
const folder = new DatabaseFolder();
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => folder.clean());

/** The service beside a venue that holds so much BTC. */
async function opened(position: Amount, options: WorldOptions = {}): Promise<World> {
  const world = await openWorld({ balances: { USD: '100000', BTC: position }, ...options });
  worlds.push(world);
  await world.pass(12 * SECOND_MS);
  expect(world.booked('BTC')).toBe(position);
  return world;
}

const corrections = ({ harness }: World) =>
  readCorrections(harness.database.db, ['proposed', 'applied', 'rejected']);

const positionOf = ({ input }: Scenario, side: 'local' | 'venue') =>
  amountOf((input[side] as Fields).position);

describeTopic('service flows', {
  'live_flow.fill_query_throws': async (scenario) => {
    const world = await opened(positionOf(scenario, 'local'));
    world.venue.deposit('BTC', subtract(positionOf(scenario, 'venue'), positionOf(scenario, 'local')));
    world.inject({ kind: 'serverError', status: 504 }, '/fills', 100);
    expect(await world.reconcile()).toMatchObject({
      status: 'inconclusive',
      unknown: { reason: 'unreachable' },
    });
    expect(world.booked('BTC')).toBe(amountOf(scenario.expected.position));
    expect(world.harness.service.reading().state.venues.has('coinbase')).toBe(!scenario.expected.crash);
  },
  'live_flow.missing_fills_query_error': async ({ expected }) => {
    const world = await opened(amount('1'));
    placeOrder(world.venue, { id: 'missed' });
    world.inject({ kind: 'malformedRow' }, '/fills', 100);
    const report = await world.reconcile();
    expect(report.unknown !== null).toBe(expected.errors);
    expect(await corrections(world)).toEqual(expected.missing);
  },
  'live_flow.query_failure_must_not_flatten': async (scenario) => {
    const local = positionOf(scenario, 'local');
    const world = await opened(local);
    world.inject({ kind: 'serverError', status: 500 }, '/accounts', 100);
    expect((await world.reconcile()).status).toBe('inconclusive');
    expect(world.booked('BTC')).toBe(local);
    expect((await corrections(world))[0] ?? null).toBe(scenario.expected.correction);
    expect(world.events('discrepancyChanged')).toHaveLength(Number(scenario.expected.retries_consumed));
  },
  'live_flow.venue_query_exception_collected': async ({ expected }) => {
    const world = await opened(amount('1'));
    world.inject({ kind: 'requestLost' }, '/accounts', 100);
    await world.reconcile();
    const failed = world
      .reports()
      .slice(-1)
      .filter(({ status }) => status === 'inconclusive');
    expect(failed.map(({ venue }) => venue)).toHaveLength(
      (expected.failed_venues as readonly string[]).length,
    );
    expect((await world.stored()).snapshotId).toBeNull();
  },
  'live_flow.closed_reconciliation_orders_not_replayed': async ({ input, expected }) => {
    const policy = {
      ...DEFAULT_CORRECTION_POLICY,
      mode: 'auto',
      valueMaxUsd: amount('1000'),
      navShareMax: amount('1'),
    } as const;
    const world = await opened(amount('1'), { venue: { policy }, database: folder.path() });
    placeOrder(world.venue, { id: 'missed', quantity: amountOf((input.local_closed as Fields).qty) });
    await world.reconcile();
    const before = await corrections(world);
    expect(before).toMatchObject([{ state: 'applied' }]);
    expect(world.booked('BTC')).toBe(world.held('BTC'));
    const { version } = world.harness.service.reading().state.book;
    await world.restart();
    expect((await world.reconcile()).status).toBe('reconciled');
    expect((await corrections(world)).length - before.length).toBe(expected.new_orders);
    expect(world.harness.service.reading().state.book.version - version).toBe(expected.new_fills);
  },
});
