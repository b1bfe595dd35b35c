import { afterEach, describe, expect, it } from '@jest/globals';
import * as spl from '@solana/spl-token';
import {
  ComputeBudgetProgram,
  Connection,
  Keypair,
  PublicKey,
  SystemProgram,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { amount } from '../../src/domain/money/amount.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';
import { instruct, JUP, startTestChain, type TestChain, USDC, WSOL } from '../support/solana-chain.ts';

const signal = new AbortController().signal;
const thief = Keypair.fromSeed(new Uint8Array(32).fill(3));

const open: { chain?: TestChain; swaps?: ScriptedServer } = {};
afterEach(async () => {
  await open.swaps?.close();
  await open.chain?.server.close();
});

interface Scene {
  readonly owner: PublicKey;
  readonly mine: (mint: string) => PublicKey;
  /** The honest swap's own instructions. */
  readonly honest: readonly TransactionInstruction[];
}

type Crime = (scene: Scene) => {
  readonly instructions: readonly TransactionInstruction[];
  readonly payer?: PublicKey;
};

/** Asks the honest market for quotes, and for transactions a service that adds what it likes. */
async function prepareWith(crime: Crime, market = 'SOL/USDC') {
  const chain = await startTestChain([
    { asset: JUP, amount: amount('100') },
    { asset: WSOL, amount: amount('0') },
  ]);
  open.chain = chain;
  const { server } = chain;
  const { swapUrl = '', rpcUrl = '' } = server.urls;
  const owner = new PublicKey(server.owner);
  const mine = (mint: string) => spl.getAssociatedTokenAddressSync(new PublicKey(mint), owner);
  const answers = new Map<string, string>();
  const ask = async (path: string, init?: RequestInit) => (await fetch(`${swapUrl}${path}`, init)).text();
  const swaps = await serveScript((request) => ({ body: answers.get(request.path) ?? '{}' }));
  open.swaps = swaps;

  const quantity = '1000000000';
  const [inputMint, outputMint] = market === 'SOL/USDC' ? [WSOL, USDC] : [USDC, WSOL];
  const quote = await ask(
    `/quote?inputMint=${inputMint}&outputMint=${outputMint}&amount=${quantity}&swapMode=ExactIn&slippageBps=50`,
  );
  const body = JSON.stringify({ quoteResponse: JSON.parse(quote), userPublicKey: server.owner });
  const built = JSON.parse(await ask('/swap', { method: 'POST', body }));
  const original = VersionedTransaction.deserialize(Buffer.from(built.swapTransaction, 'base64'));
  const honest = TransactionMessage.decompile(original.message).instructions;
  const { instructions, payer = owner } = crime({ owner, mine, honest });
  const { blockhash } = await new Connection(rpcUrl, { httpAgent: false }).getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: payer,
    recentBlockhash: blockhash,
    instructions: [...instructions],
  });
  const transaction = new VersionedTransaction(message.compileToV0Message());
  const swapTransaction = Buffer.from(transaction.serialize()).toString('base64');
  answers.set('/quote', quote);
  answers.set('/swap', JSON.stringify({ ...built, swapTransaction }));
  const exchange = await chain.open({ swapUrl: swaps.url });
  return exchange.prepareOrder(instruct(market, 'sell', '1', '149'), signal);
}

describe('a transaction of a swap service', () => {
  it('is signed when it does what was quoted', async () => {
    expect(await prepareWith(({ honest }) => ({ instructions: honest }))).toMatchObject({
      state: 'prepared',
    });
  });

  const crimes: readonly [string, RegExp, Crime][] = [
    [
      'takes more of the input',
      /takes .* at most/,
      ({ owner, honest }) => ({
        instructions: [
          ...honest,
          SystemProgram.transfer({ fromPubkey: owner, toPubkey: thief.publicKey, lamports: 5_000_000 }),
        ],
      }),
    ],
    [
      'gives part of the output away',
      /gives .* expected at least/,
      ({ owner, mine, honest }) => ({
        instructions: [
          ...honest,
          spl.createBurnInstruction(mine(USDC), new PublicKey(USDC), owner, 5_000_000),
        ],
      }),
    ],
    [
      'moves a token that is not traded',
      /not traded/,
      ({ owner, mine, honest }) => ({
        instructions: [...honest, spl.createBurnInstruction(mine(JUP), new PublicKey(JUP), owner, 1)],
      }),
    ],
    [
      'lets somebody else spend later',
      /who may use/,
      ({ owner, mine, honest }) => ({
        instructions: [...honest, spl.createApproveInstruction(mine(USDC), thief.publicKey, owner, 1)],
      }),
    ],
    [
      'lets somebody else spend what is not traded later',
      /who may use/,
      ({ owner, mine, honest }) => ({
        instructions: [...honest, spl.createApproveInstruction(mine(JUP), thief.publicKey, owner, 1)],
      }),
    ],
    [
      'gives an account to somebody else',
      /who may use|somebody else/,
      ({ owner, mine, honest }) => ({
        instructions: [
          ...honest,
          spl.createSetAuthorityInstruction(
            mine(JUP),
            owner,
            spl.AuthorityType.AccountOwner,
            thief.publicKey,
          ),
        ],
      }),
    ],
    [
      'gives the wallet itself to a program',
      /give the owner's account away|fails in simulation/,
      ({ owner, honest }) => ({
        instructions: [
          ...honest,
          SystemProgram.assign({ accountPubkey: owner, programId: spl.TOKEN_PROGRAM_ID }),
        ],
      }),
    ],
    [
      'bids a fortune for its place',
      /fee and rent/,
      ({ honest }) => ({
        instructions: [
          ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 }),
          ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 100_000_000 }),
          ...honest.slice(2),
        ],
      }),
    ],
    [
      'needs another signature',
      /needs 2 signatures/,
      ({ honest }) => ({
        instructions: [
          ...honest,
          SystemProgram.transfer({ fromPubkey: thief.publicKey, toPubkey: thief.publicKey, lamports: 1 }),
        ],
      }),
    ],
    [
      'is paid for by somebody else',
      /signatures|fee payer/,
      ({ honest }) => ({ instructions: honest, payer: thief.publicKey }),
    ],
    [
      'never expires',
      /durable nonce/,
      ({ owner, honest }) => ({
        instructions: [
          SystemProgram.nonceAdvance({ noncePubkey: thief.publicKey, authorizedPubkey: owner }),
          ...honest,
        ],
      }),
    ],
    ['does nothing', /gives 0 atoms/, ({ honest }) => ({ instructions: honest.slice(0, 2) })],
  ];
  it.each(crimes)('is not signed when it %s: %s', async (_name, reason, crime) => {
    expect(await prepareWith(crime)).toMatchObject({
      state: 'deniedLocally',
      reason: expect.stringMatching(reason),
    });
  });
});
