import { afterEach, describe, expect, it } from '@jest/globals';
import { openExchange } from '../../src/app/open-exchange.ts';
import { resolveVenue } from '../../src/app/resolve-venue.ts';
import { venueSchema } from '../../src/app/venue-schema.ts';
import { instruct, startTestChain, type TestChain } from '../support/solana-chain.ts';

const signal = new AbortController().signal;
const open: { chain?: TestChain } = {};
afterEach(() => open.chain?.server.close());

/** Sells a SOL by an adapter that was opened from what a configuration file says. */
async function prepareWith(settings: object) {
  const chain = await startTestChain();
  open.chain = chain;
  const { server, clock } = chain;
  const { rpcUrl, secondRpcUrl, swapUrl } = server.urls;
  const written = venueSchema.parse({
    id: 'solana-test',
    kind: 'solana',
    rpcUrls: [rpcUrl, secondRpcUrl],
    swapUrl,
    custody: 'full',
    credentials: { secretKey: server.secretKey },
    scope: { owner: server.owner },
    ...settings,
  });
  const sources = { path: 'trueup.json', environment: {}, readFile: () => '' };
  const { venue, problems } = resolveVenue(written, 'venues[0]', sources);
  if (venue === null) throw new Error(JSON.stringify(problems));
  const exchange = await openExchange(venue, { now: clock.now });
  return exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
}

describe('what the configuration says of swaps', () => {
  it.each([
    ['nothing', {}, { state: 'prepared' }],
    ['no bid for a place', { priorityFeeMaxLamports: 0 }, { reason: expect.stringContaining('at most 0') }],
    [
      'a reserve that the sale would touch',
      { feeReserveLamports: 9_000_000_000 },
      { reason: expect.stringContaining('the fee reserve and rent are 9000890880') },
    ],
    ['other programs', { swapPrograms: ['11111111111111111111111111111112'] }, { state: 'prepared' }],
  ])('is kept to: %s', async (_name, settings, expected) => {
    expect(await prepareWith(settings)).toMatchObject(expected);
  });

  it.each([
    ['a program that is no address', { swapPrograms: ['nobody'] }],
    ['no program at all', { swapPrograms: [] }],
    ['a cap with a fraction', { priorityFeeMaxLamports: 0.5 }],
    ['a reserve below zero', { feeReserveLamports: -1 }],
  ])('is refused for %s', async (_name, settings) => {
    await expect(prepareWith(settings)).rejects.toThrow();
  });
});
