import type { Lot } from './lot.ts';
import type { Disposal } from './lot-event.ts';
import type { LotRules } from './lot-rules.ts';
import { leastTaxFirst, refuseTaking, type Taking, takeInOrder, takeNamed, takeOldest } from './take-lots.ts';

/** What a sale takes from a pool in its method's order: the lots that it names, or those that the method chooses. */
export function takeForSale(
  pool: readonly Lot[],
  { quantity, proceeds, atMs, lots }: Pick<Disposal, 'quantity' | 'proceeds' | 'atMs' | 'lots'>,
  rules: LotRules,
): Taking {
  const { method } = rules;
  if (lots && method === 'average')
    return refuseTaking('lots', 'no lots: at average cost they are alike', 'lots');
  if (lots) return takeNamed(pool, lots, quantity);
  if (method === 'specific') return refuseTaking('lots', 'the lots that are sold', 'none');
  if (method !== 'mintax') return takeInOrder(pool, pool, quantity);
  if (proceeds.state === 'unknown' && rules.unpriced === 'oldest') return takeOldest(pool, quantity);
  if (proceeds.state === 'unknown')
    return refuseTaking('proceeds', 'what it brought, which mintax chooses by', 'unknown');
  const price = { amount: proceeds.amount, quantity };
  return takeInOrder(pool, leastTaxFirst(pool, { ...rules, price, atMs }), quantity);
}
