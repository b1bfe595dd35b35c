import { type Amount, add, isZero, subtract, ZERO } from '../money/amount.ts';
import { allot } from './allot.ts';
import { type Figure, known, sumFigures, unknown } from './figure.ts';
import type { Lot } from './lot.ts';
import { type TaxRules, type Term, taxOn, termOf } from './lot-tax.ts';

/** Something that was disposed of, and the lots that it came from. */
export interface LotDisposal {
  /** The event's id. */
  readonly id: string;
  readonly kind: 'disposal' | 'networkFee';
  readonly account: string;
  readonly asset: string;
  readonly quantity: Amount;
  readonly atMs: number;
  /** After fees. */
  readonly proceeds: Figure;
  readonly matches: readonly LotMatch[];
}

export interface LotMatch {
  /** The lot as it was taken: quantity and basis are those of the part. */
  readonly lot: Lot;
  readonly proceeds: Figure;
  /** Proceeds less basis, and what is disallowed of a loss added again. */
  readonly gain: Figure;
  /** The part of a loss that went to the basis of replacement lots. Not negative. */
  readonly disallowedLoss: Amount;
  readonly term: Term;
  readonly tax: Figure;
}

export type Disposed = Omit<LotDisposal, 'matches' | 'quantity'>;

/** Measures a disposal of lots as they were taken, at least one. Proceeds are split over them by quantity. */
export function measureDisposal(disposed: Disposed, parts: readonly Lot[], rules: TaxRules): LotDisposal {
  const quantities = parts.map(({ quantity }) => quantity);
  const quantity = quantities.reduce(add);
  const { proceeds } = disposed;
  const shares = proceeds.state === 'known' ? allot(proceeds.amount, quantities).map(known) : null;
  const matches = parts.map((lot, index): LotMatch => {
    const share = shares?.[index] ?? proceeds;
    const gain = gainOf(lot, share);
    const term = termOf(lot.heldSince, disposed.atMs, rules);
    return {
      lot,
      proceeds: share,
      gain,
      disallowedLoss: ZERO,
      term,
      tax: taxOn(gain, term, rules.rates),
    };
  });
  return { ...disposed, quantity, matches };
}

/** The match after some of its loss was disallowed. */
export function disallow(match: LotMatch, loss: Amount, { rates }: TaxRules): LotMatch {
  if (isZero(loss) || match.gain.state === 'unknown') return match;
  const gain = known(add(match.gain.amount, loss));
  const disallowedLoss = add(match.disallowedLoss, loss);
  return { ...match, gain, disallowedLoss, tax: taxOn(gain, match.term, rates) };
}

export function basisOf({ id, basis }: Lot): Figure {
  if (basis.state === 'known') return known(basis.amount);
  const why = basis.reason === undefined ? '' : `: ${basis.reason}`;
  return unknown(`the basis of lot ${id} is unknown${why}`);
}

/** The gain of all of it; unknown where the gain of a part is. */
export const gainOfDisposal = ({ matches }: LotDisposal): Figure =>
  sumFigures(matches.map(({ gain }) => gain));

export const taxOfDisposal = ({ matches }: LotDisposal): Figure => sumFigures(matches.map(({ tax }) => tax));

function gainOf(lot: Lot, proceeds: Figure): Figure {
  const basis = basisOf(lot);
  if (basis.state === 'unknown') return basis;
  return proceeds.state === 'unknown' ? proceeds : known(subtract(proceeds.amount, basis.amount));
}
