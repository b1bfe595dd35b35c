import { afterEach, describe, expect, it } from '@jest/globals';
import { EXECUTION_DEFAULTS } from '../../src/app/portfolio/service-settings.ts';
import { listRebalances } from '../../src/app/rebalancing/list-rebalances.ts';
import { type Amount, amount } from '../../src/domain/money/amount.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import { MINUTE_MS, openWorld, type World } from '../support/reconciliation-world.ts';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** 54 000 USD, nine tenths of it in BTC; 40 % is wanted, so that ETH is bought with what BTC brings. */
async function opened(minimumBalanceUsd: string): Promise<World> {
  const world = await openWorld({
    settings: {
      targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
      limits: {
        ...DEFAULT_LIMITS,
        maxOrderUsd: amount('40000'),
        maxSlippageBps: amount('50'),
        minTradeUsd: amount('10'),
        minimumBalanceUsd: amount(minimumBalanceUsd),
      },
      execution: { ...EXECUTION_DEFAULTS, replansMax: 0, release: 'barrier' },
    },
  });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  return world;
}

async function withdraw(world: World, quantity: Amount): Promise<void> {
  world.venue.withdraw('BTC', quantity);
  await world.report({
    type: 'portfolio.withdrawalReported',
    eventId: 'withdrawn',
    venue: 'coinbase',
    asset: 'BTC',
    amount: quantity,
    fee: null,
    activityId: null,
    atMs: world.harness.clock.now(),
  });
}

/** Asks for a rebalance, and takes BTC away once its sell has filled, before anything is bought. */
async function rebalancedThrough(world: World, withdrawn: string) {
  // The answer to the sell takes a while, and until it comes nothing is bought.
  world.inject({ kind: 'latency', delayMs: 25_000 }, 'POST /api/v3/brokerage/orders', 1);
  await world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId: 'r', approval: 'approved', reason: 'drift' },
  });
  await world.pass(10_000);
  expect(world.venue.orders().filter(({ side }) => side === 'buy')).toEqual([]);
  await withdraw(world, amount(withdrawn));
  await world.pass(5 * MINUTE_MS);
  const [record] = await listRebalances(world.harness.database.db, { sinceMs: null, limit: 1 });
  return record?.plan?.orders ?? [];
}

describe('a limit that breaks between the sells and the buys', () => {
  it('leaves out the buys, and says which limit, what it is and what it may be', async () => {
    const world = await opened('50000');
    const [sell, ...buys] = await rebalancedThrough(world, '0.3');
    expect(sell).toMatchObject({ side: 'sell', status: 'filled' });
    expect(buys.length).toBeGreaterThan(0);
    for (const buy of buys) {
      expect(buy).toMatchObject({ side: 'buy', status: 'skipped', filledQuantity: { value: '0' } });
      expect(buy.reason).toMatch(
        /^minimumBalanceUsd: the portfolio is worth 35\d+\.\d+, trading needs 50000$/,
      );
    }
    expect(world.venue.orders().map(({ side }) => side)).toEqual(['sell']);
  });

  it('lets them go where it holds all the same', async () => {
    const world = await opened('30000');
    const [, ...buys] = await rebalancedThrough(world, '0.3');
    expect(buys.length).toBeGreaterThan(0);
    for (const buy of buys) expect(buy).toMatchObject({ side: 'buy', status: 'filled' });
    expect(world.venue.orders().length).toBe(buys.length + 1);
  });
});
