import type { TransactionInstruction } from '@solana/web3.js';
import { assert } from '../../../domain/assert.ts';
import {
  type Amount,
  amount,
  divide,
  fromAtoms,
  multiply,
  round,
  subtract,
  toAtoms,
} from '../../../domain/money/amount.ts';
import type { AssetId } from '../../../domain/venue/venue.ts';
import { NATIVE_SOL, WRAPPED_SOL_MINT } from '../../solana/token-registry.ts';
import type { PriceFeed } from '../simulated-venue.ts';
import type { ChainMint, Genesis } from './genesis.ts';
import { epochOf, type SimulatedChain } from './simulated-chain.ts';
import type { SimulatorParts } from './simulator-parts.ts';
import { grossOf } from './transfer-fee.ts';

export interface SwapMarketOptions {
  readonly prices: PriceFeed;
  readonly now: () => number;
  /** Half of what lies between bid and ask, in basis points of the price. */
  readonly halfSpreadBps: number;
}

export interface SwapAmounts {
  readonly inAtoms: bigint;
  readonly outAtoms: bigint;
}

export interface SwapMarket {
  /** The other side of an exact amount, at the present price less half the spread. */
  price(request: {
    readonly input: AssetId;
    readonly output: AssetId;
    readonly mode: 'ExactIn' | 'ExactOut';
    readonly atoms: bigint;
  }): SwapAmounts;
  /** An unsigned transaction that needs the owner's signature alone. SOL is wrapped and unwrapped where asked for. */
  build(request: SwapAmounts & { readonly input: AssetId; readonly output: AssetId }): {
    readonly bytes: Uint8Array;
    readonly lastValidBlockHeight: number;
  };
}

const UNIT_LIMIT = 200_000;
const UNIT_PRICE_MICRO_LAMPORTS = 25_000;

/** A market maker that trades any two mints with the owner, priced by recorded prices. */
export function createSwapMarket(
  parts: SimulatorParts,
  chain: SimulatedChain,
  genesis: Genesis,
  options: SwapMarketOptions,
): SwapMarket {
  const { web3, spl } = parts;
  const user = genesis.owner.publicKey;
  const keep = subtract(amount('1'), divide(amount(String(options.halfSpreadBps)), amount('10000')));
  const symbolOf = (asset: AssetId) =>
    asset === NATIVE_SOL || asset === WRAPPED_SOL_MINT ? NATIVE_SOL : genesis.mintOf(asset).symbol;
  const priceOf = (asset: AssetId): Amount => options.prices.priceAt(symbolOf(asset), options.now());

  function price({ input, output, mode, atoms }: Parameters<SwapMarket['price']>[0]): SwapAmounts {
    const inDecimals = genesis.mintOf(input).decimals;
    const outDecimals = genesis.mintOf(output).decimals;
    // Output for one of input, less half the spread.
    if (mode === 'ExactIn') {
      const worth = multiply(multiply(fromAtoms(atoms, inDecimals), priceOf(input)), keep);
      const out = round(divide(worth, priceOf(output), outDecimals + 2), outDecimals, 'down');
      return { inAtoms: atoms, outAtoms: toAtoms(out, outDecimals) };
    }
    const worth = multiply(fromAtoms(atoms, outDecimals), priceOf(output));
    const cost = divide(worth, multiply(priceOf(input), keep), inDecimals, 'up');
    return { inAtoms: toAtoms(cost, inDecimals), outAtoms: atoms };
  }

  /** The owner's account of a mint: the associated one, opened where it does not exist. */
  function openAccount(mint: ChainMint): TransactionInstruction {
    const account = genesis.associated(user, mint);
    return spl.createAssociatedTokenAccountIdempotentInstruction(
      user,
      account,
      user,
      mint.key,
      mint.programKey,
    );
  }

  function transfer(mint: ChainMint, atoms: bigint, direction: 'toMaker' | 'toUser'): TransactionInstruction {
    const mine = genesis.associated(user, mint);
    const makers = genesis.associated(genesis.maker.publicKey, mint);
    const [from, to] = direction === 'toMaker' ? [mine, makers] : [makers, mine];
    return spl.createTransferCheckedInstruction(
      from,
      mint.key,
      to,
      user,
      atoms,
      mint.decimals,
      [],
      mint.programKey,
    );
  }

  function build({ input, output, inAtoms, outAtoms }: Parameters<SwapMarket['build']>[0]) {
    const inMint = genesis.mintOf(input);
    const outMint = genesis.mintOf(output);
    assert(inMint.mint !== outMint.mint, 'a swap is between two mints');
    const budget = web3.ComputeBudgetProgram;
    const instructions: TransactionInstruction[] = [
      budget.setComputeUnitLimit({ units: UNIT_LIMIT }),
      budget.setComputeUnitPrice({ microLamports: UNIT_PRICE_MICRO_LAMPORTS }),
    ];
    if (input === NATIVE_SOL) {
      const toPubkey = genesis.associated(user, inMint);
      instructions.push(
        openAccount(inMint),
        web3.SystemProgram.transfer({ fromPubkey: user, toPubkey, lamports: inAtoms }),
        spl.createSyncNativeInstruction(toPubkey),
      );
    }
    instructions.push(transfer(inMint, inAtoms, 'toMaker'), openAccount(outMint));
    instructions.push(transfer(outMint, grossOf(outMint, outAtoms, epochOf(chain.slot())), 'toUser'));
    for (const [asset, mint] of [
      [input, inMint],
      [output, outMint],
    ] as const) {
      if (asset !== NATIVE_SOL) continue;
      const wrapped = genesis.associated(user, mint);
      instructions.push(spl.createCloseAccountInstruction(wrapped, user, user));
    }
    const { blockhash, lastValidBlockHeight } = chain.latestBlockhash();
    const message = new web3.TransactionMessage({ payerKey: user, recentBlockhash: blockhash, instructions });
    const transaction = new web3.VersionedTransaction(message.compileToV0Message());
    return { bytes: transaction.serialize(), lastValidBlockHeight };
  }

  return { price, build };
}
