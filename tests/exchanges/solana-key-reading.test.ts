import { afterEach, describe, expect, it } from '@jest/globals';
import { KEY_READING_COST_MAX, keyReadingCost } from '../../src/exchanges/solana/key-reading-cost.ts';
import { fixture } from '../support/fixture.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { openTestSolana, serveSolana } from '../support/solana-wallet.ts';

const nested = (depth: number): unknown => {
  let value: unknown = 'z'.repeat(200);
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

describe('what it costs to read the texts of an answer as keys', () => {
  it.each<[string, unknown, number]>([
    ['keys and signatures cost nothing', { owner: 'z'.repeat(44), signature: 'z'.repeat(88) }, 0],
    ['a long text costs the square of its length', { owner: 'z'.repeat(1_000) }, 1_000_000],
    ['many cost their sum', Array.from({ length: 3 }, () => 'z'.repeat(1_000)), 3_000_000],
    [
      'it counts up to the first letter of another alphabet',
      [`${'z'.repeat(200)}0${'z'.repeat(900)}`],
      40_000,
    ],
    ['an account in base 64 costs little', [Buffer.alloc(8_000, 255).toString('base64'), 'base64'], 0],
    ['depth does not matter', nested(100_000), 40_000],
    ['what is no text costs nothing', [1, null, true, undefined], 0],
  ])('%s', (_what, answer, cost) => {
    expect(keyReadingCost(answer)).toBe(cost);
  });
});

describe('an endpoint that answers with a text too long to be a key', () => {
  const servers: ScriptedServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  it.each([
    ['once', 1, 30_000],
    ['many times', 400, 1_200],
  ])('%s is unknown, and is not given to the SDK', async (_how, rows, characters) => {
    expect(rows * characters ** 2).toBeGreaterThan(KEY_READING_COST_MAX);
    const { owner } = fixture('solana/wallet.json') as { readonly owner: string };
    const account = { lamports: 1, owner: 'z'.repeat(characters), data: ['', 'base64'], executable: false };
    const value = Array.from({ length: rows }, () => account);
    const server = await serveSolana(() => ({ result: { context: { slot: 1 }, value } }));
    servers.push(server);
    const exchange = await openTestSolana({ rpcUrls: [server.url], scope: { owner } });
    expect(await exchange.observe({ fillsSinceMs: null }, new AbortController().signal)).toMatchObject({
      state: 'unknown',
      reason: 'malformed',
      detail: expect.stringContaining('a text too long to be read as a key'),
    });
  });
});
