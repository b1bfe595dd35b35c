import type { Keypair, VersionedTransaction } from '@solana/web3.js';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { OrderInstruction, PrepareOutcome } from '../../domain/venue/order.ts';
import { BLOCKHASH_BLOCKS, EXPIRY_BLOCKS_MAX } from './expiry.ts';
import { inspectSwap } from './inspect-swap.ts';
import { TOKEN_PROGRAM } from './mint-facts.ts';
import { readBlockHeight } from './read-block-height.ts';
import { type PairDecimals, unknownPair } from './read-markets.ts';
import { createSignOnce } from './sign-once.ts';
import type { SolanaScope } from './solana-scope.ts';
import type { Quote, SwapService } from './swap-service.ts';
import { type Denial, denied, type SwapTerms, termsOf } from './swap-terms.ts';
import { mintOf, NATIVE_SOL, type Pair, SOL_DECIMALS } from './token-registry.ts';

/** Slippage that a swap may use up on the way, as far as its limit leaves room for it. */
export const SLIPPAGE_MAX_BPS = 50;
/** One packet of IPv6 without its headers. */
const TRANSACTION_BYTES_MAX = 1_232;

export interface SwapPreparer {
  prepare(instruction: OrderInstruction, signal: AbortSignal): Promise<PrepareOutcome>;
}

/** Quotes, builds, inspects and signs swaps. Sends nothing. */
export function createSwapPreparer(
  scope: SolanaScope,
  swaps: SwapService | null,
  keypair: Keypair | null,
): SwapPreparer {
  const signOnce = createSignOnce();

  async function prepare(instruction: OrderInstruction, signal: AbortSignal): Promise<PrepareOutcome> {
    if (swaps === null) return denied('no swapUrl is configured for this venue');
    if (keypair === null) return denied('no credentials are configured for this venue');
    if (instruction.timeInForce !== 'immediateOrCancel') return denied('a swap cannot rest');
    const pair = scope.registry.pairOf(instruction.market);
    if (pair === null) return denied(unknownPair(instruction.market));
    const facts = await readFacts(scope, pair, signal);
    if (facts.state === 'unknown') return facts;
    const terms = termsOf(instruction, pair, facts.decimals);
    if (terms.state === 'deniedLocally') return terms;
    const quote = await quoteWithin(swaps, terms, signal);
    if (quote.state !== 'quoted') return quote;
    const wrapsSol = pair.base === NATIVE_SOL || pair.quote === NATIVE_SOL;
    const { owner, limits } = scope;
    const user = { owner, wrapsSol, priorityFeeMaxLamports: limits.priorityFeeMaxLamports };
    const built = await swaps.build(quote, user, signal);
    if (built.state === 'unknown') return built;
    const transaction = deserialize(scope, built.transaction);
    if (transaction === null) return unknown('malformed', 'swap: the transaction cannot be read');
    const agreed = tightened(terms, quote);
    const inspected = await inspectSwap({
      scope,
      transaction,
      terms: agreed,
      programs: facts.programs,
      signal,
    });
    if (inspected.state !== 'inspected') return inspected;
    const height = await readBlockHeight(scope, inspected.slot, signal);
    if (typeof height !== 'number') return height;
    if (built.lastValidBlockHeight > height + EXPIRY_BLOCKS_MAX) {
      return denied(
        `the swap expires at height ${built.lastValidBlockHeight}, at most ${EXPIRY_BLOCKS_MAX} blocks after ${height}`,
      );
    }

    const signed = signOnce(transaction, keypair, instruction.intentId);
    if (signed.state === 'taken')
      return denied(`the swap service built the transaction of intent ${signed.by} again`);
    return {
      state: 'prepared',
      order: {
        instruction,
        reference: signed.reference,
        payload: signed.payload,
        // The later of the service's word and our own bound: expiring too early is what pays twice.
        expiresAtHeight: Math.max(built.lastValidBlockHeight, height + BLOCKHASH_BLOCKS),
      },
    };
  }

  return { prepare };
}

interface PairFacts {
  readonly state: 'read';
  readonly decimals: PairDecimals;
  readonly programs: ReadonlyMap<string, string>;
}

async function readFacts(scope: SolanaScope, pair: Pair, signal: AbortSignal): Promise<PairFacts | Unknown> {
  const programs = new Map<string, string>();
  const decimals: number[] = [];
  for (const asset of [pair.base, pair.quote]) {
    if (asset === NATIVE_SOL) {
      programs.set(mintOf(asset), TOKEN_PROGRAM);
      decimals.push(SOL_DECIMALS);
      continue;
    }
    const fact = await scope.mints.read(scope.endpoints[0], asset, signal);
    if (fact.state === 'unknown') return fact;
    programs.set(asset, fact.program);
    decimals.push(fact.decimals);
  }
  const [base = 0, quote = 0] = decimals;
  return { state: 'read', decimals: { state: 'read', base, quote }, programs };
}

/** A quote whose worst case keeps the limit: asked once with room for slippage, and again with what room there is. */
async function quoteWithin(
  swaps: SwapService,
  terms: SwapTerms,
  signal: AbortSignal,
): Promise<Quote | Denial | Unknown> {
  const request = {
    inputMint: mintOf(terms.inputAsset),
    outputMint: mintOf(terms.outputAsset),
    mode: terms.mode,
    atoms: terms.mode === 'ExactIn' ? terms.inAtomsMax : terms.outAtomsMin,
  };
  const first = await swaps.quote({ ...request, slippageBps: SLIPPAGE_MAX_BPS }, signal);
  if (first.state === 'unknown') return first;
  const roomBps = roomOf(first, terms);
  if (roomBps < 0n) {
    return denied(
      `quoted ${first.inAtoms} in for ${first.outAtoms} out, the limit is ${terms.inAtomsMax} for ${terms.outAtomsMin}`,
    );
  }
  if (keepsLimit(first, terms)) return first;
  const second = await swaps.quote({ ...request, slippageBps: Number(roomBps) }, signal);
  if (second.state === 'unknown') return second;
  return keepsLimit(second, terms)
    ? second
    : denied('the quote moved beyond the limit while it was asked for');
}

/** Basis points between quote and limit, rounded down; negative where the quote is already beyond it. */
function roomOf(quote: Quote, terms: SwapTerms): bigint {
  const room =
    terms.mode === 'ExactIn' ? quote.outAtoms - terms.outAtomsMin : terms.inAtomsMax - quote.inAtoms;
  const of = terms.mode === 'ExactIn' ? quote.outAtoms : quote.inAtoms;
  return room < 0n ? -1n : (room * 10_000n) / of;
}

function keepsLimit(quote: Quote, terms: SwapTerms): boolean {
  return terms.mode === 'ExactIn'
    ? quote.thresholdAtoms >= terms.outAtomsMin && quote.outAtoms >= terms.outAtomsMin
    : quote.thresholdAtoms <= terms.inAtomsMax && quote.inAtoms <= terms.inAtomsMax;
}

/** A quote better than the limit binds the service: what it builds gives what it quoted, slippage included. */
function tightened(terms: SwapTerms, { thresholdAtoms }: Quote): SwapTerms {
  return terms.mode === 'ExactIn'
    ? { ...terms, outAtomsMin: thresholdAtoms }
    : { ...terms, inAtomsMax: thresholdAtoms };
}

/** Null where the bytes are no transaction, are more than the network carries, or would be sent as others. */
function deserialize(scope: SolanaScope, bytes: Uint8Array): VersionedTransaction | null {
  if (bytes.length > TRANSACTION_BYTES_MAX) return null;
  try {
    const transaction = scope.web3.VersionedTransaction.deserialize(bytes);
    return Buffer.from(transaction.serialize()).equals(bytes) ? transaction : null;
  } catch {
    return null;
  }
}
