import type { Random } from '../../../src/platform/random.ts';
import { below, isDrawn, oneOf } from '../fuzz/draw.ts';

// What the fuzz of the cash protocol is told with. All numbers are whole and far below 2^53, so that the truth is exact
// without the arithmetic that is judged by it: money and base assets in micros (1e-6), quantities in lots of 0.01,
// prices in ticks of 0.01. A lot at one tick is 100 micros of money, and 10 000 micros of base.

export const MICROS_PER_LOT_TICK = 100;
export const BASE_MICROS_PER_LOT = 10_000;
export const MARGIN_PARTS = 100;
export const FEE_PARTS = 10_000;

/** `feeInBase`: the venue takes the fee of a buy from what was bought. */
export type VenueKind = 'spot' | 'feeInBase' | 'perpetual';

export interface Wish {
  /** When the market lets it fill, as a place in the path. */
  readonly step: number;
  /** Buys: of what can be spent. Sells: of what is held. Planners with the protocol share out what is there then. */
  readonly share: number;
  /** How much of the order the market takes. */
  readonly filledShare: number;
}

/** One history before anybody decides anything: the account, the market and what is wanted of it. */
export interface CashScript {
  readonly kind: VenueKind;
  readonly position: 'long' | 'short';
  /** The unit to which the venue rounds every cost and every fee up. */
  readonly unit: number;
  readonly feeBps: number;
  /** Parts of a hundred of the notional. */
  readonly margin: number;
  /** The account's money: with perpetuals the balance beside its position. */
  readonly money: number;
  readonly floor: number;
  readonly heldLots: number;
  readonly minLots: number;
  /** Market prices, each at most a jump from the one before. */
  readonly path: readonly number[];
  /** The worst mark that is reckoned with; no price of the path is worse. */
  readonly worstMark: number;
  readonly limitSlipBps: number;
  readonly sells: readonly Wish[];
  readonly buys: readonly Wish[];
  readonly fundingMax: number;
  /** Fills of the market's smallest size wherever it can. */
  readonly fillsAreSmall: boolean;
}

export const PATH_STEPS = 16;

/** Equal random sources give equal scripts. */
export function drawScript(random: Random): CashScript {
  const kind = oneOf(random, ['spot', 'spot', 'feeInBase', 'perpetual'] as const);
  const position = isDrawn(random, 0.5) ? 'long' : 'short';
  const margin = oneOf(random, [2, 5, 10, 20, 50]);
  // At low prices a lot costs about as much as rounding does.
  const first = isDrawn(random, 0.4) ? 10 + below(random, 200) : 200 + below(random, 50_000);
  const path = drawPath(random, first);
  const isPerpetual = kind === 'perpetual';
  const worstMark = isPerpetual && position === 'short' ? Math.max(...path) : Math.min(...path);
  const minLots = oneOf(random, [1, 1, 2, 5, 10]);
  const heldLots = isDrawn(random, 0.9) ? minLots * (10 + below(random, 200)) : 0;
  const unit = oneOf(random, [1, 100, 10_000, 10_000]);
  const orderSize = first * minLots * MICROS_PER_LOT_TICK;
  const wanted = Math.floor(orderSize * (1 + below(random, 60)) * (isPerpetual ? margin / MARGIN_PARTS : 1));
  const fundingMax = isPerpetual ? below(random, 1 + Math.floor(wanted / 4)) : 0;
  const valueAtWorst = heldLots * stressPerLot({ kind, position, margin, worstMark }) * signOf(position);
  const floor = isDrawn(random, 0.5) ? 0 : below(random, 1 + Math.floor(wanted / 4));
  return {
    kind,
    position,
    unit,
    feeBps: oneOf(random, [0, 10, 25, 40, 60, 100, 120]),
    margin,
    money: (isPerpetual ? -valueAtWorst : 0) + wanted + floor + fundingMax,
    floor,
    heldLots,
    minLots,
    path,
    worstMark,
    limitSlipBps: oneOf(random, [10, 50, 199, 500]),
    sells: heldLots === 0 ? [] : drawWishes(random, 1 + below(random, 2)),
    buys: drawWishes(random, 1 + below(random, 3)),
    fundingMax,
    fillsAreSmall: isDrawn(random, 0.35),
  };
}

export const signOf = (position: 'long' | 'short'): number => (position === 'long' ? 1 : -1);

/** What a lot is worth to an account with perpetuals at its worst mark, margin taken off; nothing elsewhere. */
export function stressPerLot(
  script: Pick<CashScript, 'kind' | 'position' | 'margin' | 'worstMark'>,
  mark: number = script.worstMark,
): number {
  if (script.kind !== 'perpetual') return 0;
  const parts = MARGIN_PARTS - signOf(script.position) * script.margin;
  return (mark * parts * MICROS_PER_LOT_TICK) / MARGIN_PARTS;
}

/** Small steps, and every now and then a jump. */
function drawPath(random: Random, first: number): readonly number[] {
  const path = [first];
  for (let price = first; path.length < PATH_STEPS; path.push(price)) {
    const sizeBps = isDrawn(random, 0.15) ? 3_000 : 150;
    price = Math.max(1, Math.round((price * (10_000 + below(random, 2 * sizeBps + 1) - sizeBps)) / 10_000));
  }
  return path;
}

/** Mostly all that there is, shared among them. */
function drawWishes(random: Random, count: number): readonly Wish[] {
  const all = isDrawn(random, 0.9) ? 1 : random.next();
  return Array.from({ length: count }, () => ({
    step: 1 + below(random, PATH_STEPS - 1),
    share: all / count,
    filledShare: isDrawn(random, 0.5) ? 1 : random.next(),
  }));
}
