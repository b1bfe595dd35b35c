import type { CorrectionMovement } from '../book/correction-transaction.ts';
import type { Transaction } from '../book/transaction.ts';
import { type Amount, add, divide, multiply, negate, subtract, ZERO } from '../money/amount.ts';
import type { AssetId, Fill, VenueId } from '../venue/venue.ts';
import { type Candidate, type CandidateCause, type CandidateMovement, makeCandidate } from './candidate.ts';
import type { CandidateInput } from './candidates.ts';
import { fillDeltas, fillMovement } from './fill-movement.ts';

/**
 * Fills that the book has and the venue's complete list lacks, or has otherwise. A book's fill without its like at
 * the venue is a fill booked twice when the venue has its twin. Nothing is concluded about the time before the
 * list begins.
 */
export function bookedCandidates(input: CandidateInput): readonly Candidate[] {
  const booked = input.bookTransactions.filter(
    (transaction) => transaction.cause === 'fill' && transaction.venueIds.length > 0,
  );
  const fills = new Map(input.fills.map((fill) => [fill.id, fill]));
  const seen = new Set<string>();
  return booked.flatMap((transaction) => {
    if (input.correctedTransactionIds?.has(transaction.id) === true) return [];
    const fill = transaction.venueIds.map((id) => fills.get(id)).find((found) => found !== undefined);
    if (fill !== undefined) {
      const isSecond = seen.has(fill.id);
      seen.add(fill.id);
      return isSecond
        ? [bookedTwice(transaction, fill.id, input.venue)]
        : misbooked(transaction, fill, input.venue);
    }
    if (input.fillsSinceMs !== null && transaction.atMs < input.fillsSinceMs) return [];
    const twin = booked.find(
      (other) => other !== transaction && isTwin(transaction, other, fills, input.venue),
    );
    return [
      twin === undefined
        ? notAtVenue(transaction, input.venue)
        : bookedTwice(transaction, twin.venueIds[0] ?? '', input.venue),
    ];
  });
}

/** What a transaction adds to this venue's totals, per asset, none zero. */
export function effectOf(transaction: Transaction, venue: VenueId): ReadonlyMap<AssetId, Amount> {
  const effect = new Map<AssetId, Amount>();
  for (const posting of transaction.postings) {
    if ('external' in posting || posting.venue !== venue) continue;
    if (posting.bucket !== 'available' && posting.bucket !== 'hold') continue;
    effect.set(posting.asset, add(effect.get(posting.asset) ?? ZERO, posting.amount));
  }
  for (const [asset, amount] of effect) if (amount === ZERO) effect.delete(asset);
  return effect;
}

function isTwin(a: Transaction, b: Transaction, fills: ReadonlyMap<string, Fill>, venue: VenueId): boolean {
  if (!b.venueIds.some((id) => fills.has(id))) return false;
  const mine = effectOf(a, venue);
  const other = effectOf(b, venue);
  return mine.size === other.size && [...mine].every(([asset, amount]) => other.get(asset) === amount);
}

function bookedTwice(transaction: Transaction, twinId: string, venue: VenueId): Candidate {
  return undoing(transaction, venue, {
    cause: 'duplicateBooking',
    description: `The book has the fill ${twinId} twice: ${transaction.eventId} repeats it, and the venue lacks it.`,
    evidence: [transaction.id, twinId],
  });
}

function notAtVenue(transaction: Transaction, venue: VenueId): Candidate {
  return undoing(transaction, venue, {
    cause: 'fillNotAtVenue',
    description: `The book has the fill ${transaction.venueIds.join(', ')}, which the venue's complete list lacks.`,
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

/** Both sides have the fill, and they differ: the venue's own record of it says by how much. */
function misbooked(transaction: Transaction, fill: Fill, venue: VenueId): readonly Candidate[] {
  const booked = effectOf(transaction, venue);
  const real = new Map(fillDeltas(fill).map(({ asset, amount }) => [asset, amount]));
  const assets = [...new Set([...booked.keys(), ...real.keys()])].sort();
  const deltas = assets
    .map((asset) => ({
      asset,
      bucket: 'total' as const,
      amount: subtract(real.get(asset) ?? ZERO, booked.get(asset) ?? ZERO),
    }))
    .filter(({ amount }) => amount !== ZERO);
  if (deltas.length === 0) return [];
  const { cause, description } = howMisbooked(transaction, fill, { booked, real });
  const movement: CandidateMovement = {
    venueId: null,
    movements: [...reversed(transaction, venue), ...fillMovement(fill, venue).movements],
    fill: null,
  };
  const evidence = [fill.id, transaction.id];
  return [
    makeCandidate({
      venue,
      cause,
      evidenceKind: 'venueRecord',
      description,
      evidence,
      deltas,
      atMs: fill.atMs,
      movement,
    }),
  ];
}

function howMisbooked(
  transaction: Transaction,
  fill: Fill,
  effect: { readonly booked: ReadonlyMap<AssetId, Amount>; readonly real: ReadonlyMap<AssetId, Amount> },
): { readonly cause: CandidateCause; readonly description: string } {
  const fees = transaction.postings.filter((posting) => 'external' in posting && posting.external === 'fee');
  const otherFee = fees.find(({ asset }) => asset !== fill.fee.asset);
  if (otherFee !== undefined) {
    return {
      cause: 'feeInOtherAsset',
      description: `The venue took the fee of fill ${fill.id} in ${fill.fee.asset}; the book has it in ${otherFee.asset}.`,
    };
  }
  const baseBooked = effect.booked.get(fill.base) ?? ZERO;
  const baseReal = effect.real.get(fill.base) ?? ZERO;
  const shift = decimalsBetween(baseBooked, baseReal);
  if (shift !== null) {
    return {
      cause: 'decimalsShift',
      description: `The book has ${baseBooked} ${fill.base} for fill ${fill.id}, the venue ${baseReal}: off by ${shift} decimals.`,
    };
  }
  return {
    cause: 'fillBookedWrongly',
    description: `The book has ${baseBooked} ${fill.base} for fill ${fill.id}, the venue ${baseReal} at ${fill.price} ${fill.quote}.`,
  };
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
