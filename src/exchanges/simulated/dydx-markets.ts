import { assert } from '../../domain/assert.ts';
import { type Amount, add, amount, divide, fromAtoms, toAtoms } from '../../domain/money/amount.ts';
import type { Market } from '../../domain/venue/venue.ts';

/** A perpetual market with what the chain counts it in. */
export interface DydxMarket extends Market {
  readonly clobPairId: number;
  readonly atomicResolution: number;
  readonly quantumConversionExponent: number;
  readonly stepBaseQuantums: number;
  readonly subticksPerTick: number;
  readonly oraclePrice: Amount;
}

/** As every market at dYdX has it. */
const QUANTUM_CONVERSION_EXPONENT = -9;
const QUOTE_RESOLUTION = -6;
/** Decimals of a quantum below those of a step, so that a step is a million quantums, as in most markets. */
const STEP_DECIMALS = 6;

/** The perpetual markets of a venue; their pair ids are their places in the list. */
export function dydxMarkets(markets: readonly Market[]): readonly DydxMarket[] {
  return markets
    .filter(({ kind }) => kind === 'perpetual')
    .map((market, clobPairId) => {
      const atomicResolution = -((market.step.split('.')[1]?.length ?? 0) + STEP_DECIMALS);
      const priceExponent = subtickExponent(atomicResolution);
      assert(priceExponent >= 0, `a tick of ${market.market} is a whole number of subticks`);
      return {
        ...market,
        clobPairId,
        atomicResolution,
        quantumConversionExponent: QUANTUM_CONVERSION_EXPONENT,
        stepBaseQuantums: Number(toAtoms(market.step, -atomicResolution)),
        subticksPerTick: Number(toAtoms(market.tick, priceExponent)),
        oraclePrice: divide(add(market.bid, market.ask), amount('2'), 18),
      };
    });
}

export function quantityOf(market: DydxMarket, quantums: string): Amount {
  return fromAtoms(quantums, -market.atomicResolution);
}

export function priceOf(market: DydxMarket, subticks: string): Amount {
  return fromAtoms(subticks, subtickExponent(market.atomicResolution));
}

function subtickExponent(atomicResolution: number): number {
  return atomicResolution - QUANTUM_CONVERSION_EXPONENT - QUOTE_RESOLUTION;
}
