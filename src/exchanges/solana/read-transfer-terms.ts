import { type Amount, fromAtoms, isPositive, round, toAtoms } from '../../domain/money/amount.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { TransferInstruction } from '../../domain/venue/transfer.ts';
import { associatedTokenAddress } from './associated-token-address.ts';
import { collectHoldings, type Holdings } from './holdings.ts';
import { readMintBytes, type TransferableMint, withheldOf } from './mint-extensions.ts';
import { type EpochFee, feeInForce, isFeeChanged } from './mint-layout.ts';
import { readReceiver } from './receiver.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import { RENT_MINIMUM_LAMPORTS } from './spending-limits.ts';
import { type Denial, denied } from './swap-terms.ts';
import { readTokenAccountBytes } from './token-account-layout.ts';
import type { TokenAccount } from './token-account-row.ts';
import { NATIVE_SOL, SOL_DECIMALS } from './token-registry.ts';
import type { TransferTerms } from './transfer-effects.ts';
import type { TokenMove } from './transfer-instructions.ts';

/** Token accounts that one transfer may take from; a transaction has room for more. */
const SOURCES_MAX = 8;

/** What a transfer is to do, and what was read for it. */
export interface ReadTerms {
  readonly state: 'terms';
  readonly terms: TransferTerms;
  readonly decimals: number;
  /** The receiver's account of the token has to be opened; never for SOL. */
  readonly opensDestination: boolean;
}

/** Reads what a transfer needs of the wallet, the mint and the receiver, or says why there is none. */
export async function readTransferTerms(
  scope: SolanaScope,
  { asset, amount, to }: TransferInstruction,
  signal: AbortSignal,
): Promise<ReadTerms | Denial | Unknown> {
  const [endpoint] = scope.endpoints;
  const holdings = await collectHoldings({
    ...scope,
    endpoint,
    signal,
    minContextSlot: scope.seen.slot(),
  });
  if (holdings.state === 'unknown') return holdings;
  const { owner } = scope;
  const { priorityFeeMaxLamports, feeReserveLamports } = scope.limits;
  const common = { owner, to, priorityFeeMaxLamports, feeReserveLamports };
  if (asset === NATIVE_SOL) {
    const receiver = await readReceiver(scope, { to, more: [] }, signal);
    if (receiver.state !== 'wallet') return receiver;
    const refusal =
      deniedAmount(amount, SOL_DECIMALS) ?? deniedLamports(toAtoms(amount, SOL_DECIMALS), holdings, scope);
    if (refusal !== null) return refusal;
    const atoms = toAtoms(amount, SOL_DECIMALS);
    if (!receiver.exists && atoms < RENT_MINIMUM_LAMPORTS)
      return denied(`${to} is a new account: expected at least ${RENT_MINIMUM_LAMPORTS} lamports for it`);
    return {
      state: 'terms',
      terms: { ...common, kind: 'lamports', atoms },
      decimals: SOL_DECIMALS,
      opensDestination: false,
    };
  }

  const fact = await scope.mints.read(endpoint, asset, signal);
  if (fact.state === 'unknown') return fact;
  const { decimals, program } = fact;
  const destination = associatedTokenAddress(scope.web3, { owner: to, mint: asset, program });
  const receiver = await readReceiver(scope, { to, more: [destination, asset] }, signal);
  if (receiver.state !== 'wallet') return receiver;
  const [account, mintAccount] = receiver.more;
  const mint = mintAccount == null ? null : readMintBytes(mintAccount.data);
  if (mint === null || mintAccount?.program !== program)
    return unknown('malformed', `account ${asset} is not a mint of ${program}`);
  if (mint.state === 'deniedLocally') return mint;
  if (mint.decimals !== decimals)
    return unknown(
      'malformed',
      `mint ${asset} has ${mint.decimals} decimals in its bytes, parsed ${decimals}`,
    );
  const refusal = deniedAmount(amount, decimals) ?? deniedAccount(account ?? null, { to, mint: asset });
  if (refusal !== null) return refusal;
  const atoms = toAtoms(amount, decimals);
  const moves = sourcesOf(holdings.accounts, asset, atoms, decimals);
  if ('state' in moves) return moves;
  const fee = await readFeeInForce(scope, mint, signal);
  if (fee !== null && 'state' in fee) return fee;
  const withheld = moves.reduce(
    (total, move) => total + (fee === null ? 0n : withheldOf(move.atoms, fee)),
    0n,
  );
  if (withheld >= atoms) return denied(`the mint's fee would take all of ${amount}`);
  return {
    state: 'terms',
    terms: {
      ...common,
      kind: 'token',
      atoms,
      mint: asset,
      program,
      destination,
      moves,
      arrives: atoms - withheld,
    },
    decimals,
    opensDestination: account === null,
  };
}

function deniedAmount(amount: Amount, decimals: number): Denial | null {
  if (!isPositive(amount)) return denied(`expected an amount above 0, found ${amount}`);
  if (round(amount, decimals, 'down') !== amount)
    return denied(`${amount} is finer than ${decimals} decimals`);
  return null;
}

function deniedLamports(atoms: bigint, { lamports }: Holdings, { limits }: SolanaScope): Denial | null {
  const kept = RENT_MINIMUM_LAMPORTS + limits.feeReserveLamports;
  const available = lamports > kept ? lamports - kept : 0n;
  if (atoms <= available) return null;
  const [found, most] = [atoms, available].map((part) => fromAtoms(part, SOL_DECIMALS));
  return denied(`${found} SOL is more than the ${most} that rent and the fee reserve leave`);
}

interface Shown {
  readonly program: string;
  readonly data: Uint8Array;
}

/** The associated account of a wallet may have been given to somebody else since. */
function deniedAccount(
  account: Shown | null,
  { to, mint }: { readonly to: string; readonly mint: string },
): Denial | null {
  if (account === null) return null;
  const fields = readTokenAccountBytes(account.data);
  if (fields === null || fields.mint !== mint) return denied(`the account of ${to} for ${mint} is none`);
  return fields.owner === to ? null : denied(`the account of ${to} for ${mint} belongs to ${fields.owner}`);
}

/** Takes from as few accounts as it can: the fullest first. */
function sourcesOf(
  accounts: readonly TokenAccount[],
  mint: string,
  atoms: bigint,
  decimals: number,
): readonly TokenMove[] | Denial {
  const own = accounts.filter((account) => account.mint === mint && BigInt(account.atoms) > 0n);
  const movable = own
    .filter(({ immovable }) => immovable === null)
    .map((account) => ({ source: account.address, atoms: BigInt(account.atoms) }))
    .sort((a, b) => (a.atoms === b.atoms ? (a.source < b.source ? -1 : 1) : a.atoms > b.atoms ? -1 : 1));
  const moves: TokenMove[] = [];
  let left = atoms;
  for (const account of movable) {
    if (left === 0n) break;
    const part = least(account.atoms, left);
    moves.push({ source: account.source, atoms: part });
    left -= part;
  }
  if (left > 0n) {
    const [wanted, most] = [atoms, atoms - left].map((part) => fromAtoms(part, decimals));
    const reasons = [...new Set(own.map(({ immovable }) => immovable).filter((reason) => reason !== null))];
    const held = reasons.length === 0 ? '' : `, the rest is ${reasons.join(' and ')}`;
    return denied(`${wanted} of ${mint} is more than the ${most} that can be moved${held}`);
  }
  return moves.length > SOURCES_MAX
    ? denied(`the amount lies in ${moves.length} token accounts, at most ${SOURCES_MAX} are taken from`)
    : moves;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

async function readFeeInForce(
  { endpoints }: SolanaScope,
  { fees }: TransferableMint,
  signal: AbortSignal,
): Promise<EpochFee | Unknown | null> {
  if (fees === null) return null;
  if (!isFeeChanged(fees)) return fees.newer;
  const answer = await endpoints[0].ask(signal, (connection) => connection.getEpochInfo(COMMITMENT));
  if (answer.state === 'unanswered') return answer.unknown;
  const { epoch } = answer.value;
  if (!Number.isSafeInteger(epoch)) return unknown('malformed', `an epoch is expected, found ${epoch}`);
  return feeInForce(fees, epoch);
}
