import type { Cause, Transaction } from '../book/transaction.ts';
import { effectOf } from '../book/transaction-effect.ts';
import { canonicalJson } from '../canonical-json.ts';
import { type Amount, add, negate, ZERO } from '../money/amount.ts';
import type { Activity, AssetId, VenueId } from '../venue/venue.ts';

/** What is one and the same at both sides though no id says so. */
export interface BookedWithoutId {
  readonly recordIds: ReadonlySet<string>;
  readonly transactionIds: ReadonlySet<string>;
}

/** A bot that knows no id gives its own time, and a person accepts within a day or so. */
const APART_MAX_MS = 86_400_000;

const MOVES: ReadonlySet<Cause> = new Set(['deposit', 'withdrawal', 'transfer', 'funding', 'correction']);

type Effect = ReadonlyMap<AssetId, Amount>;

/**
 * Which of the venue's records the book has under no id of theirs: as many bookings of the same effect within a day,
 * which no record has by their id, as there are such records. That is what the bot reported without an id or by its own
 * reference, transfers, and what a person accepted without a cause. Otherwise an old record would explain a loss that
 * is new. Where there are fewer bookings than records it is unknown which of them are booked, and all stay.
 *
 * @param unmatched records whose id the book does not have.
 * @param isRecordId whether the venue has a record of that id.
 */
export function findBookedWithoutId(
  unmatched: readonly Activity[],
  transactions: readonly Transaction[],
  { venue, isRecordId }: { readonly venue: VenueId; readonly isRecordId: (id: string) => boolean },
): BookedWithoutId {
  const bookings = new Map<string, Transaction[]>();
  for (const transaction of transactions) {
    if (!isMove(transaction) || transaction.venueIds.some(isRecordId)) continue;
    for (const key of keysOf(transaction, venue)) append(bookings, key, transaction);
  }
  const records = new Map<string, Activity[]>();
  for (const record of unmatched) {
    const key = keyOf(record.kind === 'funding', totalOf(record.deltas));
    if (bookings.get(key)?.some((booking) => isNear(record, booking)) === true) append(records, key, record);
  }
  const recordIds = new Set<string>();
  const transactionIds = new Set<string>();
  for (const [key, alike] of records) {
    const booked = (bookings.get(key) ?? []).filter((booking) =>
      alike.some((record) => isNear(record, booking)),
    );
    if (booked.length < alike.length) continue;
    for (const { id } of alike) recordIds.add(id);
    for (const { id } of booked.slice(0, alike.length)) transactionIds.add(id);
  }
  return { recordIds, transactionIds };
}

const isNear = (record: Activity, booking: Transaction): boolean =>
  Math.abs(record.atMs - booking.atMs) <= APART_MAX_MS;

/** Of the corrections only what was accepted without a cause: the others are of a record, or undo a booking. */
const isMove = ({ cause, venueIds, postings }: Transaction): boolean =>
  MOVES.has(cause) &&
  (cause !== 'correction' ||
    (venueIds.length === 0 &&
      postings.some((posting) => 'external' in posting && posting.external === 'unexplained')));

/** As one record, or as two where the venue lists the fee apart. What a person accepted may be of either kind. */
function keysOf(booking: Transaction, venue: VenueId): readonly string[] {
  const whole = effectOf(booking, venue);
  const fee = totalOf(
    booking.postings.flatMap((posting) =>
      'external' in posting && posting.external === 'fee'
        ? [{ asset: posting.asset, amount: negate(posting.amount) }]
        : [],
    ),
  );
  const withoutFee = new Map(whole);
  for (const [asset, amount] of fee)
    withoutFee.set(asset, add(withoutFee.get(asset) ?? ZERO, negate(amount)));
  const kinds = booking.cause === 'correction' ? [true, false] : [booking.cause === 'funding'];
  const effects = fee.size === 0 ? [whole] : [whole, withoutFee, fee];
  return kinds.flatMap((isFunding) => effects.map((effect) => keyOf(isFunding, effect)));
}

function totalOf(deltas: readonly { readonly asset: AssetId; readonly amount: Amount }[]): Effect {
  const total = new Map<AssetId, Amount>();
  for (const { asset, amount } of deltas) total.set(asset, add(total.get(asset) ?? ZERO, amount));
  return total;
}

const keyOf = (isFunding: boolean, effect: Effect): string =>
  canonicalJson([isFunding, [...effect].filter(([, amount]) => amount !== ZERO).sort()]);

function append<T>(lists: Map<string, T[]>, key: string, member: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [member]);
  else list.push(member);
}
