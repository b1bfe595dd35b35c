import { type Kysely, sql } from 'kysely';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Database } from './tables.ts';

/** What the reconciliation of a venue came to within a span of time. */
export interface VenueRecord {
  readonly venue: VenueId;
  readonly rounds: number;
  /** Rounds that could read the venue and certify what it said. */
  readonly certified: number;
  /** That went beyond suspicion within the span; what was only suspected, and then gone, is none. */
  readonly discrepancies: number;
  /** Of those, what has not ended by now. */
  readonly stillOpen: number;
  /** Applied within the span, and not reversed since. */
  readonly corrections: number;
}

/** Epoch milliseconds, both ends included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * By venue, those alone of which there is something. `openStates` are those of discrepancies that have not ended.
 * Counts in the database: three queries, however many rounds.
 */
export async function readReconciliationRecord(
  db: Kysely<Database>,
  { fromMs, toMs }: Span,
  openStates: readonly string[],
): Promise<readonly VenueRecord[]> {
  const rounds = await db
    .selectFrom('report')
    .select(['venue', sql<number>`count(*)`.as('rounds'), sql<number>`count(snapshot_id)`.as('certified')])
    .where('at_ms', '>=', fromMs)
    .where('at_ms', '<=', toMs)
    .groupBy('venue')
    .execute();
  const discrepancies = await db
    .selectFrom('discrepancy_history as step')
    .innerJoin('discrepancy', 'discrepancy.id', 'step.discrepancy_id')
    .select((of) => [
      'venue',
      of.fn.count<number>('discrepancy.id').distinct().as('seen'),
      of.fn
        .count<number>('discrepancy.id')
        .distinct()
        .filterWhere('discrepancy.state', 'in', openStates)
        .as('open'),
    ])
    // One look may confirm, explain and correct: the state that it ended in is the only one that was written.
    .where('step.state', 'not in', ['suspected', 'closed'])
    .where('step.at_ms', '>=', fromMs)
    .where('step.at_ms', '<=', toMs)
    .groupBy('venue')
    .execute();
  const corrections = await db
    .selectFrom('correction')
    .select(['venue', sql<number>`count(*)`.as('applied')])
    .where('state', '=', 'applied')
    .where('decided_at_ms', '>=', fromMs)
    .where('decided_at_ms', '<=', toMs)
    .groupBy('venue')
    .execute();
  const of = <Row extends { readonly venue: string }>(rows: readonly Row[], venue: string): Row | undefined =>
    rows.find((row) => row.venue === venue);
  const venues = new Set([...rounds, ...discrepancies, ...corrections].map(({ venue }) => venue));
  return [...venues].sort().map((venue) => ({
    venue,
    rounds: of(rounds, venue)?.rounds ?? 0,
    certified: of(rounds, venue)?.certified ?? 0,
    discrepancies: of(discrepancies, venue)?.seen ?? 0,
    stillOpen: of(discrepancies, venue)?.open ?? 0,
    corrections: of(corrections, venue)?.applied ?? 0,
  }));
}
