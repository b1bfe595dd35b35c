import { type Amount, amount, isPositive } from '../../../src/domain/money/amount.ts';
import { unreserved, type VenueCash } from '../../../src/domain/rebalancing/cash-protocol.ts';
import {
  collateralReservationFor,
  fillsMaxOf,
  reservationFor,
  sellReservationFor,
} from '../../../src/domain/rebalancing/reservation.ts';
import type { Random } from '../../../src/platform/random.ts';
import { below } from '../fuzz/draw.ts';
import {
  BASE_MICROS_PER_LOT,
  type CashScript,
  FEE_PARTS,
  MICROS_PER_LOT_TICK,
  signOf,
  stressPerLot,
} from './cash-script.ts';
import type { Ledger } from './cash-world.ts';
import { microsOf, textOfMicros } from './micros.ts';

export interface CashOrder {
  readonly name: string;
  readonly planner: number;
  readonly side: 'buy' | 'sell';
  readonly lots: number;
  readonly limit: number;
  readonly filledShare: number;
  /** What must be set aside before it is sent, in the order in which that is asked for. */
  readonly reserved: readonly (readonly [Ledger, Amount])[];
  /** What it would bring at its limit. */
  readonly plannedProceeds: number;
  state: 'sized' | 'reserved' | 'working' | 'unknown' | 'ended';
  /** At the venue. */
  isLive: boolean;
  fillableLots: number;
  filledLots: number;
  fills: number;
}

interface Sizing {
  readonly side: 'open' | 'close';
  readonly share: number;
  readonly filledShare: number;
  readonly name: string;
  readonly planner: number;
  readonly price: number;
  readonly book: Readonly<Record<Ledger, VenueCash>>;
  /** Sized by what there was before another one took it, or simply wrong. */
  readonly isTooLarge: boolean;
  readonly countsFills: boolean;
}

const ONE_LOT = textOfMicros(BASE_MICROS_PER_LOT);

/** As large as what is not reserved allows, by plain estimates; what it reserves is computed by the product. */
export function sizeOrder(script: CashScript, sizing: Sizing): CashOrder | null {
  const { side: direction, share, price, book, isTooLarge, countsFills } = sizing;
  const isOpenedByBuys = script.kind !== 'perpetual' || signOf(script.position) > 0;
  const side = (direction === 'open') === isOpenedByBuys ? 'buy' : 'sell';
  const limit = limitOf(script, side, price);
  const free = microsOf(unreserved(book[direction === 'open' ? 'money' : 'base']));
  const perLot =
    direction === 'open' ? neededPerLot(script, { side, limit, countsFills }) : BASE_MICROS_PER_LOT;
  const spare = direction === 'open' ? 3 * script.unit : 0;
  const affordable = Math.floor((Math.max(0, free - spare) * share) / perLot);
  const lots = isTooLarge ? Math.ceil(affordable * 1.2) + 1 : affordable;
  if (lots < script.minLots) return null;
  const terms: Terms = { side, lots, limit };
  const money = moneyFor(script, { ...terms, fillsMax: countsFills ? fillsMax(script, lots) : 1 });
  const base = textOfMicros(lots * BASE_MICROS_PER_LOT);
  const reserved =
    direction === 'open'
      ? ([['money', money]] as const)
      : ([
          ['base', base],
          ['money', money],
        ] as const);
  return {
    ...terms,
    name: sizing.name,
    planner: sizing.planner,
    filledShare: sizing.filledShare,
    reserved: reserved.filter(([, wanted]) => isPositive(wanted)),
    plannedProceeds: direction === 'close' ? proceedsOf(script, terms) : 0,
    state: 'sized',
    isLive: false,
    fillableLots: 0,
    filledLots: 0,
    fills: 0,
  };
}

export function orderOf(
  orders: readonly CashOrder[],
  state: CashOrder['state'],
  random: Random,
): CashOrder | null {
  const found = orders.filter((order) => order.state === state);
  return found[below(random, found.length)] ?? null;
}

function limitOf(script: CashScript, side: 'buy' | 'sell', price: number): number {
  const slip = (price * script.limitSlipBps) / FEE_PARTS;
  return side === 'buy' ? Math.ceil(price + slip) : Math.max(1, Math.floor(price - slip));
}

const fillsMax = (script: CashScript, lots: number): number =>
  fillsMaxOf({
    quantity: textOfMicros(lots * BASE_MICROS_PER_LOT),
    notional: amount('0'),
    minQuantity: textOfMicros(script.minLots * BASE_MICROS_PER_LOT),
    minNotional: amount('0'),
  });

interface Terms {
  readonly side: 'buy' | 'sell';
  readonly lots: number;
  readonly limit: number;
}

function moneyFor(
  script: CashScript,
  { side, lots, limit, fillsMax: most }: Terms & { readonly fillsMax: number },
): Amount {
  const isFeeInMoney = script.kind !== 'feeInBase' || side === 'sell';
  const terms = {
    quantity: textOfMicros(lots * BASE_MICROS_PER_LOT),
    limitPrice: hundredths(limit),
    feeRate: isFeeInMoney ? textOfMicros(script.feeBps * (1_000_000 / FEE_PARTS)) : amount('0'),
    cashUnit: textOfMicros(script.unit),
    fillsMax: most,
  };
  if (script.kind !== 'perpetual')
    return side === 'buy' ? reservationFor(terms) : sellReservationFor(terms, ONE_LOT);
  return collateralReservationFor({
    ...terms,
    side,
    position: script.position,
    worstMark: hundredths(script.worstMark),
    initialMarginRate: hundredths(script.margin),
  });
}

const hundredths = (count: number): Amount => textOfMicros(count * 10_000);

function neededPerLot(
  script: CashScript,
  {
    side,
    limit,
    countsFills,
  }: { readonly side: 'buy' | 'sell'; readonly limit: number; readonly countsFills: boolean },
): number {
  const value = limit * MICROS_PER_LOT_TICK;
  const fee = (value * script.feeBps) / FEE_PARTS;
  const rounding = countsFills ? (2 * script.unit) / script.minLots : 0;
  const stress = stressPerLot(script);
  const taken = side === 'buy' ? value + fee - stress : stress - value + fee;
  return Math.max(1, taken) + rounding;
}

function proceedsOf(script: CashScript, { side, lots, limit }: Terms): number {
  if (script.kind !== 'perpetual') return lots * limit * MICROS_PER_LOT_TICK;
  const value = lots * limit * MICROS_PER_LOT_TICK;
  const stress = lots * stressPerLot(script);
  return Math.max(0, Math.floor(side === 'sell' ? value - stress : stress - value));
}
