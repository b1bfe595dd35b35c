import { assert } from '../assert.ts';
import { type Amount, add, isZero, minimum, subtract } from '../money/amount.ts';
import { sumFigures } from './figure.ts';
import { cutLot, knownBasis, type Lot, UNKNOWN_BASIS } from './lot.ts';
import { basisOf } from './lot-disposal.ts';

/** Lots that were sent, in their order, as what arrives and what the network took: the last of them. */
export function splitFee(
  sent: readonly Lot[],
  fee: Amount,
): { readonly arriving: readonly Lot[]; readonly fee: readonly Lot[] } {
  const arriving = [...sent];
  const taken: Lot[] = [];
  for (let missing = fee; !isZero(missing); ) {
    const last = arriving.pop();
    assert(last, 'a fee is less than what is sent');
    const { part, rest } = cutLot(last, minimum(last.quantity, missing));
    if (rest) arriving.push(rest);
    taken.unshift(part);
    missing = subtract(missing, part.quantity);
  }
  return { arriving, fee: taken };
}

/** Adds the basis of what the network took to the last lot that arrives. Unknown and known together are unknown. */
export function carryFee(arriving: readonly Lot[], fee: readonly Lot[]): readonly Lot[] {
  const last = arriving.at(-1);
  if (fee.length === 0 || !last) return arriving;
  const paid = sumFigures(fee.map(basisOf));
  const basis =
    paid.state === 'unknown' || last.basis.state === 'unknown'
      ? UNKNOWN_BASIS
      : knownBasis(add(last.basis.amount, paid.amount), last.quantity);
  return [...arriving.slice(0, -1), { ...last, basis }];
}
