// A rebalance over three venues of the demo, with real adapters over HTTP: a sell fills in part, the answer to an
// order is lost, and the process dies between the sells and the buys.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import type { Announcement } from '../actors/messages/announcements.ts';
import { readIntentsOfPlan } from '../db/order-intent-repository.ts';
import { readPlans } from '../db/plan-repository.ts';
import { DEMO_SETTINGS } from '../src/demo/demo-settings.ts';
import { weightsNow } from '../src/demo/demo-weights.ts';
import { type DemoWorld, openDemoWorld } from '../src/demo/demo-world.ts';
import { DEMO_START_MS } from '../src/demo/run-demo.ts';
import { amount } from '../src/domain/money/amount.ts';
import type { Exchange } from '../src/exchanges/exchange.ts';
import { recordedPrices } from '../src/exchanges/simulated/recorded-prices.ts';
import { TurnClock } from '../src/platform/turn-clock.ts';
import { type Harness, openHarness } from '../src/replay/harness.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const never = (): Promise<never> => new Promise(() => undefined);

/** One process: once it is dead nothing that it asks is answered, and nothing that it would send arrives. */
interface Life {
  isOver: boolean;
  /** Questions that hang with it. */
  hanging: number;
}

const opened: { world?: DemoWorld; harness?: Harness; folder?: string } = {};
afterEach(async () => {
  await opened.harness?.close();
  await opened.world?.close();
  if (opened.folder) rmSync(opened.folder, { recursive: true, force: true });
});

/** Where something is sold before anything is bought; at the third venue there is cash to begin with. */
const SELLS_FIRST = ['coinbase', 'dydx'];

/** Dies where it first prepares a buy: the sells of that venue are settled, and no buy was sent. */
function dyingBeforeBuys(exchange: Exchange, life: Life): Exchange {
  const hang = (): Promise<never> => {
    life.hanging += 1;
    return never();
  };
  const unlessOver =
    <T extends unknown[], R>(ask: (...given: T) => Promise<R>) =>
    async (...given: T): Promise<R> =>
      life.isOver ? hang() : ask(...given);
  return {
    ...exchange,
    observe: unlessOver(exchange.observe),
    readActivity: unlessOver(exchange.readActivity),
    readMarkets: unlessOver(exchange.readMarkets),
    submitOrder: unlessOver(exchange.submitOrder),
    findOrder: unlessOver(exchange.findOrder),
    prepareOrder: async (instruction, signal) => {
      if (instruction.side === 'buy' && SELLS_FIRST.includes(exchange.venue)) life.isOver = true;
      return life.isOver ? hang() : exchange.prepareOrder(instruction, signal);
    },
    // The venues outlive the process.
    close: async () => {},
  };
}

it('goes on where it stopped, sends nothing twice, and ends within a point of its targets or says what fell short', async () => {
  opened.folder = mkdtempSync(join(tmpdir(), 'trueup-killed-'));
  const database = join(opened.folder, 'book.db');
  const worldClock = new TurnClock(DEMO_START_MS);
  let now = (): number => worldClock.now();
  const prices = recordedPrices({ interpolate: true });
  const world = await openDemoWorld({ worldClock, now: () => now(), prices, seed: 7 });
  opened.world = world;
  const live = async (life: Life | null, startMs: number): Promise<Harness> => {
    const harness = await openHarness({
      settings: DEMO_SETTINGS,
      exchanges: world.exchanges.map((each) =>
        life === null ? { ...each, close: async () => {} } : dyingBeforeBuys(each, life),
      ),
      startMs,
      seed: 7,
      database,
      worldClock,
      parking: [...Object.values(world.servers), { parked: () => life?.hanging ?? 0 }],
      callMs: 40,
    });
    opened.harness = harness;
    now = harness.clock.now;
    return harness;
  };
  const rebalance = (harness: Harness, requestId: string) =>
    harness.send({
      to: 'rebalancing',
      message: { type: 'rebalancing.requested', requestId, approval: 'approved', reason: 'drift' },
    });
  const life: Life = { isOver: false, hanging: 0 };
  const first = await live(life, DEMO_START_MS);
  await first.advanceTo(DEMO_START_MS + 10 * MINUTE_MS);
  world.coinbase.limitNextFill(amount('0.6'));
  world.servers.coinbase.inject({
    fault: { kind: 'answerLost' },
    endpoint: 'POST /api/v3/brokerage/orders',
    count: 1,
  });
  await rebalance(first, 'r-1');
  for (let second = 0; second < 600 && !life.isOver; second++)
    await first.advanceTo(first.clock.now() + SECOND_MS);
  expect(life.isOver).toBe(true);
  const before = moved(first.events);
  expect(before.some(({ status }) => status === 'unknown')).toBe(true);
  expect(before.some(({ side, status }) => side === 'sell' && status === 'partlyFilled')).toBe(true);
  expect(
    before.filter(
      ({ side, status, venue }) => side === 'buy' && status === 'submitted' && SELLS_FIRST.includes(venue),
    ),
  ).toEqual([]);
  const killedAtMs = first.clock.now();
  await first.service.stop();
  await first.database.close();

  const second = await live(null, killedAtMs);
  await second.advanceTo(killedAtMs + 30 * MINUTE_MS);
  const ended = second.events.flatMap((event) => (event.type === 'rebalancingEnded' ? [event] : []));
  expect(ended).toMatchObject([{ requestId: 'r-1', outcome: 'done' }]);
  expect(ended[0]?.reason).toMatch(/^sell \d in BTC-USD at coinbase filled [\d.]+ of [\d.]+ \(partlyFilled/);
  const [plan] = await readPlans(second.database.db, { limit: 1 });
  const intents = await readIntentsOfPlan(second.database.db, plan?.hash ?? '');
  expect(new Set(intents.map(({ instruction }) => instruction.venue)).size).toBe(3);
  expect(intents.some(({ instruction }) => instruction.side === 'buy')).toBe(true);
  for (const { instruction, status } of intents) {
    expect(['filled', 'cancelled']).toContain(status);
    const { clientOrderId, venue } = instruction;
    if (venue === 'solana') continue;
    const orders = (venue === 'coinbase' ? world.coinbase : world.dydx)
      .orders()
      .filter((order) => order.clientOrderId === clientOrderId);
    expect(orders).toHaveLength(1);
  }

  await rebalance(second, 'r-2');
  await second.advanceTo(second.clock.now() + 30 * MINUTE_MS);
  const { weights } = weightsNow(second.service.reading());
  for (const [group, target] of Object.entries(DEMO_SETTINGS.targets))
    expect(Math.abs(Number(weights[group] ?? '0') - Number(target))).toBeLessThan(0.01);
}, 120_000);

const moved = (events: readonly Announcement[]) =>
  events.flatMap((event) => (event.type === 'orderChanged' ? [event] : []));
