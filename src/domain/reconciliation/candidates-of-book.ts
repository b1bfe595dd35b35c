import type { CorrectionMovement } from '../book/correction-transaction.ts';
import type { Cause, Transaction } from '../book/transaction.ts';
import { effectOf } from '../book/transaction-effect.ts';
import {
  type Amount,
  absolute,
  amount,
  divide,
  isMore,
  multiply,
  negate,
  subtract,
  ZERO,
} from '../money/amount.ts';
import type { AssetId, Fill, VenueId } from '../venue/venue.ts';
import { activityMovements } from './activity-movement.ts';
import { type Candidate, type CandidateCause, makeCandidate } from './candidate.ts';
import type { CandidateInput } from './candidates.ts';
import type { WrappedPair } from './candidates-of-structure.ts';
import { fillDeltas, fillMovement } from './fill-movement.ts';

/**
 * What the book has and the venue's complete record lacks, or has otherwise. A booking without its like at the venue
 * is one made twice when the venue has its twin. Nothing is concluded about the time before the record begins, nor
 * about assets that were not asked for.
 */
export function bookedCandidates(input: CandidateInput): readonly Candidate[] {
  const booked = input.bookTransactions.filter(
    ({ cause, venueIds, atMs }) =>
      REPORTED.has(cause) && venueIds.length > 0 && (input.openedAtMs === null || atMs > input.openedAtMs),
  );
  const records = new Map(recordsOf(input).map((record) => [record.id, record]));
  const seen = new Set<string>();
  return booked.flatMap((transaction) => {
    if (input.correctedTransactionIds?.has(transaction.id) === true) return [];
    const record = transaction.venueIds.map((id) => records.get(id)).find((found) => found !== undefined);
    if (record !== undefined) {
      const isSecond = seen.has(record.id);
      seen.add(record.id);
      return isSecond
        ? [bookedTwice(transaction, record.id, input.venue)]
        : misbooked(transaction, record, input);
    }
    if (!provesAbsence(transaction, input)) return [];
    const twin = booked.find(
      (other) => other !== transaction && isTwin(transaction, other, records, input.venue),
    );
    return [
      twin === undefined
        ? notAtVenue(transaction, input.venue)
        : bookedTwice(transaction, twin.venueIds[0] ?? '', input.venue),
    ];
  });
}

/** What the book has because the bot reported it. A transfer is not among them: its two ends have other ids. */
const REPORTED: ReadonlySet<Cause> = new Set(['fill', 'deposit', 'withdrawal', 'funding']);

/** The venue's own record of one thing, whichever list it came in. */
interface VenueRecord {
  readonly id: string;
  readonly atMs: number;
  readonly deltas: readonly { readonly asset: AssetId; readonly amount: Amount }[];
  readonly movements: readonly CorrectionMovement[];
  readonly fill: Fill | null;
}

function recordsOf({ fills, activity, venue, observedAtMs }: CandidateInput): readonly VenueRecord[] {
  const all: readonly VenueRecord[] = [
    ...(activity ?? []).map((one) => ({
      id: one.id,
      atMs: one.atMs,
      deltas: one.deltas,
      movements: activityMovements(one, venue),
      fill: null,
    })),
    ...fills.map((fill) => ({
      id: fill.id,
      atMs: fill.atMs,
      deltas: fillDeltas(fill),
      movements: fillMovement(fill, venue).movements,
      fill,
    })),
  ];
  return all.filter(({ atMs }) => atMs <= observedAtMs);
}

/** Whether the venue's record would show the transaction if it had happened. */
export function provesAbsence(transaction: Transaction, input: CandidateInput): boolean {
  if (transaction.atMs > input.observedAtMs) return false;
  if (transaction.cause === 'fill' && input.tradesAreActivity !== true)
    return input.fillsSinceMs === null || transaction.atMs >= input.fillsSinceMs;
  const { activity, activityScope: scope } = input;
  if (activity === null || scope === undefined || transaction.atMs < scope.sinceMs) return false;
  return [...effectOf(transaction, input.venue).keys()].some((asset) => scope.assets.has(asset));
}

function isTwin(
  a: Transaction,
  b: Transaction,
  records: ReadonlyMap<string, VenueRecord>,
  venue: VenueId,
): boolean {
  if (a.cause !== b.cause || !b.venueIds.some((id) => records.has(id))) return false;
  const mine = effectOf(a, venue);
  const other = effectOf(b, venue);
  return mine.size === other.size && [...mine].every(([asset, amount]) => other.get(asset) === amount);
}

function bookedTwice(transaction: Transaction, twinId: string, venue: VenueId): Candidate {
  return undoing(transaction, venue, {
    cause: 'duplicateBooking',
    description: `The book has the ${transaction.cause} ${twinId} twice: ${transaction.eventId} repeats it, and the venue lacks it.`,
    evidence: [transaction.id, twinId],
  });
}

function notAtVenue(transaction: Transaction, venue: VenueId): Candidate {
  return undoing(transaction, venue, {
    cause: transaction.cause === 'fill' ? 'fillNotAtVenue' : 'activityNotAtVenue',
    description: `The book has the ${transaction.cause} ${transaction.venueIds.join(', ')}, which the venue's complete record lacks.`,
    evidence: [transaction.id],
  });
}

function undoing(
  transaction: Transaction,
  venue: VenueId,
  words: {
    readonly cause: CandidateCause;
    readonly description: string;
    readonly evidence: readonly string[];
  },
): Candidate {
  return makeCandidate({
    venue,
    ...words,
    evidenceKind: 'venueAbsence',
    deltas: [...effectOf(transaction, venue)].map(([asset, amount]) => ({
      asset,
      bucket: 'total',
      amount: negate(amount),
    })),
    atMs: transaction.atMs,
    movement: { venueId: null, movements: reversed(transaction, venue), fill: null },
  });
}

/** Both sides have it, and they differ: the venue's own record of it says by how much. */
function misbooked(
  transaction: Transaction,
  record: VenueRecord,
  { venue, wrappedPairs }: CandidateInput,
): readonly Candidate[] {
  const booked = effectOf(transaction, venue);
  const real = new Map(record.deltas.map(({ asset, amount }) => [asset, amount]));
  const assets = [...new Set([...booked.keys(), ...real.keys()])].sort();
  const deltas = assets
    .map((asset) => ({
      asset,
      bucket: 'total' as const,
      amount: subtract(real.get(asset) ?? ZERO, booked.get(asset) ?? ZERO),
    }))
    .filter(({ amount }) => amount !== ZERO);
  if (deltas.length === 0) return [];
  return [
    makeCandidate({
      venue,
      evidenceKind: 'venueRecord',
      ...howMisbooked({ transaction, record, booked, real, wrappedPairs }),
      evidence: [record.id, transaction.id],
      deltas,
      atMs: record.atMs,
      movement: {
        venueId: null,
        movements: [...reversed(transaction, venue), ...record.movements],
        fill: null,
      },
    }),
  ];
}

interface Misbooking {
  readonly transaction: Transaction;
  readonly record: VenueRecord;
  readonly booked: ReadonlyMap<AssetId, Amount>;
  readonly real: ReadonlyMap<AssetId, Amount>;
  readonly wrappedPairs: readonly WrappedPair[];
}

function howMisbooked(of: Misbooking): {
  readonly cause: CandidateCause;
  readonly description: string;
} {
  const { transaction, record, booked, real } = of;
  const fee = record.fill?.fee ?? null;
  const otherFee = transaction.postings.find(
    (posting) => 'external' in posting && posting.external === 'fee' && posting.asset !== fee?.asset,
  );
  if (fee !== null && otherFee !== undefined) {
    return {
      cause: 'feeInOtherAsset',
      description: `The venue took the fee of fill ${record.id} in ${fee.asset}; the book has it in ${otherFee.asset}.`,
    };
  }
  const subject = `${record.fill === null ? transaction.cause : 'fill'} ${record.id}`;
  const mixed = of.wrappedPairs.find((pair) => isMixed(pair, of));
  if (mixed !== undefined) {
    return {
      cause: 'wrappedNativeMixed',
      description: `The book has ${mixed.native} and ${mixed.wrapped} the other way round for ${subject}.`,
    };
  }
  const quoteAsBase = record.fill === null ? null : saidOfQuoteAsBase(transaction, record.fill);
  if (quoteAsBase !== null) return { cause: 'quoteBookedAsBase', description: quoteAsBase };
  for (const [asset, amount] of [...real].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const shift = decimalsBetween(booked.get(asset) ?? ZERO, amount);
    if (shift === null) continue;
    return {
      cause: 'decimalsShift',
      description: `The book has ${booked.get(asset)} ${asset} for ${subject}, the venue ${amount}: off by ${shift} decimals.`,
    };
  }
  const said = (effect: ReadonlyMap<AssetId, Amount>) =>
    [...effect].map(([asset, amount]) => `${amount} ${asset}`).join(' and ');
  return {
    cause: record.fill === null ? 'activityBookedWrongly' : 'fillBookedWrongly',
    description: `The book has ${said(booked)} for ${subject}, the venue ${said(real)}.`,
  };
}

/** Both sides may derive a quote amount; no venue here counts it more coarsely than in millionths. */
const QUOTE_ROUNDING = amount('0.000001');

/** What is wrong where the book has a fill's quote amount as its base quantity; null where it has not. */
function saidOfQuoteAsBase({ postings }: Transaction, fill: Fill): string | null {
  const base = postings.find(
    (posting) => 'external' in posting && posting.external === 'trade' && posting.asset === fill.base,
  );
  if (base === undefined) return null;
  const booked = fill.side === 'buy' ? negate(base.amount) : base.amount;
  const isBooked = (as: Amount) => !isMore(absolute(subtract(booked, as)), QUOTE_ROUNDING);
  if (!isBooked(fill.quoteAmount) || isBooked(fill.quantity)) return null;
  return `The book has the quote amount ${booked} ${fill.quote} as the base quantity of fill ${fill.id}; the venue filled ${fill.quantity} ${fill.base}.`;
}

/** What the venue has in the one shape the book has in the other. */
function isMixed({ native, wrapped }: WrappedPair, { booked, real }: Misbooking): boolean {
  const inBook = [booked.get(native), booked.get(wrapped)];
  const atVenue = [real.get(native), real.get(wrapped)];
  return inBook[0] === atVenue[1] && inBook[1] === atVenue[0] && inBook[0] !== inBook[1];
}

/** By how many decimals two amounts differ; null when they differ otherwise or not at all. Both carry one sign. */
export function decimalsBetween(a: Amount, b: Amount): number | null {
  if (a === ZERO || b === ZERO || a === b) return null;
  const ratio = divide(a, b, 40);
  const isLarger = /^1(0+)$/.exec(ratio);
  if (isLarger !== null && multiply(ratio, b) === a) return isLarger[1]?.length ?? null;
  const inverse = divide(b, a, 40);
  const isSmaller = /^1(0+)$/.exec(inverse);
  return isSmaller !== null && multiply(inverse, a) === b ? -(isSmaller[1]?.length ?? 0) : null;
}

/** Gives back to each account what the transaction took from it, so that postings balance whatever the fee was in. */
function reversed(transaction: Transaction, venue: VenueId): readonly CorrectionMovement[] {
  return transaction.postings.flatMap((posting): CorrectionMovement[] =>
    'external' in posting
      ? [{ venue, asset: posting.asset, bucket: 'available', amount: posting.amount, from: posting.external }]
      : [],
  );
}
