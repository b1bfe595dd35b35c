import { readProposals } from '../../../db/correction-repository.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import { type Discrepancy, moveDiscrepancy } from '../../domain/reconciliation/discrepancy.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { moveCorrectionTo } from './move-decided.ts';
import type { RoundContext } from './round-context.ts';

/**
 * Takes back what nobody has decided on in time, and what its discrepancies have left behind. What is still confirmed of
 * them is explained anew by the next round.
 */
export async function withdrawProposals(
  venue: VenueId,
  discrepancies: readonly Discrepancy[],
  context: RoundContext,
): Promise<readonly Discrepancy[]> {
  const waiting = new Set(discrepancies.flatMap(({ id, state }) => (state === 'proposed' ? [id] : [])));
  const freed = new Set<string>();
  for (const { body, expiresAtMs } of await readProposals(context.db, venue)) {
    const correction = body as Correction;
    const isExpired = expiresAtMs !== null && expiresAtMs <= context.nowMs;
    if (!isExpired && correction.discrepancyIds.every((id) => waiting.has(id))) continue;
    const why = isExpired
      ? { by: 'expiry', reason: 'nobody decided on it in time' }
      : { by: `reconciliation:${venue}`, reason: 'what it was for has changed' };
    if (await moveCorrectionTo(correction, 'stale', why, context))
      for (const id of correction.discrepancyIds) freed.add(id);
  }
  if (freed.size === 0) return discrepancies;
  return discrepancies.map((each) =>
    freed.has(each.id) && each.state === 'proposed' ? moveDiscrepancy(each, 'confirmed') : each,
  );
}
