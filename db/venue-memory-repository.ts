import type { Kysely } from 'kysely';
import { canonicalJson } from '../src/domain/canonical-json.ts';
import type { DriftBudgets } from '../src/domain/reconciliation/drift-budget.ts';
import type { VenueLag } from '../src/domain/reconciliation/venue-lag.ts';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Database } from './tables.ts';

/** What was learned of a venue from many reads. */
export interface LearnedOfVenue {
  readonly drift: DriftBudgets;
  readonly lag: VenueLag;
}

/** Keeps what was learned of a venue, in place of what was learned before. */
export async function saveLearned(
  db: Kysely<Database>,
  venue: VenueId,
  { drift, lag }: LearnedOfVenue,
): Promise<void> {
  const body = canonicalJson({
    drift: [...drift],
    lag: { counts: lag.counts, lacking: [...lag.lacking], readAtMs: lag.readAtMs },
  });
  await db
    .insertInto('venue_memory')
    .values({ venue, body })
    .onConflict((conflict) => conflict.column('venue').doUpdateSet({ body }))
    .execute();
}

export async function readLearned(db: Kysely<Database>): Promise<ReadonlyMap<VenueId, LearnedOfVenue>> {
  const rows = await db.selectFrom('venue_memory').selectAll().execute();
  return new Map(rows.map(({ venue, body }) => [venue, learnedFrom(body)]));
}

function learnedFrom(body: string): LearnedOfVenue {
  const { drift, lag } = JSON.parse(body);
  return {
    drift: new Map(drift),
    lag: { counts: lag.counts, lacking: new Map(lag.lacking), readAtMs: lag.readAtMs },
  };
}
