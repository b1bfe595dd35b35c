import {
  BASE_MICROS_PER_LOT,
  type CashScript,
  FEE_PARTS,
  MICROS_PER_LOT_TICK,
  signOf,
} from './cash-script.ts';

/** What one fill really moves at the venue. */
export interface Charge {
  /** Money that leaves the account; below zero where it comes in. */
  readonly money: number;
  /** Base micros that come in, of a position those that are opened; below zero where they leave. */
  readonly base: number;
}

/**
 * What the venue charges for one fill: cost and fee rounded up to its unit and proceeds down, each by itself. The fee
 * is on the exact value of what was traded.
 */
export function chargeOf(
  script: CashScript,
  { side, lots, price }: { readonly side: 'buy' | 'sell'; readonly lots: number; readonly price: number },
): Charge {
  const value = lots * price * MICROS_PER_LOT_TICK;
  const base = lots * BASE_MICROS_PER_LOT;
  const fee = roundedUp(partOf(value, script.feeBps), script.unit);
  const moved = opens(script, side) ? base : -base;
  if (side === 'sell') return { money: fee - Math.floor(value / script.unit) * script.unit, base: moved };
  const cost = roundedUp(value, script.unit);
  return script.kind === 'feeInBase'
    ? { money: cost, base: base - partOf(base, script.feeBps) }
    : { money: cost + fee, base: moved };
}

/** The lots of a position are counted up from nothing, long or short: a sell opens a short one. */
export const opens = (script: CashScript, side: 'buy' | 'sell'): boolean =>
  (side === 'buy') === (script.kind !== 'perpetual' || signOf(script.position) > 0);

/** A part of a whole number, rounded up to one of the smallest unit. */
const partOf = (whole: number, parts: number): number => Math.ceil((whole * parts) / FEE_PARTS);

const roundedUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;
