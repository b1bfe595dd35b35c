import { type Amount, multiply, round, toAtoms } from '../../domain/money/amount.ts';
import type { OrderInstruction } from '../../domain/venue/order.ts';
import type { AssetId } from '../../domain/venue/venue.ts';
import type { PairDecimals } from './read-markets.ts';
import type { Pair } from './token-registry.ts';

/** An instruction in the chain's integers: what may go in at most and must come out at least. */
export interface SwapTerms {
  readonly state: 'terms';
  readonly inputAsset: AssetId;
  readonly outputAsset: AssetId;
  /** A sell gives exactly its quantity; a buy receives exactly its quantity. */
  readonly mode: 'ExactIn' | 'ExactOut';
  readonly inAtomsMax: bigint;
  readonly outAtomsMin: bigint;
}

export interface Denial {
  readonly state: 'deniedLocally';
  readonly reason: string;
}

/** The terms that hold the limit exactly: a sell's proceeds are rounded up, a buy's cost is rounded down. */
export function termsOf(
  instruction: OrderInstruction,
  pair: Pair,
  decimals: PairDecimals,
): SwapTerms | Denial {
  const { quantity, limitPrice, side } = instruction;
  if (isFiner(quantity, decimals.base)) {
    return denied(`quantity ${quantity} is finer than the ${decimals.base} decimals of ${pair.base}`);
  }
  const quantityAtoms = toAtoms(quantity, decimals.base);
  const value = round(multiply(quantity, limitPrice), decimals.quote, side === 'sell' ? 'up' : 'down');
  const valueAtoms = toAtoms(value, decimals.quote);
  if (quantityAtoms <= 0n || valueAtoms <= 0n) {
    return denied(`${quantity} at ${limitPrice} is expected to be worth more than nothing`);
  }
  return side === 'sell'
    ? {
        state: 'terms',
        inputAsset: pair.base,
        outputAsset: pair.quote,
        mode: 'ExactIn',
        inAtomsMax: quantityAtoms,
        outAtomsMin: valueAtoms,
      }
    : {
        state: 'terms',
        inputAsset: pair.quote,
        outputAsset: pair.base,
        mode: 'ExactOut',
        inAtomsMax: valueAtoms,
        outAtomsMin: quantityAtoms,
      };
}

export const denied = (reason: string): Denial => ({ state: 'deniedLocally', reason });

function isFiner(quantity: Amount, decimals: number): boolean {
  return round(quantity, decimals, 'down') !== quantity;
}
