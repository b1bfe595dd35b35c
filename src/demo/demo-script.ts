import { amount } from '../domain/money/amount.ts';
import type { PlannedFault } from '../exchanges/simulated/simulated-venue.ts';
import type { Random } from '../platform/random.ts';
import type { DemoBot } from './demo-bot.ts';
import type { DemoVenue, DemoWorld } from './demo-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Something that happens at its time in the demo's day. */
export interface ScriptedStep {
  readonly atMs: number;
  /** For progress; null for the bot's ordinary business. */
  readonly title: string | null;
  readonly run: () => Promise<void>;
}

/** What goes wrong on purpose, to be told afterwards with how it was met. */
export interface ScriptedFault {
  readonly name: string;
  readonly venue: DemoVenue;
  readonly atMs: number;
  readonly description: string;
}

export interface DemoScript {
  readonly steps: readonly ScriptedStep[];
  readonly faults: readonly ScriptedFault[];
}

export interface ScriptActors {
  readonly world: DemoWorld;
  readonly bot: DemoBot;
  readonly random: Random;
  readonly rebalance: (reason: string) => Promise<void>;
  /** The person at the desk says yes to every correction that waits. */
  readonly approveProposals: () => Promise<void>;
}

/** A day of trading with everything that goes wrong in it. The same seed gives the same day. */
export function writeDemoScript(startMs: number, hours: number, actors: ScriptActors): DemoScript {
  const { world, bot, approveProposals, rebalance } = actors;
  const faults: ScriptedFault[] = [];
  const steps: ScriptedStep[] = [];
  const at = (hour: number, minute: number): number => startMs + hour * HOUR_MS + minute * MINUTE_MS;
  const step = (atMs: number, title: string | null, run: () => Promise<void>): void => {
    if (atMs < startMs + hours * HOUR_MS) steps.push({ atMs, title, run });
  };
  const fault = (atMs: number, what: Omit<ScriptedFault, 'atMs'>, run: () => Promise<void>): void => {
    if (atMs >= startMs + hours * HOUR_MS) return;
    faults.push({ ...what, atMs });
    step(atMs, what.description, run);
  };
  const wireFault = (atMs: number, venue: DemoVenue, description: string, planned: PlannedFault): void =>
    fault(atMs, { name: planned.fault.kind, venue, description }, async () =>
      world.servers[venue].inject(planned),
    );

  ordinaryBusiness(startMs, hours, actors, step);

  fault(at(2, 7), { name: 'missedFill', venue: 'coinbase', description: 'the bot misses a fill' }, () =>
    bot.trade({
      venue: 'coinbase',
      market: 'BTC-USD',
      side: 'buy',
      quantity: amount('0.0005'),
      isReported: false,
    }),
  );
  let endRest = async (): Promise<void> => {};
  step(at(3, 1), 'the bot rests an order below the market', async () => {
    endRest = await bot.rest();
  });
  step(at(4, 16), 'the bot cancels it', () => endRest());
  fault(
    at(5, 11),
    { name: 'deposit', venue: 'coinbase', description: 'a deposit arrives that the bot did not make' },
    async () => {
      world.coinbase.deposit('USD', amount('250'));
    },
  );
  step(at(6, 2), 'a person approves what waits', approveProposals);
  fault(
    at(8, 0),
    { name: 'missedFunding', venue: 'dydx', description: 'the bot misses a funding payment' },
    () => bot.settleFunding(FUNDING_RATE, false),
  );
  fault(
    at(9, 3),
    { name: 'missedSwap', venue: 'solana', description: 'the bot misses a swap on the chain' },
    () => bot.swap({ side: 'sell', quantity: amount('0.2'), isReported: false }),
  );
  wireFault(at(10, 1), 'coinbase', 'a page of accounts is dropped', {
    fault: { kind: 'droppedPage' },
    endpoint: 'GET /api/v3/brokerage/accounts',
    count: 1,
  });
  wireFault(at(11, 1), 'dydx', 'a burst of 429', {
    fault: { kind: 'rateLimited', retryAfterSeconds: 20 },
    endpoint: 'GET /v4/',
    count: 3,
  });
  step(at(12, 2), null, async () => world.coinbase.limitNextFill(amount('0.6')));
  fault(
    at(12, 2),
    { name: 'partialFill', venue: 'coinbase', description: 'the next order fills only in part' },
    async () => {},
  );
  wireFault(at(12, 2), 'coinbase', 'the answer to the next order is lost', {
    fault: { kind: 'answerLost' },
    endpoint: 'POST /api/v3/brokerage/orders',
    count: 1,
  });
  step(at(12, 3), 'the portfolio is moved to its targets', () => rebalance('scheduled'));
  wireFault(at(14, 1), 'solana', 'a request hangs', {
    fault: { kind: 'hang' },
    endpoint: 'RPC getTokenAccountsByOwner',
    count: 1,
  });
  wireFault(at(15, 1), 'coinbase', 'the venue answers 503', {
    fault: { kind: 'serverError', status: 503 },
    endpoint: 'GET /api/v3/brokerage/orders',
    count: 1,
  });
  wireFault(at(16, 1), 'coinbase', 'a row of accounts is malformed', {
    fault: { kind: 'malformedRow' },
    endpoint: 'GET /api/v3/brokerage/accounts',
    count: 1,
  });
  wireFault(at(17, 1), 'dydx', 'an empty answer with status 200', {
    fault: { kind: 'emptyAnswer' },
    endpoint: 'GET /v4/addresses',
    count: 1,
  });
  wireFault(at(18, 1), 'dydx', 'a stale answer of a read replica', {
    fault: { kind: 'staleRead' },
    endpoint: 'GET /v4/addresses',
    count: 1,
  });
  wireFault(at(19, 1), 'wallet', 'an answer takes four seconds', {
    fault: { kind: 'latency', delayMs: 4_000 },
    endpoint: 'GET /platform/v1/networks',
    count: 1,
  });
  step(at(22, 3), 'what the first rebalance left is finished', () => rebalance('follow-up'));
  return { steps: steps.sort((a, b) => a.atMs - b.atMs), faults };
}

const FUNDING_RATE = amount('0.0001');
/** Between two trades of the bot. */
const TRADE_EVERY_MS = 45 * MINUTE_MS;

/** Small trades at three venues and the hourly funding, all of it reported. */
function ordinaryBusiness(
  startMs: number,
  hours: number,
  { bot, random }: ScriptActors,
  step: (atMs: number, title: string | null, run: () => Promise<void>) => void,
): void {
  for (let hour = 1; hour < hours; hour++) {
    if (hour !== 8) step(startMs + hour * HOUR_MS, null, () => bot.settleFunding(FUNDING_RATE, true));
  }
  for (let trade = 0; trade * TRADE_EVERY_MS < hours * HOUR_MS - TRADE_EVERY_MS; trade++) {
    const atMs = startMs + 22 * MINUTE_MS + trade * TRADE_EVERY_MS + Math.floor(random.next() * 90_000);
    const side = random.next() < 0.5 ? 'buy' : 'sell';
    const size = 1 + Math.floor(random.next() * 4);
    const isReported = true;
    if (trade % 3 === 0) {
      step(atMs, null, () =>
        bot.trade({ venue: 'coinbase', market: 'ETH-USD', side, quantity: amount(`0.0${size}`), isReported }),
      );
    } else if (trade % 3 === 1) {
      step(atMs, null, () =>
        bot.trade({ venue: 'dydx', market: 'BTC-USD', side, quantity: amount(`0.00${size}`), isReported }),
      );
    } else {
      step(atMs, null, () => bot.swap({ side, quantity: amount(`0.${size}`), isReported }));
    }
  }
}
