import type { TransferRequested } from '../../actors/messages/transfer-messages.ts';
import { type OpenDatabase, openDatabase } from '../../db/database.ts';
import type { VenueSettings } from '../../src/app/portfolio/service-settings.ts';
import { assert } from '../../src/domain/assert.ts';
import { type Amount, amount, subtract, ZERO } from '../../src/domain/money/amount.ts';
import type { TransferRequest } from '../../src/domain/transfer/transfer-intent.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { InitialBalance } from '../../src/exchanges/simulated/solana/genesis.ts';
import { type Harness, type HarnessOptions, openHarness } from '../../src/replay/harness.ts';
import { serviceSettings } from './service-settings.ts';
import { startTestChain, type TestChain } from './solana-chain.ts';
import { TEST_NOW_MS } from './solana-wallet.ts';

/** A key that belongs to nobody who is here: what comes to it is the transfers'. */
export const RECEIVER = 'FriendFriendFriendFriendFriendFriendFriend11';
/** The adapter calls itself so. */
export const VENUE = 'solana-test';
export const MINUTE_MS = 60_000;

export interface TransferWorld {
  readonly chain: TestChain;
  readonly harness: Harness;
  /** Sends the request, and lets everything happen that takes no time. */
  ask(request: TransferRequest, requestId?: string): Promise<void>;
  advance(ms: number): Promise<void>;
  /** The last that was announced of a transfer. */
  last(transferId: string): unknown;
  /** What the venue holds less of an asset than the book: zero once the two agree. */
  drift(asset: string): Amount;
  /** Transactions of the owner that landed on the chain and moved an asset away. */
  landed(): Promise<number>;
  /** The service ends as a crash ends it, and another one begins on what it left. */
  restart(options?: Partial<WorldOptions>): Promise<TransferWorld>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly endpoints: 1 | 2;
  readonly mode: 'demo' | 'paper' | 'live';
  readonly transfersTo: readonly string[];
  readonly balances: readonly InitialBalance[];
  readonly database: string;
  readonly journal: string;
  readonly venues: readonly Partial<VenueSettings>[];
  readonly others: readonly Exchange[];
  /** Stands before the adapter. */
  readonly before: (exchange: Exchange) => Exchange;
  /** Calls that the venue will never answer: time goes on without them. */
  readonly hanging: () => number;
  /** What is in the database before the service starts. */
  readonly rows: (db: OpenDatabase['db']) => Promise<void>;
}

export const wanted = (changes: Partial<TransferRequest> = {}): TransferRequest => ({
  transferId: 'transfer-1',
  venue: VENUE,
  asset: 'SOL',
  amount: amount('2'),
  to: RECEIVER,
  toVenue: null,
  ...changes,
});

/** A service over a simulated chain, opened and reconciled. */
export async function openTransferWorld(options: Partial<WorldOptions> = {}): Promise<TransferWorld> {
  const chain = await startTestChain(options.balances);
  const world = await onChain(chain, TEST_NOW_MS, options);
  await world.advance(MINUTE_MS);
  return world;
}

async function onChain(
  chain: TestChain,
  startMs: number,
  options: Partial<WorldOptions>,
): Promise<TransferWorld> {
  const { rpcUrl = '', secondRpcUrl = '' } = chain.server.urls;
  const { endpoints = 2, mode = 'live', transfersTo = [RECEIVER], before = (same) => same } = options;
  const adapter = await chain.open({
    rpcUrls: endpoints === 1 ? [rpcUrl] : [rpcUrl, secondRpcUrl],
    transfersTo,
  });
  const own: Partial<VenueSettings> = { venue: VENUE, kind: 'solana', usesHolds: false, sources: endpoints };
  const settings = serviceSettings([own, ...(options.venues ?? [])], { mode });
  const files: Partial<HarnessOptions> = {
    ...(options.database !== undefined && { database: options.database }),
    ...(options.journal !== undefined && { journal: options.journal }),
  };
  if (options.rows !== undefined) {
    assert(options.database, 'rows outlive what wrote them in a file');
    const { db, close } = await openDatabase(options.database, { nowMs: startMs });
    await options.rows(db);
    await close();
  }
  const harness = await openHarness({
    settings,
    exchanges: [before(adapter), ...(options.others ?? [])],
    startMs,
    worldClock: chain.clock,
    parking: [chain.server, { parked: options.hanging ?? (() => 0) }],
    ...files,
  });
  return {
    chain,
    harness,
    ask: (request, requestId = 'request-1') => {
      const message: TransferRequested = { type: 'transfer.requested', requestId, by: 'bot', request };
      return harness.send({ to: 'transfer', message });
    },
    advance: (ms) => harness.advanceTo(harness.clock.now() + ms),
    last: (transferId) =>
      harness.events
        .filter((event) => event.type === 'transferChanged' && event.request.transferId === transferId)
        .at(-1),
    drift: (asset) => {
      const held = chain.server.balances().find((balance) => balance.asset === asset)?.total ?? ZERO;
      const booked = harness.service.reading().state.book.venues.get(VENUE)?.holdings.get(asset);
      return subtract(booked?.available ?? ZERO, held);
    },
    landed: async () => {
      const params = [RECEIVER, { limit: 1_000 }];
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getSignaturesForAddress', params });
      const answer = await fetch(rpcUrl, { method: 'POST', body });
      return ((await answer.json()) as { result: readonly unknown[] }).result.length;
    },
    restart: async (changes = {}) => {
      await harness.service.stop();
      await harness.database.close();
      const { rows: _rows, hanging: _hanging, before: _before, ...kept } = options;
      return onChain(chain, harness.clock.now(), { ...kept, ...changes });
    },
    close: async () => {
      await harness.close();
      await chain.server.close();
    },
  };
}
