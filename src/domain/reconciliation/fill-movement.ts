import type { CorrectionMovement } from '../book/correction-transaction.ts';
import type { ExternalAccount } from '../book/transaction.ts';
import { type Amount, add, negate, ZERO } from '../money/amount.ts';
import type { AssetId, Fill, VenueId } from '../venue/venue.ts';
import type { CandidateMovement } from './candidate.ts';

/** What a fill moves: base, quote and fee together, one entry per asset, none that is zero. */
export function fillDeltas(fill: Fill): readonly { readonly asset: AssetId; readonly amount: Amount }[] {
  const isBuy = fill.side === 'buy';
  const deltas = new Map<AssetId, Amount>();
  const move = (asset: AssetId, amount: Amount) => deltas.set(asset, add(deltas.get(asset) ?? ZERO, amount));
  move(fill.base, isBuy ? fill.quantity : negate(fill.quantity));
  move(fill.quote, isBuy ? negate(fill.quoteAmount) : fill.quoteAmount);
  move(fill.fee.asset, negate(fill.fee.amount));
  return [...deltas]
    .filter(([, amount]) => amount !== ZERO)
    .map(([asset, amount]) => ({ asset, amount }))
    .sort((a, b) => (a.asset < b.asset ? -1 : 1));
}

/** How a fill moves the book: base, quote and fee, each against its own account. */
export function fillMovement(fill: Fill, venue: VenueId): CandidateMovement {
  const isBuy = fill.side === 'buy';
  const leg = (asset: string, amount: Fill['quantity'], from: ExternalAccount): CorrectionMovement => ({
    venue,
    asset,
    bucket: 'available',
    amount,
    from,
  });
  return {
    venueId: fill.id,
    movements: [
      leg(fill.base, isBuy ? fill.quantity : negate(fill.quantity), 'trade'),
      leg(fill.quote, isBuy ? negate(fill.quoteAmount) : fill.quoteAmount, 'trade'),
      leg(fill.fee.asset, negate(fill.fee.amount), 'fee'),
    ].filter(({ amount }) => amount !== '0'),
    fill: {
      venueId: fill.id,
      clientOrderId: fill.clientOrderId,
      orderId: fill.orderId,
      quantity: fill.quantity,
    },
  };
}
