import { readDecidedCorrections } from '../../../db/correction-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { readVenueTransactions } from '../../../db/venue-transactions.ts';
import type { Cause } from '../../domain/book/transaction.ts';
import type { Comparison } from '../../domain/reconciliation/compare.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import {
  type ActivityBasis,
  type ExplainedRound,
  explainRound,
} from '../../domain/reconciliation/explain-round.ts';
import type { Known, Snapshot } from '../../domain/venue/observation.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { groupsOf, memoryOf, type Reading, readStanding, transfersUnderWay } from './read-standing.ts';

/** The book's own transactions that may be wrong are looked for among this many of the newest. */
const TRANSACTIONS_MAX = 500;
const LOOK_BACK_MS = 86_400_000;
/** Rare beside fills, so that as many of them reach further back: to where the venue's activity begins, and a day. */
const MOVES: readonly Cause[] = ['deposit', 'withdrawal', 'transfer', 'funding', 'correction'];

/** Gathers what the book has to say and explains a comparison with it. */
export async function explainVenueRound(input: {
  readonly venue: VenueId;
  readonly snapshot: Known<Snapshot>;
  readonly comparison: Comparison;
  readonly discrepancies: readonly Discrepancy[];
  readonly basis: ActivityBasis;
  readonly db: OpenDatabase['db'];
  readonly reading: Reading;
}): Promise<ExplainedRound> {
  const { venue, db, reading, ...round } = input;
  const { state, settings, nowMs } = reading;
  const { opening } = memoryOf(state, venue);
  const sinceMs = nowMs - LOOK_BACK_MS;
  const corrected = await readDecidedCorrections(db, { venue, state: 'applied', sinceMs });
  const newest = await readVenueTransactions(db, { venue, sinceMs, limit: TRANSACTIONS_MAX });
  const moved = await readVenueTransactions(db, {
    venue,
    sinceMs: Math.min(sinceMs, input.basis.scope.sinceMs - LOOK_BACK_MS),
    limit: TRANSACTIONS_MAX,
    causes: MOVES,
  });
  const known = new Set(newest.map(({ id }) => id));
  return explainRound({
    ...round,
    standing: readStanding(reading, venue),
    bookTransactions: [...moved.filter(({ id }) => !known.has(id)), ...newest],
    openedAtMs: opening.state === 'fromSnapshot' ? opening.atMs : null,
    transfersInTransit: transfersUnderWay(state),
    wrappedPairs: settings.wrappedPairs,
    groupOf: groupsOf(settings),
    correctedTransactionIds: new Set(corrected.flatMap(({ body }) => (body as Correction).evidence)),
  });
}
