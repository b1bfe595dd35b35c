import { afterEach, describe, expect, it, test } from '@jest/globals';
import { openCoinbaseWalletExchange } from '../../src/exchanges/coinbase/coinbase-wallet-exchange.ts';
import { TEST_CREDENTIALS } from '../support/coinbase-account.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import { type ScriptedAnswer, serveScript } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording[] => referenceData(`wire/${path}`) as Recording[];
const signal = new AbortController().signal;

interface Chain {
  readonly chain: 'evm' | 'solana';
  readonly network: string;
  readonly address: string;
}
const EVM: Chain = { chain: 'evm', network: 'base', address: '0x8fddcc0c5c993a1968b46787919cc34577d6dc5c' };
const SOLANA: Chain = {
  chain: 'solana',
  network: 'solana',
  address: 'HpabPRRCFbBKSuJr5PdkVvQc85FyxyTWkFM2obBRSvHT',
};

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  const examples = wire('coinbase/cdp.openapi-examples.json');

  describe('examples of the developer platform’s specification', () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });

    /** What is read of an address where its balances are asked for and this is the answer. */
    async function observe({ chain, network, address }: Chain, answer: ScriptedAnswer) {
      const path = `/platform/v2/${chain}/token-balances/${network}/${address}`;
      const server = await serveScript((request) =>
        request.path === path ? answer : { status: 500, body: `asked for ${request.path}` },
      );
      const wallet = await openCoinbaseWalletExchange({
        venue: 'wallet',
        baseUrl: `${server.url}/platform`,
        credentials: TEST_CREDENTIALS,
        scope: { network, addresses: [address] },
        now: Date.now,
      });
      closing.push(wallet.close, server.close);
      return wallet.observe({ fillsSinceMs: null }, signal);
    }

    const exampleOf = ({ chain }: Chain, status: string): Recording =>
      examples.find(({ where }) =>
        where.startsWith(`GET /v2/${chain}/token-balances/{network}/{address} ${status}/`),
      ).value;

    it('token balances of an Ethereum-like chain are read by contract, the coin by its name', async () => {
      const observed = await observe(EVM, { body: { balances: exampleOf(EVM, '200') } });
      if (observed.state === 'unknown') throw new Error(observed.detail);
      expect(observed.value.balances.map(({ asset, symbol, total }) => [asset, symbol, total])).toEqual([
        ['0x833589fcd6edb6e08f4c7c32d4f71b54bda02913', 'USDC', '0.123456'],
        ['eth', 'ETH', '1.25'],
      ]);
    });

    it('token balances of Solana are read by mint, the coin by its name', async () => {
      const observed = await observe(SOLANA, { body: { balances: exampleOf(SOLANA, '200') } });
      if (observed.state === 'unknown') throw new Error(observed.detail);
      expect(observed.value.balances.map(({ asset, symbol, total }) => [asset, symbol, total])).toEqual([
        ['4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU', 'USDC', '123.456'],
        ['sol', 'SOL', '1.25'],
      ]);
    });

    it.each([EVM, SOLANA])('an address that $network does not know is unknown, not empty', async (at) => {
      const { value: body } = exampleOf(at, '404').not_found;
      expect(await observe(at, { status: 404, body })).toMatchObject({
        state: 'unknown',
        reason: 'refused',
        detail: expect.stringContaining(body.errorMessage),
      });
    });

    const errors = examples.flatMap(({ where, value }) => {
      const status = Number(/ (\d{3})\//.exec(where)?.[1]);
      if (status < 400) return [];
      return Object.values<Recording>(value).map((one) => [where, status, one.value] as const);
    });
    it.each(errors)('an error leaves the address unknown: %s', async (_where, status, body) => {
      const reason = status === 429 ? 'rateLimited' : status >= 500 ? 'unreachable' : 'refused';
      expect(await observe(EVM, { status, body })).toMatchObject({ state: 'unknown', reason });
    });

    it.each(wire('coinbase/cdp.sample-responses.json').map((one) => [one.request, one.body] as const))(
      'another answer is taken for no balances: %s',
      async (_request, body) => {
        expect(await observe(EVM, { body })).toMatchObject({ state: 'unknown', reason: 'malformed' });
      },
    );
  });
}
