import type { OpenDatabase } from '../../db/database.ts';
import {
  readDiscrepancies,
  readNewestDiscrepancies,
  type StoredDiscrepancy,
} from '../../db/discrepancy-repository.ts';
import type { Discrepancy, DiscrepancyState } from '../domain/reconciliation/discrepancy.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import { shortIdsOf } from './short-ids.ts';

/** States in which someone still has to do something about it, or it may still turn out to be nothing. */
export const OPEN_STATES: readonly DiscrepancyState[] = [
  'suspected',
  'confirmed',
  'explained',
  'unexplained',
  'proposed',
  'rejected',
];

export interface ListedDiscrepancy
  extends Pick<
    Discrepancy,
    | 'id'
    | 'venue'
    | 'asset'
    | 'bucket'
    | 'subject'
    | 'class'
    | 'severity'
    | 'bookAmount'
    | 'venueAmount'
    | 'delta'
    | 'valueUsd'
    | 'state'
    | 'firstSeenAtMs'
    | 'lastSeenAtMs'
    | 'cause'
    | 'explanation'
  > {
  /** A beginning of the id that no other has. */
  readonly shortId: string;
  readonly isOpen: boolean;
}

/** Where the list of everything ends: the newest are given. */
export const DISCREPANCIES_MAX = 500;

/** The discrepancies that are open, or with `isAll` the newest in whatever state, oldest first. */
export async function listDiscrepancies(
  db: OpenDatabase['db'],
  { venue, isAll }: { readonly venue: VenueId | null; readonly isAll: boolean },
): Promise<readonly ListedDiscrepancy[]> {
  const stored = isAll
    ? [...(await readNewestDiscrepancies(db, { venue, limit: DISCREPANCIES_MAX }))].reverse()
    : await readDiscrepancies(db, { states: OPEN_STATES, venue });
  const short = await shortIdsOf(
    db,
    stored.map(({ id }) => id),
  );
  return stored.map((each) => listed(each, short.get(each.id) ?? each.id));
}

function listed({ body }: StoredDiscrepancy, shortId: string): ListedDiscrepancy {
  const discrepancy = body as Discrepancy;
  return {
    id: discrepancy.id,
    shortId,
    venue: discrepancy.venue,
    asset: discrepancy.asset,
    bucket: discrepancy.bucket,
    subject: discrepancy.subject,
    class: discrepancy.class,
    severity: discrepancy.severity,
    bookAmount: discrepancy.bookAmount,
    venueAmount: discrepancy.venueAmount,
    delta: discrepancy.delta,
    valueUsd: discrepancy.valueUsd,
    state: discrepancy.state,
    isOpen: OPEN_STATES.includes(discrepancy.state),
    firstSeenAtMs: discrepancy.firstSeenAtMs,
    lastSeenAtMs: discrepancy.lastSeenAtMs,
    cause: discrepancy.cause,
    explanation: discrepancy.explanation,
  };
}
