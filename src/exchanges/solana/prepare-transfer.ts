import type { Keypair, TransactionInstruction } from '@solana/web3.js';
import { fromAtoms } from '../../domain/money/amount.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { PrepareTransferOutcome, TransferInstruction } from '../../domain/venue/transfer.ts';
import { BLOCKHASH_BLOCKS, EXPIRY_BLOCKS_MAX } from './expiry.ts';
import { readBlockHeight } from './read-block-height.ts';
import { type ReadTerms, readTransferTerms } from './read-transfer-terms.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import { createSignOnce } from './sign-once.ts';
import { simulateEffects } from './simulate-effects.ts';
import type { SolanaScope } from './solana-scope.ts';
import { type Denial, denied } from './swap-terms.ts';
import { NATIVE_SOL, SOL_DECIMALS } from './token-registry.ts';
import { accountsOf, judgeTransfer } from './transfer-effects.ts';
import { tokenInstructions } from './transfer-instructions.ts';
import { bidInstructions, readUnitPrice } from './unit-price.ts';

export interface TransferPreparer {
  prepare(instruction: TransferInstruction, signal: AbortSignal): Promise<PrepareTransferOutcome>;
}

/** Builds, simulates and signs transfers to the addresses that are allowed. Sends nothing. */
export function createTransferPreparer(
  scope: SolanaScope,
  allowed: ReadonlySet<string>,
  keypair: Keypair | null,
): TransferPreparer {
  const signOnce = createSignOnce();

  async function prepare(
    instruction: TransferInstruction,
    signal: AbortSignal,
  ): Promise<PrepareTransferOutcome> {
    if (keypair === null) return denied('no credentials are configured for this venue');
    const refusal = deniedAddress(instruction, scope, allowed);
    if (refusal !== null) return refusal;
    const read = await readTransferTerms(scope, instruction, signal);
    if (read.state !== 'terms') return read;
    const { terms, decimals } = read;
    const accounts = accountsOf(terms);
    const price = await readUnitPrice(scope, { kind: terms.kind, accounts }, signal);
    if (typeof price !== 'bigint') return price;
    const blockhash = await readBlockhash(scope, signal);
    if ('state' in blockhash) return blockhash;
    const { web3, owner } = scope;
    const message = new web3.TransactionMessage({
      payerKey: new web3.PublicKey(owner),
      recentBlockhash: blockhash.blockhash,
      instructions: [...bidInstructions(web3, terms.kind, price), ...movesOf(scope, read)],
    });
    const transaction = new web3.VersionedTransaction(message.compileToV0Message());
    const effects = await simulateEffects({ scope, transaction, what: 'transfer', signal }, accounts);
    if ('state' in effects) return effects;
    const judged = judgeTransfer(effects, terms);
    if (judged.state === 'deniedLocally') return judged;
    const height = await readBlockHeight(scope, effects.slot, signal);
    if (typeof height !== 'number') return height;
    if (blockhash.lastValidBlockHeight > height + EXPIRY_BLOCKS_MAX) {
      return unknown(
        'incoherent',
        `the blockhash is good until ${blockhash.lastValidBlockHeight}, more than ${EXPIRY_BLOCKS_MAX} blocks after ${height}`,
      );
    }

    const signed = signOnce(transaction, keypair, instruction.transferId);
    // Two equal transfers on one blockhash are one transaction, and it would land once for both.
    if (signed.state === 'taken')
      return unknown(
        'stale',
        `the blockhash is that of transfer ${signed.by}, which is the same transaction`,
      );
    const arrives = terms.kind === 'token' ? terms.arrives : terms.atoms;
    return {
      state: 'prepared',
      transfer: {
        instruction,
        reference: signed.reference,
        payload: signed.payload,
        // The later of the endpoint's word and our own bound: expiring too early is what pays twice.
        expiresAtHeight: Math.max(blockhash.lastValidBlockHeight, height + BLOCKHASH_BLOCKS),
        arrives: fromAtoms(arrives, decimals),
        fee: { asset: NATIVE_SOL, amount: fromAtoms(judged.costLamports, SOL_DECIMALS) },
      },
    };
  }

  return { prepare };
}

function deniedAddress(
  { to, asset }: TransferInstruction,
  { web3, owner }: SolanaScope,
  allowed: ReadonlySet<string>,
): Denial | null {
  const isAddress = (text: string): boolean => {
    try {
      return new web3.PublicKey(text).toBase58() === text;
    } catch {
      return false;
    }
  };
  if (allowed.size === 0) return denied('transfersTo names no address at this venue: nothing is transferred');
  if (!isAddress(to)) return denied(`expected an address in base 58, found ${to.slice(0, 64)}`);
  if (!allowed.has(to)) return denied(`${to} is not among the addresses of transfersTo`);
  if (to === owner) return denied(`${to} is the wallet itself`);
  if (asset === NATIVE_SOL || isAddress(asset)) return null;
  return denied(`expected SOL or the address of a mint, found ${asset.slice(0, 64)}`);
}

function movesOf(
  { web3, owner }: SolanaScope,
  { terms, decimals, opensDestination }: ReadTerms,
): readonly TransactionInstruction[] {
  if (terms.kind === 'token') return tokenInstructions(web3, { ...terms, decimals, opensDestination });
  const [fromPubkey, toPubkey] = [new web3.PublicKey(owner), new web3.PublicKey(terms.to)] as const;
  return [web3.SystemProgram.transfer({ fromPubkey, toPubkey, lamports: terms.atoms })];
}

async function readBlockhash(
  { endpoints, seen }: SolanaScope,
  signal: AbortSignal,
): Promise<{ readonly blockhash: string; readonly lastValidBlockHeight: number } | Unknown> {
  const answer = await endpoints[0].ask(
    signal,
    (connection) => connection.getLatestBlockhash(COMMITMENT),
    seen.slot(),
  );
  if (answer.state === 'unanswered') return answer.unknown;
  const { lastValidBlockHeight } = answer.value;
  if (!Number.isSafeInteger(lastValidBlockHeight))
    return unknown('malformed', `a height is expected to be an integer, found ${lastValidBlockHeight}`);
  return answer.value;
}
