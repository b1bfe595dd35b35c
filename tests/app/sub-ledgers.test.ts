import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { readSubLedgers } from '../../db/sub-ledger-repository.ts';
import { heldBy } from '../../src/app/targeting/book-sub-ledgers.ts';
import type { BookEvent, FillReported } from '../../src/domain/book/book-event.ts';
import { absolute, amount, isLess, isZero, subtract, sum, ZERO } from '../../src/domain/money/amount.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import { NOBODY } from '../../src/domain/strategies/strategy-deltas.ts';
import type { Targeting } from '../../src/domain/strategies/targeting.ts';
import {
  fillEvents,
  MINUTE_MS,
  openWorld,
  placeOrder,
  SECOND_MS,
  submittedEvent,
  type World,
} from '../support/reconciliation-world.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
const worlds: World[] = [];
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await folder.clean();
});

const strategy = (id: string, weightPpm: number, mixPpm: Readonly<Record<string, number>>) => ({
  id,
  weightPpm,
  mixPpm,
  registered: [],
  venues: null,
});

/** BTC is wanted 3 to 1 by trend and carry; there is 0.8 of it, worth 48 000 of 54 000. */
const TARGETING: Targeting = {
  base: {
    kind: 'strategies',
    strategies: [
      strategy('trend', 600_000, { BTC: 500_000, ETH: 500_000 }),
      strategy('carry', 200_000, { BTC: 500_000 }),
    ],
    cashPpm: 200_000,
    caps: { bounds: {}, excess: 'cash' },
  },
  method: { kind: 'threshold' },
  over: 'assets',
  caps: { bounds: {}, excess: 'cash' },
  returnsAgeMaxMs: 0,
  unassigned: 'hold',
  symbols: { BTC: 'BTC', ETH: 'ETH' },
};

async function open(): Promise<World> {
  const limits = { ...DEFAULT_LIMITS, maxSlippageBps: amount('50'), maxOrderUsd: amount('100000') };
  const world = await openWorld({ settings: { targeting: TARGETING, limits }, database: folder.path() });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  return world;
}

async function rebalance(world: World, requestId: string): Promise<void> {
  const message = {
    type: 'rebalancing.requested',
    requestId,
    approval: 'approved',
    reason: 'drift',
  } as const;
  await world.harness.send({ to: 'rebalancing', message });
  await world.pass(60 * SECOND_MS);
}

async function holdings(world: World, asset: string) {
  const ledgers = await readSubLedgers(world.harness.database.db);
  const held = heldBy(ledgers, asset);
  expect(sum(held.values())).toBe(world.booked(asset));
  return Object.fromEntries(held);
}

describe('the sub-ledgers of strategies', () => {
  it('have the fills of orders that the bot names a strategy with, and nothing of the others', async () => {
    const world = await open();
    const mine = placeOrder(world.venue, { id: 'o-1' });
    await world.report(
      { ...submittedEvent(mine), strategy: 'carry' } as BookEvent,
      ...fillEvents(world.venue, mine),
    );
    const other = placeOrder(world.venue, { id: 'o-2' });
    await world.report(submittedEvent(other), ...fillEvents(world.venue, other));
    await world.report(...fillEvents(world.venue, mine));
    expect(await holdings(world, 'BTC')).toEqual({ carry: '0.0005', [NOBODY]: '0.8005' });
    const { carry } = await holdings(world, 'USD');
    const [fill] = fillEvents(world.venue, mine) as readonly FillReported[];
    expect(carry).toBe(subtract(subtract(ZERO, fill!.quoteAmount!), fill!.fee.amount));
    const sold = placeOrder(world.venue, { id: 'o-3', side: 'sell', quantity: '0.0002' });
    await world.report(
      { ...submittedEvent(sold), strategy: 'carry' } as BookEvent,
      ...fillEvents(world.venue, sold),
    );
    expect(await holdings(world, 'BTC')).toMatchObject({ carry: '0.0003' });
    // What has been filled is claimed no more.
    expect(await world.harness.database.db.selectFrom('strategy_claim').selectAll().execute()).toEqual([]);
  });

  it('have what was bought less a fee in it, and nothing of a fee in what was sold', async () => {
    const world = await open();
    const report = async (id: string, side: 'buy' | 'sell') => {
      const order = placeOrder(world.venue, { id, side, quantity: '0.0005' });
      const [fill] = fillEvents(world.venue, order) as readonly FillReported[];
      const fee = { asset: 'BTC', amount: amount('0.00001') };
      await world.report({ ...submittedEvent(order), strategy: 'carry' } as BookEvent, { ...fill!, fee });
      expect(await world.harness.database.db.selectFrom('strategy_claim').selectAll().execute()).toEqual([]);
      return holdings(world, 'BTC');
    };
    expect(await report('o-1', 'buy')).toEqual({ carry: '0.00049', [NOBODY]: '0.8' });
    expect(await report('o-2', 'sell')).toEqual({ carry: '-0.00001', [NOBODY]: '0.79999' });
  });

  it('leave a fill of more digits than can be split to nobody, and go on', async () => {
    const world = await open();
    const order = placeOrder(world.venue, { id: 'o-1' });
    const [fill] = fillEvents(world.venue, order) as readonly FillReported[];
    const tiny = amount(`0.${'0'.repeat(39)}1`);
    const odd = { ...fill!, quantity: tiny, price: tiny, quoteAmount: null };
    await world.report({ ...submittedEvent(order), strategy: 'carry' } as BookEvent, odd);
    expect(world.events('bookEventSettled').at(-1)?.outcome.status).toBe('posted');
    expect(await holdings(world, 'BTC')).not.toHaveProperty('carry');
    expect(world.events('bookEventSettled')).toHaveLength(2);
    expect(world.events('workerChanged')).toEqual([]);
  });

  it('take over what is there, and split the fills of a plan, as the targets are shared out', async () => {
    const world = await open();
    await rebalance(world, 'r-1');
    expect(world.events('rebalancingEnded')).toMatchObject([{ outcome: 'done' }]);
    const btc = await holdings(world, 'BTC');
    expect(isZero(btc[NOBODY]!)).toBe(true);
    // 3 to 1, to the last unit that the venue trades.
    expect(
      isLess(absolute(subtract(btc.trend!, sum([btc.carry!, btc.carry!, btc.carry!]))), amount('0.0000001')),
    ).toBe(true);
    const eth = await holdings(world, 'ETH');
    expect(eth).toMatchObject({ trend: world.booked('ETH'), [NOBODY]: '0' });
    await holdings(world, 'USD');
    const crossed = await readAudit(world.harness.database.db, {
      afterSequence: 0,
      limit: 100,
      kind: 'crossedInternally',
    });
    expect(crossed.map(({ body }) => (body as { readonly asset: string }).asset)).toEqual(['BTC', 'ETH']);
    await world.restart();
    await world.pass(MINUTE_MS);
    expect(await holdings(world, 'BTC')).toEqual(btc);
  });

  it('cross what one strategy has and another wants, before anything goes to the venue', async () => {
    const world = await open();
    await rebalance(world, 'r-1');
    const before = await holdings(world, 'BTC');
    // Carry buys for itself, which is more than its part.
    const bought = placeOrder(world.venue, { id: 'o-1', quantity: '0.05' });
    await world.report(
      { ...submittedEvent(bought), strategy: 'carry' } as BookEvent,
      ...fillEvents(world.venue, bought),
    );
    await world.reconcile();
    expect(await holdings(world, 'BTC')).toMatchObject({
      trend: before.trend,
      carry: sum([before.carry!, amount('0.05')]),
    });
    await rebalance(world, 'r-2');
    const after = await holdings(world, 'BTC');
    expect(
      isLess(
        absolute(subtract(after.trend!, sum([after.carry!, after.carry!, after.carry!]))),
        amount('0.0000001'),
      ),
    ).toBe(true);
    expect(after[NOBODY]).toBe('0');
  });
});
