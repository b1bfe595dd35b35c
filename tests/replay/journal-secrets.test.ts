import { expect, it } from '@jest/globals';
import { amount } from '../../src/domain/money/amount.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { openHarness } from '../../src/replay/harness.ts';
import { replayLines } from '../../src/replay/replay-service.ts';
import { linesOf, parsed, recordedText } from '../support/journal-file.ts';
import { serviceSettings } from '../support/service-settings.ts';
import { MINUTE_MS, START_MS, simulatedAccount } from '../support/trading-session.ts';

const AMOUNTS = ['available', 'hold', 'total', 'quantity', 'limitPrice', 'bid', 'ask', 'amount'] as const;
const key = createSimulatedKey();
const wrongKey = createSimulatedKey();

/** The real adapter over the wire, with a key that the venue knows or one that it refuses. */
async function play(journal: string, { credentials }: typeof key): Promise<void> {
  const worldClock = new TurnClock(START_MS);
  const { venue } = simulatedAccount('coinbase', worldClock);
  const server = await serveCoinbase({
    venue,
    clock: worldClock,
    portfolio: 'portfolio-1',
    keyName: key.credentials.keyName,
    publicKey: key.publicKey,
  });
  const exchange = openCoinbaseExchange({
    venue: 'coinbase',
    baseUrl: server.urls.baseUrl ?? '',
    credentials,
    scope: { portfolio: 'portfolio-1' },
    now: worldClock.now,
  });
  const markets = ['BTC-USD', 'ETH-USD'];
  const limits = {
    ...serviceSettings([]).limits,
    maxOrderUsd: amount('10000'),
    maxSlippageBps: amount('50'),
  };
  const settings = serviceSettings([{ markets, cashAsset: 'USD' }], {
    targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
    limits,
  });
  try {
    const harness = await openHarness({
      settings,
      exchanges: [exchange],
      startMs: START_MS,
      worldClock,
      parking: [server],
      journal,
    });
    await harness.advanceTo(START_MS + 6 * MINUTE_MS);
    await harness.send({
      to: 'rebalancing',
      message: { type: 'rebalancing.requested', requestId: 'r-1', approval: 'approved', reason: 'drift' },
    });
    await harness.advanceTo(START_MS + 12 * MINUTE_MS);
    await harness.close();
  } finally {
    await server.close();
  }
}

it.each([
  ['a key that the venue knows', key, '"method":"submitOrder"'],
  ['a key that the venue refuses', wrongKey, '"reason":"refused"'],
] as const)(
  'amounts stand as strings, and no secret stands anywhere: %s, a part of it, or what was signed with it',
  async (_what, used, proof) => {
    const text = await recordedText((journal) => play(journal, used));
    expect(text).toContain(proof);
    const { keyName, privateKey } = used.credentials;
    const parts = privateKey.split('\n').filter((line) => line.length >= 16 && !line.startsWith('-----'));
    expect(parts.length).toBeGreaterThan(0);
    for (const part of [keyName, privateKey, ...parts]) expect(text.includes(part)).toBe(false);
    expect(text).not.toMatch(/eyJ[\w-]{10,}|Bearer|BEGIN/);
    const entries = linesOf(text).map(parsed);
    expect(entries.filter(({ kind }) => kind !== 'random').flatMap(fractionsIn)).toEqual([]);
    for (const name of AMOUNTS) {
      const kinds = [...kindsOf(name, entries)];
      // Of a venue that refuses there is hardly an amount to see.
      expect([name, kinds]).toEqual([name, used === key || kinds.length > 0 ? ['string'] : []]);
    }
    expect(await replayLines(linesOf(text))).toMatchObject({ identical: true });
  },
);

/** Numbers that are no time and no count. */
function fractionsIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(fractionsIn) : [];
}

/** What kinds of values stand under a key that names an amount, wherever it is and where it is known. */
function kindsOf(key: string, value: unknown): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return new Set();
  const own = (value as Record<string, unknown>)[key];
  const inside = Object.values(value).flatMap((member) => [...kindsOf(key, member)]);
  return new Set(own === undefined || own === null ? inside : [typeof own, ...inside]);
}
