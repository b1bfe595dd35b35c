// The lot events of a whole book, in the order in which they happened.
//
// Invariants, each held by a property test of the same words:
// 1. What lots are held is what the book holds, of every asset at every venue.
// 2. A correction that was reversed, or that takes back what was booked twice, leaves no trace in lots.

import type { Transaction } from '../book/transaction.ts';
import { add } from '../money/amount.ts';
import type { ToldEvent } from './account-for-lots.ts';
import { type BookAssets, lotEventsOf, OUTSIDE } from './book-lot-events.ts';
import { coverShortfalls } from './cover-shortfalls.ts';
import { compareKinds, type LotEvent, type Transfer } from './lot-event.ts';

/** A transaction and its place in the book. */
export interface BookedTransaction {
  readonly sequence: number;
  readonly transaction: Transaction;
}

interface Entry {
  readonly sequence: number;
  events: readonly LotEvent[];
}

/**
 * Reads the transactions of a book once, in the order in which they were posted, and tells what they do to lots. What
 * was sold before the book knew of it comes from a lot of unknown basis: nothing that a book holds is refused.
 */
export function gatherLotEvents(
  booked: Iterable<BookedTransaction>,
  assets: BookAssets,
): readonly ToldEvent[] {
  const entries: Entry[] = [];
  const corrections = new Map<string, Entry>();
  const ends = new Map<string, TransferEnds>();
  for (const { sequence, transaction } of booked) {
    const { cause, eventId, id, venueIds } = transaction;
    if (cause === 'order') continue;
    if (cause === 'reversal') {
      const undone = corrections.get(eventId.slice('reversal:'.length));
      if (undone) undone.events = [];
      continue;
    }
    const events = lotEventsOf(transaction, lotIdOf(eventId, sequence), assets);
    if (events.length === 0) continue;
    const entry: Entry = { sequence, events };
    entries.push(entry);
    if (cause === 'correction') corrections.set(id, entry);
    const [transferId] = venueIds;
    if (cause === 'transfer' && transferId !== undefined) pairEnds(entry, ends, transferId);
  }
  takeBack(entries, corrections);
  return coverShortfalls(inOrder(entries));
}

/** "/" and "#" stand between parts of the ids that are made here. */
const lotIdOf = (eventId: string, sequence: number): string =>
  /[/#]/.test(eventId) ? `#${sequence}` : eventId;

interface TransferEnds {
  /** The end that has lots so far: what left, or what arrived from nobody knew where. */
  readonly sent?: Entry;
  readonly received?: Entry;
}

/**
 * Joins the ends of a transfer, whichever was told first. What stands in transit is still the sender's; what the
 * network took in the same asset is the transfer's own fee.
 */
function pairEnds(entry: Entry, ends: Map<string, TransferEnds>, transferId: string): void {
  const before = ends.get(transferId) ?? {};
  const isArrival = entry.events.some(
    (event) => event.kind === 'acquisition' || (event.kind === 'transfer' && event.to !== OUTSIDE),
  );
  const { sent, received } = isArrival ? { ...before, received: entry } : { ...before, sent: entry };
  ends.set(transferId, { ...(sent && { sent }), ...(received && { received }) });
  if (!sent || !received) return;
  const left = sent.events.find((event) => event.kind === 'transfer');
  const arrival = received.events[0];
  if (left && arrival?.kind === 'acquisition') {
    const { id, account: to, quantity, atMs, asset } = arrival;
    const joined: Transfer = {
      ...left,
      id,
      to,
      quantity,
      atMs,
      ...(asset !== left.asset && { arrivesAs: asset }),
    };
    received.events = [joined];
    sent.events = sent.events.filter((event) => event !== left);
  }
  const move = received.events[0];
  const fee = sent.events.find((event) => event.kind === 'disposal' && event.asset === move?.asset);
  if (move?.kind !== 'transfer' || fee?.kind !== 'disposal') return;
  const quantity = add(move.quantity, fee.quantity);
  received.events = [{ ...move, quantity, fee: fee.quantity, feeValue: fee.proceeds }];
  sent.events = sent.events.filter((event) => event !== fee);
}

/**
 * A correction without a venue's id that undoes, to the last digit, something that was booked is no event: neither it
 * nor what it undoes.
 */
function takeBack(entries: readonly Entry[], corrections: ReadonlyMap<string, Entry>): void {
  const undoing = new Map<string, Entry[]>();
  for (const correction of corrections.values()) {
    const [event] = correction.events;
    if (event === undefined || correction.events.length > 1) continue;
    const key = keyOf(event, 'opposite');
    const list = undoing.get(key);
    if (list) list.push(correction);
    else undoing.set(key, [correction]);
  }
  if (undoing.size === 0) return;
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    const [event] = entry?.events ?? [];
    if (!entry || !event || entry.events.length > 1) continue;
    const waiting = undoing.get(keyOf(event, 'same'));
    const correction = waiting?.find(
      ({ sequence, events }) => sequence > entry.sequence && events.length > 0,
    );
    if (!correction) continue;
    correction.events = [];
    entry.events = [];
  }
}

/** What an event moves, and for how much, as text; of an event of unknown price, or a transfer, the quantity alone. */
function keyOf(event: LotEvent, direction: 'same' | 'opposite'): string {
  const isIn = event.kind === 'acquisition';
  const money = event.kind === 'acquisition' ? event.cost : event.kind === 'disposal' ? event.proceeds : null;
  const account = event.kind === 'transfer' ? event.from : event.account;
  const sign = isIn === (direction === 'same') ? '+' : '-';
  const price = money?.state === 'known' ? money.amount : null;
  return JSON.stringify([account, event.asset, sign, event.quantity, price]);
}

function inOrder(entries: readonly Entry[]): readonly ToldEvent[] {
  return entries
    .flatMap(({ sequence, events }) => events.map((event) => ({ event, sequence })))
    .sort((a, b) => a.event.atMs - b.event.atMs || compareKinds(a.event, b.event) || a.sequence - b.sequence)
    .map(({ event, sequence }) => ({ event, place: `transaction ${sequence}` }));
}
