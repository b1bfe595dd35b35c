import {
  type Amount,
  add,
  divide,
  isPositive,
  isZero,
  minimum,
  multiply,
  ONE,
  subtract,
  toNumber,
  ZERO,
} from '../../money/amount.ts';
import { termsOf } from '../lot-problem.ts';
import type { PlanInput } from '../plan-input.ts';
import { type AssetGroup, CASH } from '../targets.ts';
import { type Fact, known, unknown } from '../triggers/fact.ts';
import { hybridWidth } from '../triggers/judge-bands.ts';
import type { PricedMarket, Valuation } from '../valuation.ts';
import type { BandRules } from './band-rules.ts';
import { type BandInput, type ChosenBand, chooseBand, givenBand } from './choose-band.ts';

/** The band of a group, and what trading the group costs at the touch: fractions of what is traded. */
export interface GroupBand extends ChosenBand {
  readonly target: Amount;
  readonly buyCost: Amount;
  readonly sellCost: Amount;
  /** The smallest order in it, as a fraction of the portfolio. */
  readonly minTrade: Amount;
  /** Whether some market trades it; cash is what everything trades against. */
  readonly isTradable: boolean;
}

interface TradingCost {
  readonly buyCost: Amount;
  readonly sellCost: Amount;
  readonly minTradeUsd: Amount;
}

const DECIMALS = 20;
/** What cannot be traded is moved last: as dear as all that it is worth. */
const UNTRADABLE: TradingCost = { buyCost: ONE, sellCost: ONE, minTradeUsd: ZERO };

/**
 * The bands of all groups that can be valued. A round trip costs the fee and half the spread of the cheapest market
 * that buys and of the cheapest that sells; what slips beyond the touch is not known before it does. Cash is bought by
 * selling the others, at their mean cost by target. The portfolio is worth something.
 */
export function groupBands(
  rules: BandRules,
  input: PlanInput,
  valuation: Valuation,
): Readonly<Record<AssetGroup, GroupBand>> {
  const { groups, targetByGroup, nav } = valuation;
  const costs = new Map(groups.map((group) => [group, costOf(group, input, valuation)]));
  const traded = groups.flatMap((group) => costs.get(group) ?? []);
  const smallest = traded
    .map(({ minTradeUsd }) => minTradeUsd)
    .reduce(minimum, traded[0]?.minTradeUsd ?? ZERO);
  return Object.fromEntries(
    groups.map((group): [AssetGroup, GroupBand] => {
      const target = targetByGroup[group] ?? ZERO;
      const cost = costs.get(group) ?? null;
      const minTrade = divide(cost?.minTradeUsd ?? smallest, nav, DECIMALS, 'up');
      const bandInput: BandInput = {
        target,
        riskAversion: toNumber(rules.riskAversion),
        roundTripCost: group === CASH ? meanRoundTrip(valuation, costs) : roundTripOf(group, cost),
        fixedCost: known(toNumber(rules.fixedCostUsd) / toNumber(nav)),
        minTrade: known(toNumber(minTrade)),
        monitoring: monitoringOf(group, rules),
      };
      const { buyCost, sellCost } = group === CASH ? { buyCost: ZERO, sellCost: ZERO } : (cost ?? UNTRADABLE);
      const isTradable = group === CASH || cost !== null;
      return [group, { ...bandOf(group, rules, bandInput), target, buyCost, sellCost, minTrade, isTradable }];
    }),
  );
}

function bandOf(group: AssetGroup, { widths }: BandRules, input: BandInput): ChosenBand {
  if (widths === 'optimal') return chooseBand(input);
  const width = widths === 'hybrid' ? undefined : widths[group];
  if (width === 'optimal') return chooseBand(input);
  return width === undefined
    ? givenBand(input, hybridWidth(input.target), '5/25, as is asked for')
    : givenBand(input, width, 'as it was given');
}

/** Without a known volatility a band is that of continuous monitoring. */
function monitoringOf(group: AssetGroup, { monitoring }: BandRules): BandInput['monitoring'] {
  const volatility = monitoring?.volatility[group];
  return monitoring === undefined || volatility === undefined
    ? { kind: 'continuous' }
    : { kind: 'every', intervalMs: monitoring.intervalMs, volatility: known(volatility) };
}

function costOf(group: AssetGroup, input: PlanInput, { markets }: Valuation): TradingCost | null {
  const ofGroup = markets.filter((market) => market.group === group);
  const held = ofGroup.filter(({ held }) => isPositive(held));
  const buys = ofGroup.map(buyCostOf);
  const sells = (held.length > 0 ? held : ofGroup).map(sellCostOf);
  const smallest = ofGroup.map((market) => termsOf(market, input).notionalMin);
  const [buy, sell, minTrade] = [buys[0], sells[0], smallest[0]];
  if (buy === undefined || sell === undefined || minTrade === undefined) return null;
  return {
    buyCost: buys.reduce(minimum, buy),
    sellCost: sells.reduce(minimum, sell),
    minTradeUsd: smallest.reduce(minimum, minTrade),
  };
}

const buyCostOf = ({ ask, mid, feeRate }: PricedMarket): Amount =>
  subtract(divide(multiply(ask, add(ONE, feeRate)), mid, DECIMALS, 'half'), ONE);

const sellCostOf = ({ bid, mid, feeRate }: PricedMarket): Amount =>
  subtract(ONE, divide(multiply(bid, subtract(ONE, feeRate)), mid, DECIMALS, 'half'));

const roundTripOf = (group: AssetGroup, cost: TradingCost | null): Fact<number> =>
  cost === null
    ? unknown(`no market of ${group} has a price`)
    : known(toNumber(add(cost.buyCost, cost.sellCost)));

function meanRoundTrip(
  { groups, targetByGroup }: Valuation,
  costs: ReadonlyMap<AssetGroup, TradingCost | null>,
): Fact<number> {
  let [total, weight] = [0, 0];
  for (const group of groups) {
    const target = targetByGroup[group] ?? ZERO;
    if (group === CASH || isZero(target)) continue;
    const trip = roundTripOf(group, costs.get(group) ?? null);
    if (trip.state === 'unknown') return trip;
    total += toNumber(target) * trip.value;
    weight += toNumber(target);
  }
  return weight === 0 ? unknown('nothing but cash has a target') : known(total / weight);
}
