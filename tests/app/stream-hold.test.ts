import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { openWorld, placeOrder, SECOND_MS, type World } from '../support/reconciliation-world.ts';

/** Polls come every five minutes here, and a venue gets five seconds to settle. */
const POLL_MS = 300_000;

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await world.pass(60 * SECOND_MS);
  expect(world.isGateOpen('BTC')).toBe(true);
});
afterEach(() => world.close());

const tell = (state: 'live' | 'lost', reason = 'closed with 1006') =>
  world.harness.send({
    to: 'portfolio',
    message: { type: 'portfolio.streamChanged', venue: 'coinbase', state, reason },
  });
const move = () =>
  world.harness.send({
    to: 'reconciliation',
    venue: 'coinbase',
    message: { type: 'reconciliation.accountMoved' },
  });
const gates = () =>
  world.events('gateChanged').map(({ asset, state, reason }) => `${asset} ${state}: ${reason}`);
const modesSince = (atMs: number) => world.events('venueModeChanged').filter((each) => each.atMs >= atMs);
const confirmedAtMs = (): number | null =>
  world.events('discrepancyChanged').find(({ discrepancy }) => discrepancy.confirmedAtMs !== null)
    ?.discrepancy.confirmedAtMs ?? null;

describe('a stream', () => {
  it.each([
    ['that tells of a fill has it confirmed within seconds', true, 20 * SECOND_MS],
    ['that is not there leaves it to the next poll, and no later', false, POLL_MS + 20 * SECOND_MS],
  ])('%s', async (_, isStreamed, withinMs) => {
    if (isStreamed) await tell('live');
    await world.pass(20 * SECOND_MS);
    // The bot hears nothing of it.
    const filledAtMs = world.harness.clock.now();
    placeOrder(world.venue, { id: 'missed' });
    if (isStreamed) await move();
    await world.pass(withinMs);
    const afterMs = (confirmedAtMs() ?? Number.NaN) - filledAtMs;
    expect(afterMs).toBeLessThanOrEqual(withinMs);
    // The two differ by what streaming is for.
    if (!isStreamed) expect(afterMs).toBeGreaterThan(100 * SECOND_MS);
  });

  it('that comes is followed by a read, for what nobody told before it', async () => {
    const before = world.reports().length;
    await tell('live');
    await world.pass(10 * SECOND_MS);
    expect(world.reports()).toHaveLength(before + 1);
    expect(world.events('streamStateChanged')).toMatchObject([{ venue: 'coinbase', state: 'live' }]);
  });

  it('moves nothing itself: an event without a cause is a read and nothing more', async () => {
    const held = world.booked('USD');
    for (let times = 0; times < 100; times += 1) await move();
    const before = world.reports().length;
    await world.pass(30 * SECOND_MS);
    expect(world.reports().length - before).toBe(1);
    expect(world.booked('USD')).toBe(held);
    expect(world.isGateOpen('BTC')).toBe(true);
  });
});

describe('a stream that is lost', () => {
  it('holds every gate of its venue until a read that began after it, which comes at once', async () => {
    await tell('live');
    await world.pass(20 * SECOND_MS);
    const [before, lostAtMs] = [gates().length, world.harness.clock.now()];
    await tell('lost', 'silent for 10000 ms');
    await world.pass(2 * SECOND_MS);
    const reason = 'the stream was lost, and no read has begun since: silent for 10000 ms';
    const assets = ['BTC', 'ETH', 'USD'];
    expect(gates().slice(before)).toEqual([
      ...assets.map((asset) => `${asset} closed: ${reason}`),
      ...assets.map((asset) => `${asset} open: book and venue agree, or what is under way accounts for it`),
    ]);
    expect(modesSince(lostAtMs)).toMatchObject([{ mode: 'reduceOnly', reason }, { mode: 'active' }]);
  });

  it('is not made good by a read that had begun before', async () => {
    await tell('live');
    await world.pass(20 * SECOND_MS);
    const lostAtMs = world.harness.clock.now();
    world.inject({ kind: 'latency', delayMs: 1_000 }, '/accounts', 1);
    await world.harness.send({
      to: 'reconciliation',
      venue: 'coinbase',
      message: { type: 'reconciliation.requested', requestId: 'begun-before' },
    });
    await tell('lost');
    await world.pass(10 * SECOND_MS);
    const [first, second] = world.reports().slice(-2);
    expect(first).toMatchObject({ status: 'reconciled', answers: ['begun-before'] });
    expect(second).toMatchObject({ status: 'reconciled', answers: [`stream:coinbase:${lostAtMs}`] });
    expect(modesSince(lostAtMs)).toMatchObject([
      { mode: 'reduceOnly', atMs: lostAtMs },
      { mode: 'active', atMs: second?.atMs },
    ]);
  });

  it('stays held while the venue cannot be read', async () => {
    await tell('live');
    await world.pass(20 * SECOND_MS);
    world.inject({ kind: 'serverError', status: 503 }, '/accounts', 1_000);
    await tell('lost');
    await world.pass(120 * SECOND_MS);
    expect(world.reports().at(-1)).toMatchObject({ status: 'inconclusive' });
    expect(world.isGateOpen('BTC')).toBe(false);
  });

  it('holds nothing where it was never live: reads have shown all there was', async () => {
    await tell('lost', 'connect ECONNREFUSED');
    expect(world.isGateOpen('BTC')).toBe(true);
    expect(world.events('streamStateChanged')).toMatchObject([{ state: 'lost' }]);
  });

  it('leaves polling as correct as without one', async () => {
    await tell('live');
    await world.pass(20 * SECOND_MS);
    await tell('lost');
    await world.pass(20 * SECOND_MS);
    world.venue.deposit('USD', amount('250'));
    await world.pass(POLL_MS + 20 * SECOND_MS);
    expect(confirmedAtMs()).not.toBeNull();
  });
});
