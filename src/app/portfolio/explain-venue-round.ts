import type { ComparedRound } from '../../../actors/reconciliation-actor.ts';
import { readCorrections } from '../../../db/correction-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import { readVenueTransactions } from '../../../db/venue-transactions.ts';
import type { Correction } from '../../domain/reconciliation/correction.ts';
import { type ExplainedRound, explainRound } from '../../domain/reconciliation/explain-round.ts';
import type { Observation } from '../../domain/venue/observation.ts';
import type { Activity, VenueId } from '../../domain/venue/venue.ts';
import type { ActivityRequest } from '../../exchanges/exchange.ts';
import { memoryOf, type Reading, readStanding, transfersUnderWay } from './read-standing.ts';

/** The book's own transactions that may be wrong are looked for among this many of the newest. */
const TRANSACTIONS_MAX = 500;
const LOOK_BACK_MS = 86_400_000;

/** Gathers what the book has to say and explains a round with it. */
export async function explainVenueRound(input: {
  readonly venue: VenueId;
  readonly round: ComparedRound;
  readonly activity: Observation<readonly Activity[]>;
  /** What the venue was asked for: its answer is complete for this and for nothing else. */
  readonly asked: ActivityRequest;
  readonly fillsSinceMs: number | null;
  readonly database: OpenDatabase;
  readonly reading: Reading;
}): Promise<ExplainedRound> {
  const { venue, round, activity, asked, fillsSinceMs, database, reading } = input;
  const { state, settings, nowMs } = reading;
  const { opening } = memoryOf(state, venue);
  const since = { venue, sinceMs: nowMs - LOOK_BACK_MS, limit: TRANSACTIONS_MAX };
  const corrected = (await readCorrections(database.db, ['applied'])).flatMap(
    ({ body }) => (body as Correction).evidence,
  );
  return explainRound({
    snapshot: round.snapshot,
    comparison: round.verdict.comparison,
    discrepancies: round.verdict.advanced.discrepancies,
    standing: readStanding(reading, venue),
    activity,
    activityScope: { sinceMs: asked.sinceMs, assets: new Set(asked.assets) },
    bookTransactions: await readVenueTransactions(database.db, since),
    openedAtMs: opening.state === 'fromSnapshot' ? opening.atMs : null,
    fillsSinceMs,
    transfersInTransit: transfersUnderWay(state),
    wrappedPairs: settings.wrappedPairs,
    correctedTransactionIds: new Set(corrected),
  });
}
