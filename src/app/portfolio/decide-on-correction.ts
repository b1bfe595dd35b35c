import { readNewestCorrectionEntry } from '../../../db/audit-repository.ts';
import { findCorrection, type StoredCorrection } from '../../../db/correction-repository.ts';
import { findTransaction, postTransaction } from '../../../db/ledger-repository.ts';
import { versionsAt } from '../../domain/book/book-state.ts';
import { correctionTransaction, reversalTransaction } from '../../domain/book/correction-transaction.ts';
import type { Transaction } from '../../domain/book/transaction.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { type Correction, isSameCorrection, isStale } from '../../domain/reconciliation/correction.ts';
import { valueBeforeFlow } from '../valuations/take-valuation.ts';
import { type Answer, done, refused } from './answer.ts';
import { applyCorrection, findBookedPart, uncountFills } from './apply-correction.ts';
import { deriveAgain } from './derive-again.ts';
import { freed, moveCorrectionTo, moveDiscrepancies, movesOf } from './move-decided.ts';
import { memoryOf } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';
import { setGates } from './set-gates.ts';
import { whySilent } from './why-silent.ts';

/** A person's word on a correction. */
export async function decideOnCorrection(
  correctionId: string,
  kind: 'approveCorrection' | 'rejectCorrection' | 'reverseCorrection',
  by: string,
  context: RoundContext,
): Promise<Answer> {
  const stored = await findCorrection(context.db, correctionId);
  if (!stored) return refused(`there is no correction ${correctionId}`);
  if (await isAltered(stored, context))
    return refused('its row in the database is not what the audit log has of it: nothing is done with it');
  if (kind === 'reverseCorrection') return reverse(stored, by, context);
  if (stored.state === 'stale')
    return refused('it was withdrawn: its time ended, or what it was for has changed');
  if (stored.state !== 'proposed') return refused(`it is ${stored.state} already`);
  return kind === 'rejectCorrection' ? reject(stored, by, context) : approve(stored, by, context);
}

/** Whether someone has edited the row since: the chain of the audit log has what was proposed or applied. */
async function isAltered({ id, state, body }: StoredCorrection, { db }: RoundContext): Promise<boolean> {
  const kind = state === 'proposed' ? 'correctionProposed' : 'correctionApplied';
  if (state !== 'proposed' && state !== 'applied') return false;
  const entry = await readNewestCorrectionEntry(db, { kind, correctionId: id });
  return entry === null || canonicalJson(entry) !== canonicalJson(body);
}

async function approve(stored: StoredCorrection, by: string, context: RoundContext): Promise<Answer> {
  const correction = stored.body as Correction;
  const silence = whySilent(correction.venue, context);
  if (silence !== null) return refused(silence);
  const obstacle = whyExpired(stored, context) ?? (await whyNotPresent(correction, context));
  if (obstacle !== null) {
    await moveCorrectionTo(correction, 'stale', { by, reason: obstacle }, context);
    await moveDiscrepancies(correction.venue, movesOf(correction, freed(obstacle)), context);
    return refused(`${obstacle}; what differs is explained anew with the next round`);
  }
  if (!(await applyCorrection(correction, { decidedBy: by, reason: 'approved' }, context)))
    return refused('someone was first');
  const corrected = { to: 'corrected', resolution: 'corrected', note: `approved by ${by}` } as const;
  await moveDiscrepancies(correction.venue, movesOf(correction, corrected), context);
  return done('applied');
}

function whyExpired({ expiresAtMs }: StoredCorrection, { nowMs }: RoundContext): string | null {
  if (expiresAtMs === null || nowMs < expiresAtMs) return null;
  return `it could be approved until ${new Date(expiresAtMs).toISOString()}`;
}

/**
 * Whether the correction still stands on the present book. Where the book has moved under it, it is derived again, and
 * applies only if nothing else comes out.
 */
async function whyNotPresent(correction: Correction, context: RoundContext): Promise<string | null> {
  const { state } = context;
  const { venue, discrepancyIds } = correction;
  const { discrepancies } = memoryOf(state, venue);
  const proposed = discrepancies.filter(({ id }) => discrepancyIds.includes(id));
  if (proposed.length !== discrepancyIds.length || proposed.some((each) => each.state !== 'proposed'))
    return 'what it was for has changed since';
  const booked = await findBookedPart(correction, context.db);
  if (booked !== null) return `the book has ${booked.venueIds.join(', ')} already, as ${booked.eventId}`;
  if (!isStale(correction, versionsAt(state.book, venue))) return null;
  const derived = await deriveAgain(correction, context);
  if (derived !== null && isSameCorrection(correction, derived)) return null;
  return 'the book has moved since, and the same correction does not follow from it any more';
}

async function reject(stored: StoredCorrection, by: string, context: RoundContext): Promise<Answer> {
  const correction = stored.body as Correction;
  if (!(await moveCorrectionTo(correction, 'rejected', { by, reason: 'rejected' }, context)))
    return refused('someone was first');
  const rejected = { to: 'rejected', resolution: 'rejected', note: `rejected by ${by}` } as const;
  await moveDiscrepancies(correction.venue, movesOf(correction, rejected), context);
  return done('rejected');
}

async function reverse(stored: StoredCorrection, by: string, context: RoundContext): Promise<Answer> {
  const { db, nowMs, change } = context;
  const correction = stored.body as Correction;
  const { state } = stored;
  if (state !== 'applied') return refused(`only an applied correction is reversed, this one is ${state}`);
  await moveCorrectionTo(correction, 'reversed', { by, reason: 'reversed' }, context);
  const reversals: Transaction[] = [];
  for (const part of correction.parts) {
    const posted = await findTransaction(db, { eventId: correctionTransaction(part).eventId });
    if (!posted) throw new Error(`an applied correction has posted its parts: ${correction.id}`);
    const reversal = reversalTransaction(posted, nowMs);
    // A real report may have taken its place already: then there is nothing left to undo of this part.
    if (await findTransaction(db, { eventId: reversal.eventId })) continue;
    await valueBeforeFlow([reversal], context);
    await postTransaction(db, reversal, nowMs);
    change.transactions.push(reversal);
    reversals.push(reversal);
  }
  await uncountFills(correction, reversals, { db, nowMs, change });
  // Nobody trades on what has just been taken back until a read has looked at it.
  const { venue } = correction;
  const { unclaimed, discrepancies, lastCertifiedAtMs } = memoryOf(context.state, venue);
  const moved = correction.bookVersions.map(({ asset }) => [asset, nowMs] as const);
  change.unclaimed.set(venue, new Map([...(change.unclaimed.get(venue) ?? unclaimed), ...moved]));
  await setGates(venue, discrepancies, { ...context, lastCertifiedAtMs });
  return done('reversed');
}
