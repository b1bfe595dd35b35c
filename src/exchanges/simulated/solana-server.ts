import type { Keypair, TransactionInstruction } from '@solana/web3.js';
import { assert } from '../../domain/assert.ts';
import { type Amount, divide, fromAtoms, subtract, sum, toAtoms } from '../../domain/money/amount.ts';
import type { AssetId, Balance, Fee, Side } from '../../domain/venue/venue.ts';
import type { Clock } from '../../platform/clock.ts';
import { encodeBase58 } from '../solana/base58.ts';
import { NATIVE_SOL, SOL_DECIMALS } from '../solana/token-registry.ts';
import { serveHttp } from './http-face.ts';
import type { PriceFeed, VenueServer } from './simulated-venue.ts';
import { createAccountJson } from './solana/account-json.ts';
import { type InitialBalance, type SimulatedMint, writeGenesis } from './solana/genesis.ts';
import { writeLookupTable } from './solana/lookup-table.ts';
import { type ChainLie, lyingMethods } from './solana/lying-methods.ts';
import { createRpcFace, rpcFaults } from './solana/rpc-face.ts';
import { createRpcMethods } from './solana/rpc-methods.ts';
import { type LandedTransaction, openSimulatedChain } from './solana/simulated-chain.ts';
import { loadSimulatorParts } from './solana/simulator-parts.ts';
import { createSwapFace } from './solana/swap-face.ts';
import { createSwapMarket } from './solana/swap-market.ts';

export interface SolanaServerOptions {
  readonly clock: Clock;
  /** Gives addresses, blockhashes and, with the same history, signatures. */
  readonly seed: string;
  readonly mints: readonly SimulatedMint[];
  readonly balances: readonly InitialBalance[];
  /** Asked by symbol: "SOL", "USDC". */
  readonly prices: PriceFeed;
  /** Half of the spread between bid and ask; 10 where not given. */
  readonly halfSpreadBps?: number;
}

/** A transaction that the chain took, in the owner's terms. */
export interface ChainMove {
  readonly signature: string;
  readonly slot: number;
  readonly atMs: number;
  /** Signed changes of the owner's holdings, fee and rent included. */
  readonly deltas: readonly { readonly asset: AssetId; readonly amount: Amount }[];
}

export interface BotSwap extends ChainMove {
  readonly quantity: Amount;
  readonly quoteAmount: Amount;
  readonly price: Amount;
  /** Network fee and rent of accounts that the swap opened, in SOL. */
  readonly fee: Fee;
}

/** A Solana chain on loopback with one owner to reconcile, and hooks that only a simulation has. */
export interface SolanaServer extends VenueServer {
  readonly owner: string;
  /** Base 58. It belongs to nothing but this simulation. */
  readonly secretKey: string;
  slot(): number;
  /** From now on one of the two endpoints says so; the chain itself stays as it is. */
  lie(endpoint: 'first' | 'second', lie: ChainLie): void;
  /** Writes an address lookup table and says where. */
  openLookupTable(addresses: readonly string[]): string;
  /** The truth, read from the chain itself. */
  balances(): readonly Balance[];
  deposit(asset: AssetId, amount: Amount): ChainMove;
  withdraw(asset: AssetId, amount: Amount): ChainMove;
  /** The bot trades on its own, with the owner's key. */
  botSwap(order: {
    readonly base: AssetId;
    readonly quote: AssetId;
    readonly side: Side;
    readonly quantity: Amount;
  }): BotSwap;
}

const HALF_SPREAD_BPS = 10;
const PRICE_DECIMALS = 12;

/** Starts the chain and serves it: JSON-RPC at two addresses, Jupiter's swap API at the first. */
export async function startSolanaServer(options: SolanaServerOptions): Promise<SolanaServer> {
  const { clock } = options;
  const now = () => clock.now();
  const parts = await loadSimulatorParts();
  const { web3, spl } = parts;
  const chain = openSimulatedChain(parts, { seed: options.seed, now });
  const genesis = writeGenesis(parts, chain, options);
  const json = createAccountJson(parts, chain);
  const market = createSwapMarket(parts, chain, genesis, {
    prices: options.prices,
    now,
    halfSpreadBps: options.halfSpreadBps ?? HALF_SPREAD_BPS,
  });
  const methods = createRpcMethods(parts, chain, json);
  const lies = { first: [] as ChainLie[], second: [] as ChainLie[] };
  const rpc = createRpcFace(lyingMethods(methods, lies.first));
  const swap = createSwapFace(market, genesis, chain);
  const face = await serveHttp({
    name: 'solana',
    clock,
    handle: (request) => (request.path === '/' ? rpc(request) : swap(request)),
    ...rpcFaults,
  });
  // A second witness of the same chain: absence is proven only by two endpoints.
  const second = await serveHttp({
    name: 'solana second',
    clock,
    handle: createRpcFace(lyingMethods(methods, lies.second)),
    ...rpcFaults,
  });
  const owner = genesis.owner.publicKey;

  function balances(): readonly Balance[] {
    const lamports = fromAtoms(chain.account(owner.toBase58())?.lamports ?? 0n, SOL_DECIMALS);
    const found: Balance[] = [
      { asset: NATIVE_SOL, symbol: NATIVE_SOL, total: lamports, available: lamports, hold: fromAtoms(0n, 0) },
    ];
    const accounts = [spl.TOKEN_PROGRAM_ID, spl.TOKEN_2022_PROGRAM_ID]
      .flatMap((program) => chain.accountsOf(program.toBase58()))
      .map((account) => json.tokenAccount(account))
      .filter((token) => token !== null && token.owner === owner.toBase58())
      .filter((token) => token !== null);
    for (const mint of new Set(accounts.map((token) => token.mint))) {
      const own = accounts.filter((token) => token.mint === mint);
      const totalOf = (tokens: typeof own) => sum(tokens.map((one) => fromAtoms(one.atoms, one.decimals)));
      found.push({
        asset: mint,
        symbol: genesis.mintOf(mint).symbol,
        total: totalOf(own),
        available: totalOf(own.filter((token) => !token.isFrozen)),
        hold: totalOf(own.filter((token) => token.isFrozen)),
      });
    }
    return found.sort((a, b) => (a.asset < b.asset ? -1 : 1));
  }

  /** Lands a transaction of the simulation's own and says what it did to the owner. */
  function land(send: () => LandedTransaction | null): ChainMove {
    const before = new Map(balances().map(({ asset, total }) => [asset, total]));
    const landed = send();
    assert(landed !== null && landed.error === null, `the simulated chain takes it: ${describe(landed)}`);
    const after = new Map(balances().map(({ asset, total }) => [asset, total]));
    const zero = fromAtoms(0n, 0);
    const deltas = [...new Set([...before.keys(), ...after.keys()])]
      .map((asset) => ({ asset, amount: subtract(after.get(asset) ?? zero, before.get(asset) ?? zero) }))
      .filter((delta) => delta.amount !== zero)
      .sort((a, b) => (a.asset < b.asset ? -1 : 1));
    return { signature: landed.signature, slot: landed.slot, atMs: landed.timeSeconds * 1_000, deltas };
  }

  function send(signer: Keypair, instructions: readonly TransactionInstruction[]): LandedTransaction | null {
    const message = new web3.TransactionMessage({
      payerKey: signer.publicKey,
      recentBlockhash: chain.latestBlockhash().blockhash,
      instructions: [...instructions],
    });
    const transaction = new web3.VersionedTransaction(message.compileToV0Message());
    transaction.sign([signer]);
    return chain.send(transaction.serialize());
  }

  function transfer(from: Keypair, to: Keypair, asset: AssetId, quantity: Amount): ChainMove {
    const [fromPubkey, toPubkey] = [from.publicKey, to.publicKey];
    if (asset === NATIVE_SOL) {
      const lamports = toAtoms(quantity, SOL_DECIMALS);
      return land(() => send(from, [web3.SystemProgram.transfer({ fromPubkey, toPubkey, lamports })]));
    }
    const mint = genesis.mintOf(asset);
    const [source, target] = [genesis.associated(fromPubkey, mint), genesis.associated(toPubkey, mint)];
    const { key, programKey, decimals } = mint;
    const atoms = toAtoms(quantity, decimals);
    const open = spl.createAssociatedTokenAccountIdempotentInstruction(
      fromPubkey,
      target,
      toPubkey,
      key,
      programKey,
    );
    const move = spl.createTransferCheckedInstruction(
      source,
      key,
      target,
      fromPubkey,
      atoms,
      decimals,
      [],
      programKey,
    );
    // A transfer into an account that exists does not name its owner, as on the real chain.
    const isOpen = chain.account(target.toBase58()) !== null;
    return land(() => send(from, isOpen ? [move] : [open, move]));
  }

  function botSwap({ base, quote, side, quantity }: Parameters<SolanaServer['botSwap']>[0]): BotSwap {
    const baseDecimals = genesis.mintOf(base).decimals;
    const atoms = toAtoms(quantity, baseDecimals);
    const [input, output] = side === 'sell' ? [base, quote] : [quote, base];
    const amounts = market.price({ input, output, mode: side === 'sell' ? 'ExactIn' : 'ExactOut', atoms });
    const built = market.build({ input, output, ...amounts });
    const transaction = web3.VersionedTransaction.deserialize(built.bytes);
    transaction.sign([genesis.owner]);
    const move = land(() => chain.send(transaction.serialize()));
    const quoteAtoms = side === 'sell' ? amounts.outAtoms : amounts.inAtoms;
    const quoteAmount = fromAtoms(quoteAtoms, genesis.mintOf(quote).decimals);
    const solMoved = move.deltas.find((delta) => delta.asset === NATIVE_SOL)?.amount ?? fromAtoms(0n, 0);
    const inSol = input === NATIVE_SOL ? amounts.inAtoms : 0n;
    const outSol = output === NATIVE_SOL ? amounts.outAtoms : 0n;
    const fee = subtract(fromAtoms(outSol - inSol, SOL_DECIMALS), solMoved);
    return {
      ...move,
      quantity,
      quoteAmount,
      price: divide(quoteAmount, quantity, PRICE_DECIMALS, 'half'),
      fee: { asset: NATIVE_SOL, amount: fee },
    };
  }

  return {
    urls: { rpcUrl: face.url, secondRpcUrl: second.url, swapUrl: face.url },
    owner: owner.toBase58(),
    secretKey: encodeBase58(genesis.owner.secretKey),
    slot: () => chain.slot(),
    balances,
    deposit: (asset, quantity) => transfer(genesis.treasury, genesis.owner, asset, quantity),
    withdraw: (asset, quantity) => transfer(genesis.owner, genesis.treasury, asset, quantity),
    botSwap,
    lie: (endpoint, lie) => lies[endpoint].push(lie),
    openLookupTable: (addresses) => writeLookupTable(parts, chain, `${options.seed}:table`, addresses),
    inject: face.inject,
    parked: face.parked,
    faultsMet: face.faultsMet,
    close: async () => {
      await face.close();
      await second.close();
    },
  };
}

function describe(landed: LandedTransaction | null): string {
  return landed === null ? 'it was dropped' : `${JSON.stringify(landed.error)} ${landed.logs.join(' | ')}`;
}
