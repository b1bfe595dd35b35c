import { fromAtoms, toAtoms } from '../../domain/money/amount.ts';
import { unknown } from '../../domain/venue/observation.ts';
import type { PreparedTransfer, TransferLookup } from '../../domain/venue/transfer.ts';
import { findTransaction } from './find-transaction.ts';
import { pinnedDecimals } from './mint-facts.ts';
import type { SolanaScope } from './solana-scope.ts';
import { NATIVE_SOL, SOL_DECIMALS } from './token-registry.ts';

/** Looks a transfer up by its signature, at every endpoint. One that landed is held against what it was to move. */
export async function findTransfer(
  scope: SolanaScope,
  { instruction, reference, expiresAtHeight }: PreparedTransfer,
  signal: AbortSignal,
): Promise<TransferLookup> {
  const found = await findTransaction(scope, { signature: reference, expiresAtHeight }, signal);
  if (found.state === 'unknown' || found.state === 'absent') return found;
  if (found.state === 'open') return { state: 'found', status: 'open' };
  const { deltas } = found;
  const costOf = (lamports: bigint) => ({ asset: NATIVE_SOL, amount: fromAtoms(lamports, SOL_DECIMALS) });
  if (found.state === 'failed')
    return { state: 'found', status: 'rejected', atMs: deltas.atMs, fee: costOf(-deltas.lamports) };
  const { asset, amount } = instruction;
  if (asset !== NATIVE_SOL) {
    // After a restart nobody has read the mint yet, and the record itself pins its decimals.
    const fact = await scope.mints.read(scope.endpoints[0], asset, signal);
    if (fact.state === 'unknown') return fact;
  }
  const atoms = toAtoms(amount, pinnedDecimals(scope.mints, asset));
  const left = asset === NATIVE_SOL ? -deltas.exchanged : -(deltas.tokens.get(asset) ?? 0n);
  const others = [...deltas.tokens.keys()].filter((mint) => mint !== asset);
  const cost = -deltas.lamports - (asset === NATIVE_SOL ? atoms : 0n);
  if (left !== atoms || others.length > 0 || cost < 0n)
    return unknown('malformed', `${reference} is not the transfer of ${amount} ${asset}`);
  return { state: 'found', status: 'confirmed', atMs: deltas.atMs, fee: costOf(cost) };
}
