import { afterEach, describe, expect, it, test } from '@jest/globals';
import * as web3 from '@solana/web3.js';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { UNPACED } from '../../src/exchanges/pace.ts';
import { createMintFacts } from '../../src/exchanges/solana/mint-facts.ts';
import { openRpcEndpoint } from '../../src/exchanges/solana/rpc-endpoint.ts';
import { createSwapService } from '../../src/exchanges/solana/swap-service.ts';
import { readTransactionDeltas } from '../../src/exchanges/solana/transaction-deltas.ts';
import { hearWitness } from '../../src/exchanges/solana/transaction-status.ts';
import { readTransferFees } from '../../src/exchanges/solana/transfer-fees.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';
import { instruct, startTestChain } from '../support/solana-chain.ts';
import { openSolanaProxy } from '../support/solana-proxy.ts';
import { openTestSolana, type RpcCall, type RpcReply, serveSolana } from '../support/solana-wallet.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (name: string): Recording => referenceData(`wire/solana/${name}.json`);
const named = (part: string): Recording[] =>
  [...wire('solnet.rpc'), ...wire('blocto.rpc'), ...wire('solders.responses')].filter(({ id }: Recording) =>
    id.toLowerCase().replaceAll('_', '').includes(part),
  );
const signal = new AbortController().signal;
const PORTS = { pace: UNPACED, now: () => 0 };
const OWNER = '11111111111111111111111111111111';

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(reply: (call: RpcCall) => RpcReply): Promise<ScriptedServer> {
  const server = await serveSolana(reply);
  servers.push(server);
  return server;
}

/** Prepares an order on a simulated chain whose first endpoint and swap service stand behind a proxy. */
async function prepareBy(change: Parameters<typeof openSolanaProxy>[1]) {
  const chain = await startTestChain();
  servers.push(chain.server);
  const proxy = await openSolanaProxy(chain.server.urls.rpcUrl ?? '', change);
  servers.push(proxy);
  const rpcUrls = [proxy.url, chain.server.urls.secondRpcUrl ?? ''] as const;
  const exchange = await chain.open({ rpcUrls, swapUrl: proxy.url });
  return exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
}

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('a recorded send', () => {
    const sent = named('sendtransaction').find(({ request }) => request?.params[1]?.encoding === 'base64');

    it('is sent byte for byte, under the signature that the node answered with', async () => {
      const server = await serve(() => ({ body: sent.response }));
      const exchange = await openTestSolana({ rpcUrls: [server.url], scope: { owner: OWNER } });
      const [payload] = sent.request.params;
      const order = { payload, reference: sent.response.result } as unknown as PreparedOrder;
      expect(await exchange.submitOrder(order, signal)).toEqual({
        state: 'accepted',
        venueOrderId: sent.response.result,
      });
      expect(server.requests.map(({ method, path }) => [method, path])).toEqual([['POST', '/']]);
      expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
        method: sent.request.method,
        params: [payload, { encoding: 'base64', skipPreflight: true, maxRetries: 0 }],
      });
    });

    const answers = [...named('sendtransaction'), ...named('parseinstructionerror')].filter(
      ({ response }) => response.error !== undefined || response.result !== sent.response.result,
    );
    it.each(answers.map((one) => [one.id, one.response] as const))(
      'ends nothing where the answer is another one: %s',
      async (_id, response) => {
        const server = await serve(({ method }) =>
          method === 'sendTransaction'
            ? { body: response }
            : { result: { context: { slot: 1 }, value: [null] } },
        );
        const exchange = await openTestSolana({ rpcUrls: [server.url], scope: { owner: OWNER } });
        const [payload] = sent.request.params;
        const order = { payload, reference: sent.response.result } as unknown as PreparedOrder;
        expect(await exchange.submitOrder(order, signal)).toMatchObject({ state: 'outcomeUnknown' });
      },
    );
  });

  describe('a recorded transaction', () => {
    /** The record as `jsonParsed` has its keys, from the bytes of the recording. */
    const parsedOf = ({ result }: Recording): web3.ParsedTransactionWithMeta => {
      const { message } = web3.VersionedTransaction.deserialize(Buffer.from(result.transaction[0], 'base64'));
      const { writable = [], readonly = [] } = result.meta.loadedAddresses ?? {};
      const loaded = [...writable, ...readonly].map((key: string) => new web3.PublicKey(key));
      const accountKeys = [...message.staticAccountKeys, ...loaded].map((pubkey) => ({ pubkey }));
      return { ...result, transaction: { message: { accountKeys } } };
    };
    const recorded = named('gettransaction.').map(({ id, response }) => [id, response] as const);

    it.each(recorded)('loses its fee and nothing else, over all of its accounts: %s', (_id, response) => {
      const transaction = parsedOf(response);
      const { accountKeys } = transaction.transaction.message;
      const hasOwners = (response.result.meta.postTokenBalances as Recording[]).every(({ owner }) => owner);
      let total = 0n;
      for (const [index, { pubkey }] of accountKeys.entries()) {
        const read = readTransactionDeltas(transaction, pubkey.toBase58(), createMintFacts(web3, []));
        if (!hasOwners) {
          expect(read).toMatchObject({ state: 'unknown', reason: 'incomplete' });
          continue;
        }
        if (read.state === 'unknown') throw new Error(read.detail);
        const { preBalances, postBalances, fee } = response.result.meta;
        expect(read.lamports).toBe(BigInt(postBalances[index]) - BigInt(preBalances[index]));
        expect(read.fee).toBe(index === 0 ? BigInt(fee) : 0n);
        total += read.lamports;
      }
      expect(total).toBe(hasOwners ? -BigInt(response.result.meta.fee) : 0n);
    });

    it('moves tokens between accounts of one owner without a change, and none where it has no part', () => {
      const [, response] = recorded.at(-1) ?? [];
      const transaction = parsedOf(response);
      const owners: readonly string[] = [
        ...new Set<string>(response.result.meta.postTokenBalances.map(({ owner }: Recording) => owner)),
      ];
      const sums = new Map<string, bigint>();
      for (const owner of owners) {
        const read = readTransactionDeltas(transaction, owner, createMintFacts(web3, []));
        if (read.state === 'unknown') throw new Error(read.detail);
        for (const [mint, atoms] of read.tokens) sums.set(mint, (sums.get(mint) ?? 0n) + atoms);
      }
      // What one owner gives another gets: nothing was minted.
      expect([...sums.values()].every((atoms) => atoms === 0n)).toBe(true);
      expect(owners.length).toBeGreaterThan(0);
      const stranger = readTransactionDeltas(transaction, OWNER, createMintFacts(web3, []));
      expect(stranger).toMatchObject({ state: 'read', lamports: 0n, tokens: new Map() });
    });
  });

  describe('a recorded list of signatures', () => {
    const lists = named('getsignaturesforaddress').map(({ id, response }) => [id, response] as const);
    it.each(lists)(
      'is followed to its end, and a transaction that is not there is not left out: %s',
      async (_id, response) => {
        const server = await serve(({ method, params }) => {
          if (method === 'getBalance') return { result: { context: { slot: 1 }, value: 0 } };
          if (method === 'getTokenAccountsByOwner') return { result: { context: { slot: 1 }, value: [] } };
          if (method === 'getTransaction') return { result: null };
          return params[1].before === undefined ? { body: response } : { result: [] };
        });
        const exchange = await openTestSolana({ rpcUrls: [server.url], scope: { owner: OWNER } });
        const read = await exchange.readActivity({ sinceMs: 0, assets: ['SOL'] }, signal);
        expect(read).toMatchObject({ state: 'unknown', reason: 'incomplete' });
        const calls = server.requests.map(({ body }) => JSON.parse(body));
        const pages = calls.filter(({ method }) => method === 'getSignaturesForAddress');
        expect(pages.map(({ params }) => params[1].before)).toEqual([
          undefined,
          response.result.at(-1).signature,
        ]);
      },
    );
  });

  describe('a recorded height', () => {
    const epochs = named('getepochinfo').map(({ id, response }) => [id, response] as const);
    it.each(epochs)(
      'is the expiry of what came before it, and of nothing else: %s',
      async (_id, response) => {
        const server = await serve(({ method }) => {
          if (method === 'getEpochInfo') return { body: response };
          if (method === 'getFirstAvailableBlock') return { result: 0 };
          return { result: { context: { slot: response.result.absoluteSlot }, value: [null] } };
        });
        const endpoint = openRpcEndpoint(web3, server.url, PORTS);
        const hear = (expiresAtHeight: number) =>
          hearWitness(endpoint, { signature: 'any', expiresAtHeight, lifetime: 150 }, signal);
        const { blockHeight } = response.result;
        expect(await hear(blockHeight - 1)).toMatchObject({ state: 'absent', isProof: true });
        expect(await hear(blockHeight)).toMatchObject({ state: 'absent', isProof: false });
      },
    );
  });

  describe('a recorded request', () => {
    const requestsOf = (method: string): Recording[] =>
      wire('blocto.rpc').flatMap(({ request }: Recording) => (request.method === method ? [request] : []));
    const ROW = { signature: 'first', slot: 1, err: null, memo: null, blockTime: null };
    /** What we ask by that method, of a node where nothing is. */
    const asked = async (
      method: string,
      owner: string,
      use: (exchange: Exchange) => Promise<unknown>,
    ): Promise<Recording[]> => {
      const server = await serve((call) => {
        if (call.method === 'getTransaction') return { result: null };
        if (call.method === 'getSignaturesForAddress') {
          return { result: call.params[1].before === undefined ? [ROW] : [] };
        }
        const value = { getBalance: 0, getTokenAccountsByOwner: [], getSignatureStatuses: [null] }[
          call.method
        ];
        return { result: { context: { slot: 1 }, value } };
      });
      await use(await openTestSolana({ rpcUrls: [server.url], scope: { owner } }));
      return server.requests.map(({ body }) => JSON.parse(body)).filter((one) => one.method === method);
    };

    it.each(requestsOf('getBalance'))(
      'of a balance names the address first, as ours does',
      async (request) => {
        const [owner] = request.params;
        const [ours] = await asked('getBalance', owner, (exchange) =>
          exchange.observe({ fillsSinceMs: null }, signal),
        );
        expect(ours).toMatchObject({ jsonrpc: '2.0', method: request.method });
        expect(ours.params).toEqual([owner, { commitment: 'confirmed' }]);
      },
    );

    const searched = requestsOf('getSignatureStatuses').filter(({ params }) => params.length > 1);
    it.each(searched)('of a status with its history is ours, to the last parameter', async (request) => {
      const [[signature]] = request.params;
      const order = { reference: signature, expiresAtHeight: 1 } as unknown as PreparedOrder;
      const [ours] = await asked(request.method, OWNER, (exchange) => exchange.findOrder(order, signal));
      expect(ours).toEqual(request);
    });

    const paged = requestsOf('getSignaturesForAddress');
    it.each(paged)('of signatures has the options that ours has', async ({ method, params }) => {
      const [address, options] = params;
      const [first, second] = await asked(method, address, (exchange) =>
        exchange.readActivity({ sinceMs: 0, assets: ['SOL'] }, signal),
      );
      const ours = options.before === undefined ? first : second;
      const before = options.before === undefined ? {} : { before: 'first' };
      expect(ours.params).toEqual([
        address,
        { ...options, ...before, limit: 1_000, commitment: 'confirmed' },
      ]);
    });

    it.each(requestsOf('getBlockHeight'))('of a height has the commitment of ours', async (request) => {
      const seen: Recording[] = [];
      const made = await prepareBy((answer, { body }) => {
        if (body.includes('"getBlockHeight"')) seen.push(JSON.parse(body));
        return answer;
      });
      expect(made.state).toBe('prepared');
      expect(seen).toMatchObject([{ method: request.method, params: request.params }]);
    });
  });

  describe('a recorded answer on the way to a signature', () => {
    /** An order whose endpoint answers one method as it was recorded. */
    const prepareWith = (method: string, response: Recording) =>
      prepareBy((answer, { body }) => (body.includes(`"${method}"`) ? response : answer));

    it.each(named('simulatetransaction').map(({ id, response }) => [id, response] as const))(
      'denies what it does not show to be good: %s',
      async (_id, response) => {
        expect(await prepareWith('simulateTransaction', response)).toMatchObject({ state: 'deniedLocally' });
      },
    );

    it('denies a swap whose blockhash it does not know', async () => {
      const [unknownHash] = named('getfeeformessage').filter(
        ({ response }) => response.result.value === null,
      );
      expect(await prepareWith('getFeeForMessage', unknownHash.response)).toMatchObject({
        state: 'deniedLocally',
        reason: expect.stringContaining('blockhash is not known'),
      });
    });

    it('is the fee that may leave, and no lamport more', async () => {
      const [fee] = named('getfeeformessage').filter(({ response }) => response.result.value !== null);
      const made = await prepareWith('getFeeForMessage', fee.response);
      expect(made).toMatchObject({
        state: 'deniedLocally',
        reason: 'the swap takes 1000005000 atoms, at most 1000000000',
      });
    });

    it('is the height that the order expires after', async () => {
      const [height] = named('getblockheight');
      expect(await prepareWith('getBlockHeight', height.response)).toMatchObject({
        state: 'prepared',
        order: { expiresAtHeight: height.response.result + 150 },
      });
    });

    const accounts = named('getmultipleaccounts').map(({ id, response }) => [id, response] as const);
    const isOfPrograms = (body: string) => body.includes('"dataSlice"');
    it.each(accounts)('shows all accounts that were asked for, or nothing: %s', async (_id, response) => {
      for (const isAsked of [isOfPrograms, (body: string) => !isOfPrograms(body)]) {
        const made = await prepareBy((answer, { body }) =>
          body.includes('"getMultipleAccounts"') && isAsked(body) ? response : answer,
        );
        expect(made).toMatchObject({ state: 'unknown' });
      }
    });

    it('is no transaction of ours: the recorded swap is not signed', async () => {
      const made = await prepareBy((answer, { path }) =>
        path === '/swap' ? wire('gateway.mocks')['jupiter_swap-response'] : answer,
      );
      expect(['unknown', 'deniedLocally']).toContain(made.state);
    });
  });

  describe('a recorded account', () => {
    const mint = 'F5RYi7FMPefkc7okJNh21Hcsch7RUaLVr8Rzc8SQqxUb';
    const accounts = [...named('getaccountinfo'), ...named('gettokenaccountinfo')];
    it.each(accounts.map(({ id, response }) => [id, response] as const))(
      'that is not shown as a mint has no decimals: %s',
      async (_id, response) => {
        const endpoint = openRpcEndpoint(web3, (await serve(() => ({ body: response }))).url, PORTS);
        const read = await createMintFacts(web3, [endpoint]).read(endpoint, mint, signal);
        expect(read.state).toBe('unknown');
      },
    );

    it.each(named('getmultipleaccounts').map(({ id, response }) => [id, response] as const))(
      'that is not shown as a mint confirms nothing, and tells no fee: %s',
      async (_id, response) => {
        const second = openRpcEndpoint(web3, (await serve(() => ({ body: response }))).url, PORTS);
        const first = openRpcEndpoint(web3, 'http://127.0.0.1:9', PORTS);
        const mints = createMintFacts(web3, [first, second]);
        mints.pin(mint, 9);
        expect(await mints.confirm(first, [mint], signal)).toMatchObject({ state: 'unknown' });
        const input = { web3, endpoint: second, mints: [mint], minContextSlot: 1, signal };
        expect(await readTransferFees(input)).toMatchObject({ state: 'unknown' });
      },
    );
  });

  describe('a recorded quote', () => {
    const quote = wire('gateway.mocks')['jupiter_quote-response'];
    const request = {
      inputMint: quote.inputMint,
      outputMint: quote.outputMint,
      mode: 'ExactIn',
      atoms: BigInt(quote.inAmount),
      slippageBps: quote.slippageBps,
    } as const;

    it('is read to the atom, and goes back as it came with the cap on what may be bid', async () => {
      const built = wire('gateway.mocks')['jupiter_swap-response'];
      const server = await serveScript(({ path }) => ({ body: path === '/swap/v1/quote' ? quote : built }));
      servers.push(server);
      const swaps = createSwapService(`${server.url}/swap/v1/`, PORTS);
      const read = await swaps.quote(request, signal);
      if (read.state !== 'quoted') throw new Error(read.detail);
      expect([read.inAtoms, read.outAtoms, read.thresholdAtoms].map(String)).toEqual([
        quote.inAmount,
        quote.outAmount,
        quote.otherAmountThreshold,
      ]);
      const user = { owner: OWNER, wrapsSol: true, priorityFeeMaxLamports: 7n };
      expect(await swaps.build(read, user, signal)).toMatchObject({
        state: 'built',
        lastValidBlockHeight: built.lastValidBlockHeight,
      });
      const [first, second] = server.requests;
      expect(first).toMatchObject({ method: 'GET', path: '/swap/v1/quote' });
      expect(Object.fromEntries(first?.query ?? [])).toEqual({
        inputMint: quote.inputMint,
        outputMint: quote.outputMint,
        amount: quote.inAmount,
        swapMode: 'ExactIn',
        slippageBps: '50',
      });
      expect(second).toMatchObject({ method: 'POST', path: '/swap/v1/swap' });
      expect(JSON.parse(second?.body ?? '')).toEqual({
        quoteResponse: quote,
        userPublicKey: OWNER,
        wrapAndUnwrapSol: true,
        dynamicComputeUnitLimit: true,
        prioritizationFeeLamports: {
          priorityLevelWithMaxLamports: { maxLamports: 7, priorityLevel: 'medium' },
        },
      });
    });

    it.each([
      ['another amount', { inAmount: '1000000001' }],
      ['another mint', { outputMint: OWNER }],
      ['another mode', { swapMode: 'ExactOut' }],
      ['a number', { outAmount: 167000000 }],
      ['nothing', { outAmount: '0' }],
    ])('is not believed with %s', async (_name, change) => {
      const server = await serveScript(() => ({ body: { ...quote, ...change } }));
      servers.push(server);
      const read = await createSwapService(server.url, PORTS).quote(request, signal);
      expect(read.state).toBe('unknown');
    });
  });
}
