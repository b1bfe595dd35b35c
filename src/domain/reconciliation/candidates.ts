// What may have caused the differences at one venue.
//
// Invariants, each held by a property test of the same name:
// 1. What the book already has a transaction for is never a candidate again.
// 2. A candidate's movements change the book by exactly its deltas.
// 3. The same inputs give the same candidates in the same order: the venue's records first, hypotheses last.

import type { Holding } from '../book/book-view.ts';
import type { Transaction } from '../book/transaction.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { Snapshot } from '../venue/observation.ts';
import type { Activity, AssetId, Fill, VenueId } from '../venue/venue.ts';
import { activityMovements } from './activity-movement.ts';
import { findBookedWithoutId } from './booked-without-id.ts';
import { byEvidenceTimeId, type Candidate, makeCandidate } from './candidate.ts';
import { bookedCandidates } from './candidates-of-book.ts';
import {
  arrivalMovements,
  hypothesisCandidates,
  type TransferUnderWay,
  type WrappedPair,
} from './candidates-of-structure.ts';
import { wrappingCandidates } from './candidates-of-wrapping.ts';
import type { Difference } from './compare.ts';
import { fillDeltas, fillMovement } from './fill-movement.ts';

export interface CandidateInput {
  readonly venue: VenueId;
  readonly fills: readonly Fill[];
  /** Null while activity has not been read: its absence is then not evidence of anything. */
  readonly activity: readonly Activity[] | null;
  /** The venue's own ids that the book has transactions for, since `recentSinceMs`. */
  readonly recentVenueIds: ReadonlySet<string>;
  readonly recentSinceMs: number;
  /** What happened at or before the opening is part of it and never booked; null for a venue opened by messages. */
  readonly openedAtMs: number | null;
  /** Since when the snapshot's fills are complete; null when the venue listed all it has. */
  readonly fillsSinceMs: number | null;
  /** Trades are activity here, as on a chain: that the list of fills lacks one says nothing. */
  readonly tradesAreActivity?: boolean;
  /** What the activity is complete for; without it nothing is concluded from what the activity lacks. */
  readonly activityScope?: ActivityScope;
  /** The book's transactions at this venue that the records may be about, oldest first. */
  readonly bookTransactions: readonly Transaction[];
  readonly differences: readonly Difference[];
  readonly holdings: readonly Holding[];
  readonly accrued: Snapshot['accrued'];
  readonly transfersInTransit: readonly TransferUnderWay[];
  /** Assets that are one thing in two shapes, such as SOL and wrapped SOL. */
  readonly wrappedPairs: readonly WrappedPair[];
  /** Assets of one group may arrive under another identity than they left; each is a group of its own without it. */
  readonly groupOf?: (asset: AssetId) => string;
  /** The book's transactions that earlier corrections have set right: nothing is undone twice. */
  readonly correctedTransactionIds?: ReadonlySet<string>;
  /** When the snapshot was observed: what activity shows of later is not in its balances yet. */
  readonly observedAtMs: number;
}

export interface ActivityScope {
  readonly sinceMs: number;
  /** A booking that touches one of these would be in the list. */
  readonly assets: ReadonlySet<AssetId>;
}

/** Every candidate for the differences of one venue. Pure: it never decides which of them happened. */
export function candidatesFrom(input: CandidateInput): readonly Candidate[] {
  const isNew = ({ id, atMs, isUnsettled }: Happened) =>
    isUnsettled !== true &&
    !input.recentVenueIds.has(id) &&
    atMs >= input.recentSinceMs &&
    atMs <= input.observedAtMs &&
    (input.openedAtMs === null || atMs > input.openedAtMs);
  const records = new Set((input.activity ?? []).map(({ id }) => id));
  const unmatched = input.activity?.filter(isNew) ?? [];
  const booked = findBookedWithoutId(unmatched, input.bookTransactions, {
    venue: input.venue,
    isRecordId: (id) => records.has(id),
  });
  const news = unmatched.filter(({ id }) => !booked.recordIds.has(id));
  const arrivals = matchArrivals(news, input);
  const arrived = new Set([...arrivals.values()].map(({ transferId }) => transferId));
  const others = [
    ...input.fills.filter(isNew).map((fill) => missedFill(fill, input.venue)),
    ...news.map((activity) => unbooked(activity, input.venue, arrivals.get(activity.id))),
    ...bookedCandidates({
      ...input,
      bookTransactions: input.bookTransactions.filter(({ id }) => !booked.transactionIds.has(id)),
    }),
    ...hypothesisCandidates({
      ...input,
      transfersInTransit: input.transfersInTransit.filter(({ transferId }) => !arrived.has(transferId)),
    }),
  ];
  const all = [
    ...others,
    ...input.wrappedPairs.flatMap((pair) => wrappingCandidates(pair, input.differences, others)),
  ];
  const onRecord = new Set(
    all.filter(({ evidenceKind }) => evidenceKind !== 'hypothesis').map(causeAndEffect),
  );
  // A supposition of the same cause and the same effect as something on record is not another explanation.
  const isSaidBetter = (candidate: Candidate) =>
    candidate.evidenceKind === 'hypothesis' && onRecord.has(causeAndEffect(candidate));
  const unique = new Map(
    all
      .filter(({ deltas }) => deltas.length > 0)
      .filter((candidate) => !isSaidBetter(candidate))
      .map((candidate) => [candidate.id, candidate]),
  );
  return [...unique.values()].sort(byEvidenceTimeId);
}

/** A fill or an activity. */
type Happened = Pick<Activity, 'id' | 'atMs' | 'isUnsettled'>;

const causeAndEffect = ({ cause, deltas }: Candidate): string => `${cause} ${canonicalJson(deltas)}`;

function missedFill(fill: Fill, venue: VenueId): Candidate {
  const fee =
    fill.fee.amount === '0' ? 'without a fee' : `with a fee of ${fill.fee.amount} ${fill.fee.asset}`;
  return makeCandidate({
    venue,
    cause: 'missedFill',
    evidenceKind: 'venueRecord',
    description: `The venue filled a ${fill.side} of ${fill.quantity} ${fill.base} at ${fill.price} ${fill.quote} ${fee}, which the book lacks.`,
    evidence: [fill.id],
    deltas: fillDeltas(fill).map((delta) => ({ ...delta, bucket: 'total' })),
    atMs: fill.atMs,
    movement: fillMovement(fill, venue),
  });
}

function unbooked(activity: Activity, venue: VenueId, transfer: TransferUnderWay | undefined): Candidate {
  const moved = activity.deltas.map(({ asset, amount }) => `${amount} ${asset}`).join(' and ');
  const movements = activityMovements(activity, venue);
  return makeCandidate({
    venue,
    cause: transfer === undefined ? activity.kind : 'transferInTransit',
    evidenceKind: 'venueRecord',
    description:
      transfer === undefined
        ? `The venue reports a ${activity.kind} of ${moved}, which the book lacks.`
        : `The transfer ${transfer.transferId} from ${transfer.fromVenue} has arrived: ${moved}.`,
    evidence: transfer === undefined ? [activity.id] : [activity.id, transfer.transferId],
    deltas: activity.deltas.map((delta) => ({ ...delta, bucket: 'total' as const })),
    atMs: activity.atMs,
    movement: {
      venueId: activity.id,
      movements: transfer === undefined ? movements : arrivalMovements(transfer, venue),
      fill: null,
    },
  });
}

/** Incoming amounts that equal what the book has in transit to here are that transfer, not new money. The earliest sent goes first. */
function matchArrivals(
  activity: readonly Activity[],
  { transfersInTransit, venue, groupOf = (asset) => asset }: CandidateInput,
): ReadonlyMap<string, TransferUnderWay> {
  const waiting = transfersInTransit.filter(({ toVenue }) => toVenue === venue);
  const open = [...waiting].sort((a, b) => a.sentAtMs - b.sentAtMs || (a.transferId < b.transferId ? -1 : 1));
  const matched = new Map<string, TransferUnderWay>();
  for (const { id, kind, deltas, atMs } of [...activity].sort(byTimeThenId)) {
    const [delta, ...others] = deltas;
    if (delta === undefined || others.length > 0 || (kind !== 'deposit' && kind !== 'transfer')) continue;
    const index = open.findIndex(
      (t) => groupOf(t.asset) === groupOf(delta.asset) && t.amount === delta.amount && t.sentAtMs <= atMs,
    );
    const [transfer] = index < 0 ? [] : open.splice(index, 1);
    if (transfer !== undefined) matched.set(id, { ...transfer, asset: delta.asset });
  }
  return matched;
}

const byTimeThenId = (a: Activity, b: Activity): number => a.atMs - b.atMs || (a.id < b.id ? -1 : 1);
