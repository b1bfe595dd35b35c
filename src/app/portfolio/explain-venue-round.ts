import { readAppliedCorrections } from '../../../db/correction-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { readVenueTransactions } from '../../../db/venue-transactions.ts';
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
  const corrected = await readAppliedCorrections(db, { venue, sinceMs });
  return explainRound({
    ...round,
    standing: readStanding(reading, venue),
    bookTransactions: await readVenueTransactions(db, { venue, sinceMs, limit: TRANSACTIONS_MAX }),
    openedAtMs: opening.state === 'fromSnapshot' ? opening.atMs : null,
    transfersInTransit: transfersUnderWay(state),
    wrappedPairs: settings.wrappedPairs,
    groupOf: groupsOf(settings),
    correctedTransactionIds: new Set(corrected.flatMap(({ body }) => (body as Correction).evidence)),
  });
}
