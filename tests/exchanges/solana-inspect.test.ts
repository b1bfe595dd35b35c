import { afterEach, describe, expect, it } from '@jest/globals';
import * as spl from '@solana/spl-token';
import {
  ComputeBudgetProgram,
  Connection,
  Keypair,
  type MessageV0,
  PublicKey,
  SystemProgram,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { amount } from '../../src/domain/money/amount.ts';
import type { SolanaOptions } from '../../src/exchanges/solana/solana-exchange.ts';
import { SWAP_PROGRAMS } from '../../src/exchanges/solana/swap-programs.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';
import { instruct, JUP, startTestChain, type TestChain, USDC, WSOL } from '../support/solana-chain.ts';

const signal = new AbortController().signal;
/** Runs on every chain and has no part in a swap. */
const STRANGE_PROGRAM = new PublicKey('Vote111111111111111111111111111111111111111');
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
  /** Addresses that only a lookup table names. */
  readonly hidden?: readonly PublicKey[];
  /** What is done to the message once it is compiled. */
  readonly forge?: (message: MessageV0) => void;
  /** Added to the height that the honest service says it expires at. */
  readonly laterBlocks?: number;
};

/** Asks the honest market for quotes, and for transactions a service that adds what it likes. */
async function prepareWith(crime: Crime, market = 'SOL/USDC', options: Partial<SolanaOptions> = {}) {
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
  const { instructions, payer = owner, hidden = [], forge, laterBlocks = 0 } = crime({ owner, mine, honest });
  const connection = new Connection(rpcUrl, { httpAgent: false });
  const { blockhash } = await connection.getLatestBlockhash();
  const table = server.openLookupTable(hidden.map((key) => key.toBase58()));
  const { value } = await connection.getAddressLookupTable(new PublicKey(table));
  const message = new TransactionMessage({
    payerKey: payer,
    recentBlockhash: blockhash,
    instructions: [...instructions],
  });
  const compiled = message.compileToV0Message(value === null || hidden.length === 0 ? [] : [value]);
  forge?.(compiled);
  const transaction = new VersionedTransaction(compiled);
  const swapTransaction = Buffer.from(transaction.serialize()).toString('base64');
  answers.set('/quote', quote);
  const lastValidBlockHeight = built.lastValidBlockHeight + laterBlocks;
  answers.set('/swap', JSON.stringify({ ...built, swapTransaction, lastValidBlockHeight }));
  const exchange = await chain.open({ swapUrl: swaps.url, ...options });
  return exchange.prepareOrder(instruct(market, 'sell', '1', '149'), signal);
}

/** The honest instruction that moves a token, with another amount. */
const withAmount = (honest: readonly TransactionInstruction[], to: PublicKey, atoms: bigint) =>
  honest.map((one) => {
    if (!one.programId.equals(spl.TOKEN_PROGRAM_ID) || !one.keys[2]?.pubkey.equals(to)) return one;
    const data = Buffer.from(one.data);
    data.writeBigUInt64LE(atoms, 1);
    return new TransactionInstruction({ programId: one.programId, keys: one.keys, data });
  });

const naming = (program: PublicKey, keys: readonly PublicKey[] = []) =>
  new TransactionInstruction({
    programId: program,
    keys: keys.map((pubkey) => ({ pubkey, isSigner: false, isWritable: false })),
    data: Buffer.from([]),
  });

describe('a transaction of a swap service', () => {
  it('is signed when it does what was quoted', async () => {
    expect(await prepareWith(({ honest }) => ({ instructions: honest }))).toMatchObject({
      state: 'prepared',
    });
  });

  it('is signed when a lookup table names accounts that it may use, and lands', async () => {
    const prepared = await prepareWith(({ honest, mine }) => ({
      instructions: honest,
      hidden: [mine(USDC), new PublicKey(USDC), new PublicKey(WSOL)],
    }));
    if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
    const exchange = await open.chain?.open({});
    expect(await exchange?.submitOrder(prepared.order, signal)).toMatchObject({ state: 'accepted' });
    // The wrapped account was there before and is closed: its rent comes back.
    expect(await exchange?.findOrder(prepared.order, signal)).toMatchObject({
      status: 'filled',
      fills: [{ quantity: '1', quoteAmount: '149.85', fee: { asset: 'SOL', amount: '-0.00202928' } }],
    });
  });

  const isDenied = async (_name: string, reason: RegExp, crime: Crime) => {
    expect(await prepareWith(crime)).toMatchObject({
      state: 'deniedLocally',
      reason: expect.stringMatching(reason),
    });
  };

  it.each<[string, RegExp, Crime]>([
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
      'names somebody else as the one who pays',
      /fee payer is/,
      ({ owner, honest }) => ({
        instructions: honest,
        forge: ({ staticAccountKeys }) => {
          staticAccountKeys[staticAccountKeys.findIndex((key) => key.equals(owner))] = thief.publicKey;
        },
      }),
    ],
  ])('nobody but the owner signs, and the owner pays the fee: not signed when it %s', isDenied);

  it.each<[string, RegExp, Crime]>([
    [
      'transfers SOL on the side',
      /transfers SOL from/,
      ({ owner, honest }) => ({
        instructions: [
          ...honest,
          SystemProgram.transfer({ fromPubkey: owner, toPubkey: thief.publicKey, lamports: 1 }),
        ],
      }),
    ],
    [
      'transfers a token that is not traded',
      /transfers JUP\w+, which is not traded/,
      ({ owner, mine, honest }) => ({
        instructions: [...honest, spl.createTransferInstruction(mine(JUP), mine(USDC), owner, 1)],
      }),
    ],
    [
      'takes more of the input than was quoted',
      /takes 1000000001 atoms, at most 1000000000/,
      ({ owner, mine, honest }) => ({
        instructions: [
          ...honest.slice(0, 3),
          SystemProgram.transfer({ fromPubkey: owner, toPubkey: mine(WSOL), lamports: 1 }),
          ...honest.slice(3),
        ],
      }),
    ],
  ])(
    "the owner's tokens and SOL leave by the swap alone, and SOL only into the owner's own wrapped account: not signed when it %s",
    isDenied,
  );

  it.each<[string, RegExp, Crime]>([
    [
      'approves somebody else',
      /approves who may use/,
      ({ owner, mine, honest }) => ({
        instructions: [...honest, spl.createApproveInstruction(mine(USDC), thief.publicKey, owner, 1)],
      }),
    ],
    [
      'approves somebody else for what is not traded',
      /approves who may use/,
      ({ owner, mine, honest }) => ({
        instructions: [
          ...honest,
          spl.createApproveCheckedInstruction(mine(JUP), new PublicKey(JUP), thief.publicKey, owner, 1, 6),
        ],
      }),
    ],
    [
      'sets an authority',
      /sets an authority/,
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
      'closes an account that is not the wrapped one',
      /closes account/,
      ({ owner, mine, honest }) => ({
        instructions: [...honest, spl.createCloseAccountInstruction(mine(JUP), owner, owner)],
      }),
    ],
    [
      'closes the wrapped account into somebody else',
      /closes account \w+ into/,
      ({ owner, mine, honest }) => ({
        instructions: [
          ...honest.slice(0, -1),
          spl.createCloseAccountInstruction(mine(WSOL), thief.publicKey, owner),
        ],
      }),
    ],
  ])(
    "nobody is approved, no authority is set, and no account is closed but the wrapped one, into the owner's: not signed when it %s",
    isDenied,
  );

  it.each<[string, RegExp, Crime]>([
    [
      'burns part of the output',
      /token instruction 8/,
      ({ owner, mine, honest }) => ({
        instructions: [...honest, spl.createBurnInstruction(mine(USDC), new PublicKey(USDC), owner, 5)],
      }),
    ],
    [
      'gives the wallet itself to a program',
      /system instruction 1/,
      ({ owner, honest }) => ({
        instructions: [
          ...honest,
          SystemProgram.assign({ accountPubkey: owner, programId: spl.TOKEN_PROGRAM_ID }),
        ],
      }),
    ],
    [
      'opens an account for somebody else',
      /opens account \w+ for/,
      ({ owner, honest }) => {
        const mint = new PublicKey(USDC);
        const theirs = spl.getAssociatedTokenAddressSync(mint, thief.publicKey);
        const opening = spl.createAssociatedTokenAccountInstruction(owner, theirs, thief.publicKey, mint);
        return { instructions: [...honest, opening] };
      },
    ],
  ])('nothing is done that a swap does not need: not signed when it %s', isDenied);

  it.each<[string, RegExp, Crime]>([
    [
      'runs a program that is not on the list',
      /runs program Vote\w+, not allowed/,
      ({ honest }) => ({ instructions: [...honest, naming(STRANGE_PROGRAM)] }),
    ],
    [
      'runs a program that only a lookup table names',
      /runs program Vote\w+, not allowed/,
      ({ honest }) => ({
        instructions: [...honest, naming(new PublicKey(spl.TOKEN_PROGRAM_ID), [STRANGE_PROGRAM])],
        hidden: [STRANGE_PROGRAM],
        forge: (message) => {
          const last = message.compiledInstructions.at(-1);
          if (last !== undefined) last.programIdIndex = last.accountKeyIndexes[0] ?? 0;
        },
      }),
    ],
  ])(
    'only programs on the list are named, wherever the transaction hides the name: not signed when it %s',
    isDenied,
  );

  it.each<[string, RegExp, Crime]>([
    [
      'names a program, in a lookup table, for another to call',
      /can reach program Vote\w+, not allowed/,
      ({ honest }) => ({ instructions: alsoNaming(honest, STRANGE_PROGRAM), hidden: [STRANGE_PROGRAM] }),
    ],
  ])(
    'nothing that can run is named but programs on the list, neither as an instruction nor for a program to call: not signed when it %s',
    isDenied,
  );

  it.each<[string, RegExp, Crime]>([
    [
      'names more of a lookup table than there is',
      /holds 1 addresses/,
      ({ honest, mine }) => ({
        instructions: honest,
        hidden: [mine(USDC)],
        forge: ({ addressTableLookups: [lookup] }) => lookup?.writableIndexes.push(9),
      }),
    ],
  ])(
    'every address is known: those of lookup tables are read from the chain: not signed when it %s',
    isDenied,
  );

  it.each<[string, RegExp, Crime]>([
    [
      'gives less than was quoted, and more than the limit',
      /gives 149050000 atoms, expected at least 149100750/,
      ({ honest, mine }) => ({ instructions: withAmount(honest, mine(USDC), 149_050_000n) }),
    ],
    ['does nothing', /gives 0 atoms/, ({ honest }) => ({ instructions: honest.slice(0, 2) })],
  ])('what was quoted arrives: not signed when it %s', isDenied);

  it.each<[string, RegExp, Crime]>([
    [
      'bids more than the cap for its place',
      /bids 1000001 lamports for its place, at most 1000000/,
      ({ honest }) => ({
        instructions: [
          ComputeBudgetProgram.setComputeUnitLimit({ units: 1_000_001 }),
          ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_000 }),
          ...honest.slice(2),
        ],
      }),
    ],
    [
      'bids for its place without naming a limit',
      /bids \d+ lamports for its place/,
      ({ honest }) => ({
        instructions: [
          ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_000 }),
          ...honest.slice(2),
        ],
      }),
    ],
  ])('the bid for a place in a block is at most the cap: not signed when it %s', isDenied);

  it.each<[string, RegExp, Crime]>([
    [
      'holds a second swap',
      /holds 2 swaps/,
      ({ honest }) => ({ instructions: [...honest.slice(0, -1), ...honest.slice(5)] }),
    ],
  ])('at most one instruction swaps: not signed when it %s', isDenied);

  it.each<[string, RegExp, Crime]>([
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
    [
      'is said to expire only after a lifetime more than any does',
      /expires at height 1301, at most 300 blocks after 1000/,
      ({ honest }) => ({ instructions: honest, laterBlocks: 151 }),
    ],
  ])('it expires, within two lifetimes: not signed when it %s', isDenied);

  it('expires when the service or our own endpoint says, whichever is later', async () => {
    for (const laterBlocks of [-149, 0, 150]) {
      const prepared = await prepareWith(({ honest }) => ({ instructions: honest, laterBlocks }));
      const expiresAtHeight = 1_150 + Math.max(0, laterBlocks);
      expect(prepared).toMatchObject({ state: 'prepared', order: { expiresAtHeight } });
      await open.swaps?.close();
      await open.chain?.server.close();
    }
  });

  it('may go through programs that are addresses, each listed once', () => {
    expect(SWAP_PROGRAMS.map((program) => new PublicKey(program).toBase58())).toEqual(SWAP_PROGRAMS);
    expect(new Set(SWAP_PROGRAMS).size).toBe(SWAP_PROGRAMS.length);
  });

  it('may go through a program that the configuration allows', async () => {
    const through: Crime = ({ honest }) => ({ instructions: alsoNaming(honest, STRANGE_PROGRAM) });
    const limits = { swapPrograms: [STRANGE_PROGRAM.toBase58()] };
    expect(await prepareWith(through, 'SOL/USDC', { limits })).toMatchObject({
      state: 'prepared',
    });
  });

  it('is not signed when selling SOL would leave less than the fee reserve', async () => {
    const limits = { feeReserveLamports: 9_010_000_000n };
    expect(
      await prepareWith(({ honest }) => ({ instructions: honest }), 'SOL/USDC', { limits }),
    ).toMatchObject({
      state: 'deniedLocally',
      reason: expect.stringMatching(/leaves 9002029280 lamports, the fee reserve and rent are 9010890880/),
    });
  });
});

/** The honest instructions, of which the first names one more account. */
function alsoNaming(
  [first, ...others]: readonly TransactionInstruction[],
  another: PublicKey,
): readonly TransactionInstruction[] {
  if (first === undefined) throw new Error('there is a first instruction');
  const { programId, keys, data } = first;
  const more = [...keys, { pubkey: another, isSigner: false, isWritable: false }];
  return [new TransactionInstruction({ programId, keys: more, data }), ...others];
}
