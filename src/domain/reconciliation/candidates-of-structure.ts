import type { CorrectionMovement } from '../book/correction-transaction.ts';
import type { Transaction } from '../book/transaction.ts';
import {
  type Amount,
  absolute,
  amount,
  divide,
  isNegative,
  isZero,
  negate,
  subtract,
  sum,
} from '../money/amount.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import { type Candidate, makeCandidate } from './candidate.ts';
import type { CandidateInput } from './candidates.ts';
import { decimalsBetween, provesAbsence } from './candidates-of-book.ts';
import type { Difference } from './compare.ts';

/** A transfer that left one venue and is not booked at the other. */
export interface TransferUnderWay {
  readonly transferId: string;
  readonly fromVenue: VenueId;
  readonly toVenue: VenueId;
  /** Its identity where it left. */
  readonly sentAsset: AssetId;
  /** Its identity here. */
  readonly asset: AssetId;
  readonly amount: Amount;
  readonly sentAtMs: number;
}

export interface WrappedPair {
  readonly native: AssetId;
  readonly wrapped: AssetId;
}

/** What would explain a difference though no record says so. Each fits the figures by its making: for a person to judge. */
export function hypothesisCandidates(input: CandidateInput): readonly Candidate[] {
  const { differences } = input;
  return [
    ...differences.filter(({ settledClass }) => settledClass === 'holdMismatch').map(heldOtherwise),
    ...differences.flatMap(shiftedDecimals),
    ...quoteTakenForBase(input),
    ...input.transfersInTransit
      .filter(({ toVenue }) => toVenue === input.venue)
      .map((t) => arrivedUnseen(t, input)),
    ...settledFunding(input),
  ];
}

/** The arrival of a transfer: out of transit there, available here, and both against the account for transfers. */
export function arrivalMovements(transfer: TransferUnderWay, venue: VenueId): readonly CorrectionMovement[] {
  const { fromVenue, sentAsset, asset } = transfer;
  return [
    {
      venue: fromVenue,
      asset: sentAsset,
      bucket: 'inTransit',
      amount: negate(transfer.amount),
      from: 'transfer',
    },
    { venue, asset, bucket: 'available', amount: transfer.amount, from: 'transfer' },
  ];
}

/** How much a venue holds behind orders is its own to say; the total agrees, so nothing is gained or lost. */
function heldOtherwise(difference: Difference): Candidate {
  const { venue, asset, delta: held } = difference;
  const move = (to: 'hold' | 'available', moved: Amount): CorrectionMovement => ({
    venue,
    asset,
    bucket: to,
    amount: moved,
    from: null,
  });
  return makeCandidate({
    venue,
    cause: 'orderHold',
    evidenceKind: 'venueRecord',
    description: `The venue holds ${difference.venueAmount} ${asset} behind orders, the book ${difference.bookAmount}; the total agrees.`,
    evidence: [],
    deltas: [{ asset, bucket: 'hold', amount: held }],
    atMs: null,
    movement: { venueId: null, movements: [move('hold', held), move('available', negate(held))], fill: null },
  });
}

function shiftedDecimals(difference: Difference): readonly Candidate[] {
  if (difference.settledClass !== 'quantityMismatch') return [];
  const { asset, venue, bookAmount, venueAmount, delta } = difference;
  const shift = decimalsBetween(bookAmount, venueAmount);
  if (shift === null) return [];
  return [
    makeCandidate({
      venue,
      cause: 'decimalsShift',
      evidenceKind: 'hypothesis',
      description: `The book's ${bookAmount} ${asset} is the venue's ${venueAmount} with ${shift} decimals too many.`,
      evidence: [],
      deltas: [{ asset, bucket: 'total', amount: delta }],
      atMs: null,
      movement: {
        venueId: null,
        movements: [{ venue, asset, bucket: 'available', amount: delta, from: 'unexplained' }],
        fill: null,
      },
    }),
  ];
}

/** More decimals than any venue quotes a price with; Coinbase derives a base size to 16. */
const PRICE_DECIMALS = 18;
const SIZE_DECIMALS = 16;

/**
 * Fills that no record covers may have been booked with their quote amount as their base quantity: what they come to
 * then follows from their own price. Supposed where one of them, or all of an asset together, make up its difference.
 */
function quoteTakenForBase(input: CandidateInput): readonly Candidate[] {
  const recorded = new Set([...input.fills, ...(input.activity ?? [])].map(({ id }) => id));
  const uncovered = input.bookTransactions.filter(
    (transaction) =>
      transaction.cause === 'fill' &&
      (input.openedAtMs === null || transaction.atMs > input.openedAtMs) &&
      transaction.atMs <= input.observedAtMs &&
      input.correctedTransactionIds?.has(transaction.id) !== true &&
      !transaction.venueIds.some((id) => recorded.has(id)) &&
      !provesAbsence(transaction, input),
  );
  const differences = input.differences.filter(({ bucket }) => bucket === 'total');
  return differences.flatMap(({ asset, delta }) => {
    const supposed = uncovered.flatMap((transaction) => inBaseAtItsPrice(transaction, asset, input.venue));
    const movedBase = ({ deltas }: Candidate): Amount =>
      sum(deltas.filter((moved) => moved.asset === asset).map(({ amount: moved }) => moved));
    const fitting = supposed.filter((candidate) => movedBase(candidate) === delta);
    return fitting.length === 0 && sum(supposed.map(movedBase)) === delta ? supposed : fitting;
  });
}

/** Empty where the fill has no price of its own to go by. */
function inBaseAtItsPrice(transaction: Transaction, base: AssetId, venue: VenueId): readonly Candidate[] {
  const traded = transaction.postings.filter(
    (posting) => 'external' in posting && posting.external === 'trade',
  );
  const leg = traded.find(({ asset }) => asset === base);
  const [other, ...others] = traded.filter(({ asset }) => asset !== base);
  if (leg === undefined || other === undefined || others.length > 0) return [];
  const [booked, paid] = [absolute(leg.amount), absolute(other.amount)];
  const price = divide(paid, booked, PRICE_DECIMALS);
  if (isZero(price)) return [];
  const quantity = divide(booked, price, SIZE_DECIMALS);
  const more = (posted: Amount, by: Amount): Amount => (isNegative(posted) ? by : negate(by));
  const deltas = [
    { asset: base, bucket: 'total' as const, amount: more(leg.amount, subtract(quantity, booked)) },
    { asset: other.asset, bucket: 'total' as const, amount: more(other.amount, subtract(booked, paid)) },
  ].filter(({ amount: moved }) => !isZero(moved));
  return [
    makeCandidate({
      venue,
      cause: 'quoteBookedAsBase',
      evidenceKind: 'hypothesis',
      description: `The book may have the quote amount ${booked} ${other.asset} as the base quantity of fill ${transaction.venueIds.join(', ')}: at its price of ${price} that is ${quantity} ${base}.`,
      evidence: [transaction.id],
      deltas,
      atMs: transaction.atMs,
      movement: {
        venueId: null,
        movements: deltas.map(({ asset, amount: moved }) => ({
          venue,
          asset,
          bucket: 'available',
          amount: moved,
          from: 'trade',
        })),
        fill: null,
      },
    }),
  ];
}

function arrivedUnseen(transfer: TransferUnderWay, { venue }: CandidateInput): Candidate {
  return makeCandidate({
    venue,
    cause: 'transferInTransit',
    evidenceKind: 'hypothesis',
    description: `The transfer ${transfer.transferId} of ${transfer.amount} ${transfer.asset} from ${transfer.fromVenue} has arrived, though no record here says so.`,
    evidence: [transfer.transferId],
    deltas: [{ asset: transfer.asset, bucket: 'total', amount: transfer.amount }],
    atMs: transfer.sentAtMs,
    movement: { venueId: null, movements: arrivalMovements(transfer, venue), fill: null },
  });
}

/**
 * Funding moves between what is owed and what is held, and neither way is anything gained: what the book has as owed may
 * have been paid, and what the venue has as owed may stand in the book's balance as if it were paid.
 */
function settledFunding({ venue, holdings, accrued }: CandidateInput): readonly Candidate[] {
  const settled = (asset: AssetId, paid: Amount): Pick<Candidate, 'deltas' | 'movement'> => ({
    deltas: [{ asset, bucket: 'total', amount: paid }],
    movement: {
      venueId: null,
      movements: [
        { venue, asset, bucket: 'available', amount: paid, from: null },
        { venue, asset, bucket: 'accrued', amount: negate(paid), from: null },
      ],
      fill: null,
    },
  });
  const common = { venue, cause: 'fundingAccrued', evidenceKind: 'hypothesis', atMs: null } as const;
  const paid = holdings
    .filter((holding) => holding.accrued !== '0')
    .map(({ asset, accrued: owed }) =>
      makeCandidate({
        ...common,
        ...settled(asset, owed),
        description: `The accrued funding of ${owed} ${asset} has been settled into the balance.`,
        evidence: [],
      }),
    );
  const booked = accrued.map(({ asset, amount: text }) =>
    makeCandidate({
      ...common,
      ...settled(asset, negate(amount(text))),
      description: `The book's balance of ${asset} includes funding of ${text} that the venue has not settled.`,
      evidence: ['accrued'],
    }),
  );
  return [...paid, ...booked];
}
