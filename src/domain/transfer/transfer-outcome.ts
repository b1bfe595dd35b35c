import type { BookEvent } from '../book/book-event.ts';
import { canonicalJson } from '../canonical-json.ts';
import { negate, ZERO } from '../money/amount.ts';
import type { InFlight } from '../reconciliation/in-flight.ts';
import type { VenueId } from '../venue/venue.ts';
import { hasEnded, isOverdue, type TransferIntent, type TransferRequest } from './transfer-intent.ts';

/** What whoever asked for a transfer is told. What expired without having happened was `rejected`. */
export type TransferOutcome = 'confirmed' | 'rejected' | 'deniedLocally' | 'unknown';

/** Null while it is under way and may be waited for. */
export function outcomeOf(intent: TransferIntent): TransferOutcome | null {
  const { status } = intent;
  if (status === 'absent') return 'rejected';
  if (status === 'confirmed' || status === 'rejected' || status === 'deniedLocally') return status;
  return status === 'unknown' && isOverdue(intent) ? 'unknown' : null;
}

export const isSameRequest = (a: TransferRequest, b: TransferRequest): boolean =>
  canonicalJson(a) === canonicalJson(b);

/** A transfer under way that pays the same to the same address: with the two of them somebody may mean one. */
export function findTwin(request: TransferRequest, others: Iterable<TransferIntent>): TransferIntent | null {
  for (const other of others) {
    const { venue, asset, amount, to, transferId } = other.request;
    const isAlike =
      venue === request.venue && asset === request.asset && amount === request.amount && to === request.to;
    if (isAlike && transferId !== request.transferId && !hasEnded(other)) return other;
  }
  return null;
}

/** The id of the message by which the book hears of a transfer: said again, it posts nothing. */
export const bookEventIdOf = (transferId: string): string => `transfer:${transferId}:sent`;

/**
 * What the book is told of a transfer that happened, under the venue's own id of it. Null for any other. A fee that was
 * taken for nothing is read as activity of the venue.
 */
export function bookEventOf({ request, status, prepared, landed }: TransferIntent): BookEvent | null {
  if (status !== 'confirmed' || prepared === null || landed === null) return null;
  const { transferId, venue, asset, amount, toVenue } = request;
  const { atMs, fee } = landed;
  const common = { eventId: bookEventIdOf(transferId), venue, atMs, asset, amount, fee };
  const { reference } = prepared;
  return toVenue === null
    ? { ...common, type: 'portfolio.withdrawalReported', activityId: reference }
    : { ...common, type: 'portfolio.transferSent', transferId: reference, toVenue };
}

/** What a transfer that may have happened explains of the differences at a venue, until the book has it. */
export function inFlightOf({ request, prepared }: TransferIntent, venue: VenueId): InFlight {
  const { transferId, asset, amount, toVenue } = request;
  const left = [{ asset, amount }, ...(prepared === null ? [] : [prepared.fee])];
  const ranges =
    venue === request.venue
      ? left.map((each) => ({ asset: each.asset, least: negate(each.amount), most: ZERO }))
      : venue === toVenue
        ? [{ asset, least: ZERO, most: amount }]
        : [];
  if (ranges.length === 0) return [];
  const movement = { kind: 'transferOfUnknownOutcome', reference: transferId, ranges } as const;
  return [{ ...movement, clientOrderId: null, deadlineAtMs: null }];
}
