import { moveCorrection } from '../../../db/correction-repository.ts';
import { saveDiscrepancy } from '../../../db/discrepancy-repository.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import {
  type Discrepancy,
  type DiscrepancyState,
  mayMove,
  moveDiscrepancy,
  type Resolution,
} from '../../domain/reconciliation/discrepancy.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';

/** Compare and swap on what was seen. False when someone else moved the correction first. */
export async function moveCorrectionTo(
  correction: Correction,
  to: 'rejected' | 'stale' | 'reversed',
  { by, reason }: { readonly by: string; readonly reason: string },
  { db, nowMs, change }: RoundContext,
): Promise<boolean> {
  const { id, evidenceHash, venue, discrepancyIds, cause } = correction;
  const from = to === 'reversed' ? 'applied' : 'proposed';
  const isMoved = await moveCorrection(db, { id, from, to, evidenceHash, decidedBy: by, atMs: nowMs });
  if (!isMoved) return false;
  if (to === 'stale')
    change.audit.push({ atMs: nowMs, actor: by, kind: 'correctionWithdrawn', body: { correction, reason } });
  change.announcements.push({
    type: 'correctionChanged',
    atMs: nowMs,
    correctionId: id,
    venue,
    discrepancyIds,
    state: to,
    causes: cause.split(' + '),
    by,
    reason,
  });
  return true;
}

export interface DiscrepancyMove {
  readonly to: DiscrepancyState;
  readonly resolution: Resolution | null;
  readonly note: string;
}

/** What a decision on a correction does to the discrepancies that it is for. */
export const movesOf = (
  { discrepancyIds }: Pick<Correction, 'discrepancyIds'>,
  move: DiscrepancyMove,
): ReadonlyMap<string, DiscrepancyMove> => new Map(discrepancyIds.map((id) => [id, move]));

/** Its proposal is taken back: what it was for is confirmed still, and is explained anew with the next round. */
export const freed = (note: string): DiscrepancyMove => ({ to: 'confirmed', resolution: null, note });

/**
 * Moves discrepancies of a venue, each where its life has that step from where it stands, and sets the venue's gates
 * anew. Once in the work of a message: it follows what was remembered before.
 */
export async function moveDiscrepancies(
  venue: VenueId,
  moves: ReadonlyMap<string, DiscrepancyMove>,
  context: RoundContext,
): Promise<void> {
  const { db, state, nowMs, change } = context;
  const memory = memoryOf(state, venue);
  const discrepancies: Discrepancy[] = [];
  for (const before of memory.discrepancies) {
    const move = moves.get(before.id);
    if (move === undefined || !mayMove(before, move.to)) {
      discrepancies.push(before);
      continue;
    }
    const discrepancy = moveDiscrepancy(before, move.to, { resolution: move.resolution });
    await saveDiscrepancy(db, { ...discrepancy, body: discrepancy }, { atMs: nowMs, note: move.note });
    change.announcements.push({ type: 'discrepancyChanged', atMs: nowMs, discrepancy, reason: move.note });
    discrepancies.push(discrepancy);
  }
  change.afterwards.push((after) => {
    memoryOf(after, venue).discrepancies = discrepancies;
  });
  await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs: memory.lastCertifiedAtMs });
}
