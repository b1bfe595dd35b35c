// A rebalance over three venues of the demo, with real adapters over HTTP: a sell fills in part, the answer to an
// order is lost, and the process dies between the sells and the buys, to be started again from its database.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Announcement } from '../../actors/messages/announcements.ts';
import { readIntentsOfPlan } from '../../db/order-intent-repository.ts';
import { readPlans } from '../../db/plan-repository.ts';
import { DEMO_SETTINGS } from '../../src/demo/demo-settings.ts';
import { weightsNow } from '../../src/demo/demo-weights.ts';
import { type DemoWorld, openDemoWorld } from '../../src/demo/demo-world.ts';
import { DEMO_START_MS } from '../../src/demo/run-demo.ts';
import { type Amount, amount } from '../../src/domain/money/amount.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { recordedPrices } from '../../src/exchanges/simulated/recorded-prices.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { type Harness, openHarness } from '../../src/replay/harness.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const BUYS_WITHIN_SECONDS = 600;
const never = (): Promise<never> => new Promise(() => undefined);

type OrderChanged = Extract<Announcement, { type: 'orderChanged' }>;
type RebalancingEnded = Extract<Announcement, { type: 'rebalancingEnded' }>;

export interface KilledRebalance {
  /** What became of orders before the process died. */
  readonly beforeKill: readonly OrderChanged[];
  readonly wasKilled: boolean;
  /** How the rebalance that was cut off ended, after the second start. */
  readonly ended: readonly RebalancingEnded[];
  /** Every intent of its plan, with how many orders its venue has of it; null where the venue has no client ids. */
  readonly intents: readonly {
    readonly venue: string;
    readonly side: 'buy' | 'sell';
    readonly status: string;
    readonly ordersAtVenue: number | null;
  }[];
  /** Shares of the portfolio before, after the cut-off rebalance, and after another one that was asked for then. */
  readonly weights: {
    readonly before: Readonly<Record<string, Amount>>;
    readonly after: Readonly<Record<string, Amount>>;
    readonly afterAnother: Readonly<Record<string, Amount>>;
  };
  readonly targets: Readonly<Record<string, string>>;
}

/** One process: once it is dead nothing that it asks is answered, and nothing that it would send arrives. */
interface Life {
  isOver: boolean;
  /** Questions that hang with it. */
  hanging: number;
}

/** Where something is sold before anything is bought; at the third venue there is cash to begin with. */
export const SELLS_FIRST: readonly string[] = ['coinbase', 'dydx'];

/** Runs it on a database in a folder of its own, which is gone afterwards. */
export async function runKilledRebalance(seed: number): Promise<KilledRebalance> {
  const opened: { world?: DemoWorld; harness?: Harness } = {};
  const folder = mkdtempSync(join(tmpdir(), 'trueup-killed-'));
  try {
    return await killAndRestart(opened, { seed, database: join(folder, 'book.db') });
  } finally {
    await opened.harness?.close();
    await opened.world?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function killAndRestart(
  opened: { world?: DemoWorld; harness?: Harness },
  { seed, database }: { readonly seed: number; readonly database: string },
): Promise<KilledRebalance> {
  const worldClock = new TurnClock(DEMO_START_MS);
  let now = (): number => worldClock.now();
  const prices = recordedPrices({ interpolate: true });
  const world = await openDemoWorld({ worldClock, now: () => now(), prices, seed });
  opened.world = world;
  const live = async (life: Life | null, startMs: number): Promise<Harness> => {
    const harness = await openHarness({
      settings: DEMO_SETTINGS,
      exchanges: world.exchanges.map((each) =>
        life === null ? { ...each, close: async () => {} } : dyingBeforeBuys(each, life),
      ),
      startMs,
      seed,
      database,
      worldClock,
      parking: [...Object.values(world.servers), { parked: () => life?.hanging ?? 0 }],
      callMs: 40,
    });
    opened.harness = harness;
    now = harness.clock.now;
    return harness;
  };
  const life: Life = { isOver: false, hanging: 0 };
  const first = await live(life, DEMO_START_MS);
  await first.advanceTo(DEMO_START_MS + 10 * MINUTE_MS);
  const before = weightsNow(first.service.reading()).weights;
  world.coinbase.limitNextFill(amount('0.6'));
  world.servers.coinbase.inject({
    fault: { kind: 'answerLost' },
    endpoint: 'POST /api/v3/brokerage/orders',
    count: 1,
  });
  await rebalance(first, 'r-1');
  for (let second = 0; second < BUYS_WITHIN_SECONDS && !life.isOver; second++)
    await first.advanceTo(first.clock.now() + SECOND_MS);
  const beforeKill = first.events.flatMap((event) => (event.type === 'orderChanged' ? [event] : []));
  const killedAtMs = first.clock.now();
  await first.service.stop();
  await first.database.close();

  const second = await live(null, killedAtMs);
  await second.advanceTo(killedAtMs + 30 * MINUTE_MS);
  const ended = second.events.flatMap((event) => (event.type === 'rebalancingEnded' ? [event] : []));
  const [plan] = await readPlans(second.database.db, { limit: 1 });
  const intents = await readIntentsOfPlan(second.database.db, plan?.hash ?? '');
  const after = weightsNow(second.service.reading()).weights;
  await rebalance(second, 'r-2');
  await second.advanceTo(second.clock.now() + 30 * MINUTE_MS);
  return {
    beforeKill,
    wasKilled: life.isOver,
    ended,
    intents: intents.map(({ instruction: { venue, side, clientOrderId }, status }) => ({
      venue,
      side,
      status,
      ordersAtVenue: ordersOf(world, venue, clientOrderId),
    })),
    weights: { before, after, afterAnother: weightsNow(second.service.reading()).weights },
    targets: DEMO_SETTINGS.targets,
  };
}

const rebalance = (harness: Harness, requestId: string) =>
  harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId, approval: 'approved', reason: 'drift' },
  });

function ordersOf(world: DemoWorld, venue: string, clientOrderId: string): number | null {
  if (venue === 'solana') return null;
  const { orders } = venue === 'coinbase' ? world.coinbase : world.dydx;
  return orders().filter((order) => order.clientOrderId === clientOrderId).length;
}

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
