import { afterEach, describe, expect, it, test } from '@jest/globals';
import { fromAtoms } from '../../src/domain/money/amount.ts';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import { loadSimulatorParts } from '../../src/exchanges/simulated/solana/simulator-parts.ts';
import { mintWithFee } from '../../src/exchanges/simulated/solana/transfer-fee.ts';
import { createMintFacts } from '../../src/exchanges/solana/mint-facts.ts';
import { readTokenAccountBytes } from '../../src/exchanges/solana/token-account-layout.ts';
import { readTransactionDeltas } from '../../src/exchanges/solana/transaction-deltas.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { openTestSolana, type RpcCall, type RpcReply, serveSolana } from '../support/solana-wallet.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (name: string): Recording => referenceData(`wire/solana/${name}.json`);
const signal = new AbortController().signal;
const SPL = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const NOBODY = '11111111111111111111111111111111';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function open(owner: string, reply: (call: RpcCall) => RpcReply) {
  const server = await serveSolana(reply);
  servers.push(server);
  return openTestSolana({ rpcUrls: [server.url], scope: { owner } });
}

/** Answers every method with one recorded body, whatever is asked: also with the recording's own id. */
const recorded = (bodies: Readonly<Record<string, Recording>>) => (call: RpcCall) => ({
  body: bodies[call.method],
});
const EMPTY = { jsonrpc: '2.0', result: { context: { slot: 1 }, value: [] }, id: 1 };
const LAMPORTS = { jsonrpc: '2.0', result: { context: { slot: 1 }, value: 0 }, id: 1 };

const observe = async (owner: string, bodies: Readonly<Record<string, Recording>>) =>
  (await open(owner, recorded(bodies))).observe({ fillsSinceMs: null }, signal);

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('a recorded wallet', () => {
    it('is consolidated as its recorder expects, though its methods answer from slots of their own', async () => {
      const { getBalance, getTokenAccountsByOwner, expected } = wire('solnet.tokenwallet');
      const observed = await observe(expected.owner, { getBalance, getTokenAccountsByOwner });
      if (observed.state !== 'known') throw new Error(observed.detail);
      const totals = new Map(observed.value.balances.map(({ asset, total }) => [asset, total]));
      expect(totals.get('SOL')).toBe(expected.sol);
      for (const [mint, { quantity }] of Object.entries<Recording>(expected.byMint)) {
        expect(totals.get(mint)).toBe(quantity);
      }
      // Both programs are answered with the same list: an account is still one account.
      const rows = getTokenAccountsByOwner.result.value;
      expect(totals.size).toBe(1 + rows.length);
      expect([...totals.values()].filter((total) => total === '10')).toHaveLength(rows.length);
      expect(observed.certificate.watermarkAfter.height).toBe(getTokenAccountsByOwner.result.context.slot);
    });

    it('with an empty account holds zero of it, as the bytes of the account say too', async () => {
      const cases = wire('kit.token-accounts');
      const { request, result } = cases['getTokenAccountsByOwner.jsonParsed'];
      const body = { jsonrpc: '2.0', id: 1, result };
      const observed = await observe(request.owner, { getBalance: LAMPORTS, getTokenAccountsByOwner: body });
      const bytes = readTokenAccountBytes(
        Buffer.from(cases['getTokenAccountsByOwner.base64'].data[0], 'base64'),
      );
      expect(bytes).toMatchObject({ owner: request.owner, atoms: 0n, hasDelegate: false });
      expect(observed).toMatchObject({
        state: 'known',
        value: {
          balances: [{ asset: bytes?.mint, total: fromAtoms(bytes?.atoms ?? 1n, 9) }, { asset: 'SOL' }],
        },
      });
    });

    it('without accounts holds SOL alone', async () => {
      const result = wire('kit.token-accounts').empty_owner.result;
      const body = { jsonrpc: '2.0', id: 1, result };
      const observed = await observe(NOBODY, { getBalance: LAMPORTS, getTokenAccountsByOwner: body });
      expect(observed).toMatchObject({ state: 'known', value: { balances: [{ asset: 'SOL', total: '0' }] } });
    });

    const balances = [...wire('solnet.rpc'), ...wire('blocto.rpc'), ...wire('solders.responses')].filter(
      ({ id, response }: Recording) => /get_?balance/i.test(id) && response.result !== undefined,
    );
    it.each(balances.map((one: Recording) => [one.id, one.response] as const))(
      'has the lamports of %s',
      async (_id, response: Recording) => {
        const observed = await observe(NOBODY, { getBalance: response, getTokenAccountsByOwner: EMPTY });
        const total = fromAtoms(BigInt(response.result.value), 9);
        expect(observed).toMatchObject({ state: 'known', value: { balances: [{ asset: 'SOL', total }] } });
      },
    );

    const lists = [...wire('solnet.rpc'), ...wire('blocto.rpc'), ...wire('solders.responses')].filter(
      ({ id }: Recording) => /token_?accounts?_?by_?owner/i.test(id),
    );
    it.each(lists.map((one: Recording) => [one.id, one.response] as const))(
      'of %s is read where it is parsed for its owner, and malformed where it is raw bytes',
      async (_id, response: Recording) => {
        const rows: Recording[] = response.result.value;
        const info = rows[0]?.account.data.parsed?.info;
        const observed = await observe(info?.owner ?? NOBODY, {
          getBalance: LAMPORTS,
          getTokenAccountsByOwner: response,
        });
        if (rows.length > 0 && info === undefined) {
          expect(observed).toMatchObject({ state: 'unknown', reason: 'malformed' });
          return;
        }
        if (observed.state !== 'known') throw new Error(observed.detail);
        for (const row of rows) {
          const { mint, tokenAmount } = row.account.data.parsed.info;
          const total = fromAtoms(tokenAmount.amount, tokenAmount.decimals);
          expect(observed.value.balances).toContainEqual(expect.objectContaining({ asset: mint, total }));
        }
      },
    );

    it('of Token-2022 with a withheld transfer fee is read by its amount', async () => {
      const { response } = wire('solders.responses').find(
        ({ id }: Recording) => id === 'solders.get_program_accounts_without_context_json_parsed',
      );
      const [row] = response.result;
      const body = { jsonrpc: '2.0', id: 1, result: { context: { slot: 1 }, value: [row] } };
      const { owner, mint } = row.account.data.parsed.info;
      // An account with such a part belongs to a mint with a fee, which is read too; there is no recording of it.
      const data = mintWithFee(await loadSimulatorParts(), new Uint8Array(82), {
        bps: 30,
        change: undefined,
      });
      const { account } = row;
      const value = [{ ...account, data: [data.toString('base64'), 'base64'] }];
      const observed = await observe(owner, {
        getBalance: LAMPORTS,
        getTokenAccountsByOwner: body,
        getMultipleAccounts: { jsonrpc: '2.0', id: 1, result: { context: { slot: 1 }, value } },
      });
      expect(observed).toMatchObject({ state: 'known' });
      expect(JSON.stringify(observed)).toContain(`"asset":"${mint}","symbol":null,"total":"0"`);
      expect(JSON.stringify(observed)).toContain(`"kind":"transferFee","asset":"${mint}","bps":30`);
    });
  });

  describe('a recorded error', () => {
    const errors = [
      ...wire('solnet.rpc'),
      ...wire('blocto.rpc'),
      ...wire('solders.responses'),
      ...Object.entries(wire('kit.token-accounts').errors).map(([id, error]) => ({
        id: `kit.${id}`,
        response: { jsonrpc: '2.0', error, id: 1 },
      })),
    ].filter(({ response }: Recording) => response.error !== undefined);
    it.each(errors.map((one: Recording) => [one.id, one.response] as const))(
      'leaves the wallet unknown: %s',
      async (_id, response: Recording) => {
        const observed = await observe(NOBODY, { getBalance: LAMPORTS, getTokenAccountsByOwner: response });
        expect(observed.state).toBe('unknown');
      },
    );
  });

  describe('a recorded status', () => {
    const signature = 'a signature';
    const order = { reference: signature, expiresAtHeight: 1, instruction: { market: 'SOL/USDC' } };
    const statuses = [...wire('solnet.rpc'), ...wire('blocto.rpc'), ...wire('solders.responses')].filter(
      ({ id }: Recording) => /signature_?statuses/i.test(id),
    );
    it.each(statuses.map((one: Recording) => [one.id, one.response.result.value] as const))(
      'never makes a landed transaction absent: %s',
      async (_id, value: Recording[]) => {
        for (const status of value) {
          const exchange = await open(NOBODY, ({ method }) => {
            // Finalized far beyond the expiry at the slot that the status is from, with nothing forgotten.
            const epoch = { epoch: 0, slotIndex: 82, slotsInEpoch: 432_000 };
            if (method === 'getEpochInfo') return { result: { ...epoch, absoluteSlot: 82, blockHeight: 82 } };
            if (method === 'getFirstAvailableBlock') return { result: 0 };
            if (method === 'getTransaction') return { result: null };
            return { result: { context: { slot: 82 }, value: [status] } };
          });
          const found = await exchange.findOrder(order as unknown as PreparedOrder, signal);
          // Without its record a landed transaction stays unknown; one endpoint alone proves no absence.
          const detail = expect.stringContaining('is past its expiry');
          if (status === null) expect(found).toMatchObject({ state: 'absent', isProven: false, detail });
          else expect(found).toMatchObject({ state: 'unknown', reason: 'incomplete' });
        }
      },
    );
  });

  describe('a recorded transaction', () => {
    it('changes its fee payer by the recorded fee, to the lamport', async () => {
      const { result } = wire('solders.get_transaction_json_encoding');
      const [payer] = result.transaction.message.accountKeys;
      const web3 = await import('@solana/web3.js');
      const accountKeys = result.transaction.message.accountKeys.map((key: string) => ({
        pubkey: new web3.PublicKey(key),
      }));
      const transaction = { ...result, transaction: { message: { accountKeys } } };
      expect(readTransactionDeltas(transaction, payer, createMintFacts(web3, []))).toMatchObject({
        state: 'read',
        lamports: -5000n,
        fee: 5000n,
        exchanged: 0n,
        rentPaid: 0n,
        hasFailed: false,
        atMs: 1661417105000,
      });
      const stranger = readTransactionDeltas(transaction, SPL, createMintFacts(web3, []));
      expect(stranger).toMatchObject({ state: 'read', lamports: 0n, fee: 0n });
    });
  });
}
