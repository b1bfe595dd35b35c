import { afterEach, describe, expect, it } from '@jest/globals';
import type { SolanaOptions } from '../../src/exchanges/solana/solana-exchange.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { USDC } from '../support/solana-chain.ts';
import { openTestSolana, type RpcCall, type RpcReply, serveSolana } from '../support/solana-wallet.ts';

// biome-ignore lint/suspicious/noExplicitAny: records are made by hand, in the shapes that methods give them.
type Record = any;
const signal = new AbortController().signal;
const OWNER = 'CuGi7mDBEn2prciuwoLm1vdyVa3X9AiiZC2kDSyfT5yF';
const STRANGER = '9we6kjtbcZ2vy3GSLLsZTEhbAqXPTRvEyoxa8wxSqKp5';
/** An account of the owner that is closed by now, and not the associated one. */
const CLOSED = 'F4risWLEUZTQwWvDYKxKQov6KA8YjQ985KzTYjBNYnkf';
const SINCE_S = 1_700_000_000;

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const balance = (accountIndex: number, amount: string, more: object = {}) => ({
  accountIndex,
  mint: USDC,
  owner: OWNER,
  uiTokenAmount: { amount, decimals: 6, uiAmount: null },
  ...more,
});

const record = (slot: number, keys: readonly string[], meta: Record, blockTime = SINCE_S + slot): Record => ({
  slot,
  blockTime,
  version: 0,
  transaction: {
    signatures: [`signature-${slot}`],
    message: {
      accountKeys: keys.map((pubkey, index) => ({ pubkey, signer: index === 0, writable: true })),
      instructions: [],
      recentBlockhash: '11111111111111111111111111111111',
    },
  },
  meta: {
    err: null,
    fee: 5_000,
    preBalances: keys.map(() => 1_000_000),
    postBalances: keys.map((_, index) => (index === 0 ? 995_000 : 1_000_000)),
    preTokenBalances: [],
    postTokenBalances: [],
    ...meta,
  },
});

/** A stranger pays into the account; the owner empties and closes it. */
const deposit = record(1, [STRANGER, CLOSED], { postTokenBalances: [balance(1, '7000000')] });
const closing = record(2, [OWNER, CLOSED], { preTokenBalances: [balance(1, '7000000')] });

interface History {
  readonly records: readonly Record[];
  /** Signatures by address, newest first. */
  readonly named: Readonly<Record>;
  readonly pageRows?: number;
  readonly firstBlock?: number;
}

const HISTORY: History = {
  records: [deposit, closing],
  named: { [OWNER]: ['signature-2'], [CLOSED]: ['signature-2', 'signature-1'] },
};

function replyOf(history: History, { method, params }: RpcCall): RpcReply {
  const result = (value: unknown) => ({ result: value });
  switch (method) {
    case 'getBalance':
      return result({ context: { slot: 9 }, value: 1 });
    case 'getTokenAccountsByOwner':
      return result({ context: { slot: 9 }, value: [] });
    case 'getFirstAvailableBlock':
      return result(history.firstBlock ?? 0);
    case 'getBlock':
      return result({
        blockhash: 'a',
        previousBlockhash: 'b',
        parentSlot: 1,
        blockHeight: 5,
        blockTime: SINCE_S + params[0],
      });
    case 'getSignaturesForAddress': {
      const all: readonly string[] = history.named[params[0]] ?? [];
      const start = params[1].before === undefined ? 0 : all.indexOf(params[1].before) + 1;
      const rows = all.slice(start, start + (history.pageRows ?? 1_000));
      return result(
        rows.map((signature) => ({
          signature,
          slot: 1,
          err: null,
          memo: null,
          blockTime: SINCE_S + Number(signature.split('-')[1]),
        })),
      );
    }
    case 'getTransaction':
      return result(
        history.records.find(({ transaction }) => transaction.signatures[0] === params[0]) ?? null,
      );
    default:
      return { error: { code: -32601, message: 'Method not found' } };
  }
}

async function read(history: History, sinceMs = SINCE_S * 1_000, options: Partial<SolanaOptions> = {}) {
  const server = await serveSolana((call) => replyOf(history, call));
  servers.push(server);
  const exchange = await openTestSolana({ rpcUrls: [server.url], scope: { owner: OWNER }, ...options });
  return exchange.readActivity({ sinceMs, assets: [USDC] }, signal);
}

const seen = [
  { id: 'signature-1', kind: 'deposit', deltas: [{ asset: USDC, amount: '7' }] },
  { id: 'signature-2', kind: 'withdrawal' },
];

describe('the history of a wallet', () => {
  it('holds what came into an account that is closed by now and that only its closing names', async () => {
    expect(await read(HISTORY)).toMatchObject({ state: 'known', value: seen });
  });

  it('goes on behind a page that is shorter than was asked for', async () => {
    expect(await read({ ...HISTORY, pageRows: 1 })).toMatchObject({ state: 'known', value: seen });
  });

  it('is incomplete where the endpoint has forgotten a part of the time that is asked for', async () => {
    expect(await read({ ...HISTORY, firstBlock: 1 })).toMatchObject({
      state: 'unknown',
      reason: 'incomplete',
      detail: expect.stringMatching(/goes back to 1700000001000, asked for since 1700000000000/),
    });
    expect(await read({ ...HISTORY, firstBlock: 1 }, (SINCE_S + 1) * 1_000)).toMatchObject({
      state: 'known',
    });
  });

  it.each<[string, Record, string]>([
    ['no balances at all', { ...closing, meta: null }, 'incomplete'],
    [
      'no record of token balances before',
      record(2, [OWNER, CLOSED], { preTokenBalances: null }),
      'incomplete',
    ],
    [
      'no record of token balances after',
      record(2, [OWNER, CLOSED], { postTokenBalances: null }),
      'incomplete',
    ],
    [
      'a token balance without its owner',
      record(2, [OWNER, CLOSED], { preTokenBalances: [balance(1, '7', { owner: undefined })] }),
      'incomplete',
    ],
    [
      'a token balance of an account that is not there',
      record(2, [OWNER, CLOSED], { preTokenBalances: [balance(2, '7')] }),
      'malformed',
    ],
    ['no time', { ...closing, blockTime: null }, 'incomplete'],
    ['a time that nobody can write', { ...closing, blockTime: 1_000_001_002_039_280 }, 'malformed'],
    ['another time than the list says', { ...closing, blockTime: SINCE_S + 12 }, 'incoherent'],
    ['an earlier time than the slot before', { ...closing, slot: 0 }, 'incoherent'],
    ['fewer balances than accounts', record(2, [OWNER, CLOSED], { preBalances: [1] }), 'malformed'],
    ['lamports with a fraction', record(2, [OWNER], { postBalances: [0.5] }), 'malformed'],
  ])('is unknown where a transaction has %s', async (_name, broken, reason) => {
    expect(await read({ ...HISTORY, records: [deposit, broken] })).toMatchObject({
      state: 'unknown',
      reason,
    });
  });
});
