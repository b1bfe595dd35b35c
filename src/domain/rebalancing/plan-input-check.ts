import { type Amount, compare, isLess, isZero, ZERO } from '../money/amount.ts';
import { amountProblem } from './amount-problem.ts';
import { findBandProblem } from './bands/band-rules.ts';
import { findDestinationProblem } from './bands/destination.ts';
import { type InputProblem, inputProblem } from './input-problem.ts';
import type { PlanInput, PlanLimits, PlanMarket, PlanVenue } from './plan-input.ts';
import { findPerpetualProblem } from './plan-perpetual-check.ts';
import { findPlanTaxProblem } from './plan-tax-check.ts';
import { CASH, findTargetProblem } from './targets.ts';

/** The first thing that makes an input unfit to plan with, or null. */
export function findPlanInputProblem(input: PlanInput): InputProblem | null {
  const ofDestination = destinationProblem(input);
  if (ofDestination !== null) return ofDestination;
  const ofLimits = limitsProblem(input.limits);
  if (ofLimits !== null) return ofLimits;
  const ofTargets = findTargetProblem(input.targets);
  if (ofTargets !== null) return ofTargets;
  const { scope } = input;
  if (scope !== undefined && !isScope(scope))
    return inputProblem(
      'scope',
      'flowFirst with buysOnly or sellsOnly, or reduceOnly',
      JSON.stringify(scope),
    );
  if (input.venues.length === 0) return inputProblem('venues', 'at least one venue', 'none');
  const ids = new Set<string>();
  for (const [index, venue] of input.venues.entries()) {
    const path = `venues[${index}]`;
    if (ids.has(venue.id)) return inputProblem(`${path}.id`, 'a venue named once', venue.id);
    if (isTaken(venue.id)) return inputProblem(`${path}.id`, NAME, venue.id);
    ids.add(venue.id);
    const problem = venueProblem(venue, path, input);
    if (problem !== null) return problem;
  }
  const ofTax = input.tax === undefined ? null : findPlanTaxProblem(input.tax, [...ids]);
  return ofTax ?? groupWithoutMarket(input);
}

const isScope = (scope: NonNullable<PlanInput['scope']>): boolean =>
  scope.kind === 'reduceOnly' ||
  (scope.kind === 'flowFirst' && (scope.side === 'buysOnly' || scope.side === 'sellsOnly'));

/** Names that every object has of itself: what is kept by name would be mixed up with them. */
const isTaken = (name: string): boolean => name in Object.prototype;
const NAME = 'a name that no object has of itself';

/** A destination before the target is one of a band. */
function destinationProblem({ destination, bands, targets }: PlanInput): InputProblem | null {
  const problem = findDestinationProblem(destination);
  if (problem !== null) return problem;
  if (bands !== undefined) return findBandProblem(bands, targets);
  return destination === 'target'
    ? null
    : inputProblem('bands', 'bands where the destination is not the target', 'none');
}

function venueProblem(venue: PlanVenue, path: string, input: PlanInput): InputProblem | null {
  if (input.groups[venue.cashAsset] !== CASH) {
    const found = input.groups[venue.cashAsset] ?? 'no group';
    return inputProblem(
      `${path}.cashAsset`,
      `an asset of the group ${CASH}`,
      `${venue.cashAsset} of ${found}`,
    );
  }
  const hasPerpetuals =
    (venue.perpetuals ?? []).length > 0 || venue.markets.some((market) => market.kind === 'perpetual');
  const problem =
    amountProblem(`${path}.cash`, venue.cash, hasPerpetuals ? 'any' : 'notNegative') ??
    amountProblem(`${path}.minCash`, venue.minCash, 'notNegative') ??
    feeProblem(`${path}.takerFeeBps`, venue.takerFeeBps) ??
    (venue.cashUnit === undefined ? null : amountProblem(`${path}.cashUnit`, venue.cashUnit, 'notNegative'));
  if (problem !== null) return problem;
  if (
    venue.partialFillsMax !== undefined &&
    !(Number.isSafeInteger(venue.partialFillsMax) && venue.partialFillsMax > 0)
  ) {
    return inputProblem(`${path}.partialFillsMax`, 'a whole number above zero', venue.partialFillsMax);
  }
  const assets = new Set<string>();
  for (const [index, market] of venue.markets.entries()) {
    const marketPath = `${path}.markets[${index}]`;
    if (isTaken(market.asset)) return inputProblem(`${marketPath}.asset`, NAME, market.asset);
    if (assets.has(market.asset))
      return inputProblem(`${marketPath}.asset`, 'one market per asset', market.asset);
    assets.add(market.asset);
    const ofMarket = marketProblem(market, marketPath, venue, input);
    if (ofMarket !== null) return ofMarket;
  }
  return holdingsProblem(venue, `${path}.holdings`, input) ?? findPerpetualProblem(venue, path);
}

function holdingsProblem(venue: PlanVenue, path: string, input: PlanInput): InputProblem | null {
  for (const [asset, quantity] of Object.entries(venue.holdings)) {
    const isSigned =
      venue.markets.some((market) => market.asset === asset && market.kind === 'perpetual') ||
      (venue.perpetuals ?? []).some((perpetual) => perpetual.asset === asset);
    const problem = amountProblem(`${path}.${asset}`, quantity, isSigned ? 'any' : 'notNegative');
    if (problem !== null) return problem;
    if (asset === venue.cashAsset)
      return inputProblem(`${path}.${asset}`, "the venue's cash under `cash` alone", quantity);
    if (input.groups[asset] === undefined)
      return inputProblem(`${path}.${asset}`, 'an asset with a group', asset);
  }
  return null;
}

function marketProblem(
  market: PlanMarket,
  path: string,
  venue: PlanVenue,
  input: PlanInput,
): InputProblem | null {
  if (input.groups[market.asset] === undefined)
    return inputProblem(`${path}.asset`, 'an asset with a group', market.asset);
  if (market.asset === venue.cashAsset)
    return inputProblem(`${path}.asset`, "an asset other than the venue's cash", market.asset);
  const problem =
    amountProblem(`${path}.step`, market.step, 'positive') ??
    amountProblem(`${path}.tick`, market.tick, 'positive') ??
    amountProblem(`${path}.minQuantity`, market.minQuantity, 'notNegative') ??
    amountProblem(`${path}.minNotional`, market.minNotional, 'notNegative') ??
    (market.takerFeeBps === undefined ? null : feeProblem(`${path}.takerFeeBps`, market.takerFeeBps)) ??
    (market.orderMaxUsd === undefined
      ? null
      : amountProblem(`${path}.orderMaxUsd`, market.orderMaxUsd, 'notNegative'));
  if (problem !== null) return problem;
  if (market.bid === null && market.ask === null) return null;
  if (market.bid === null) return inputProblem(`${path}.bid`, 'a price where ask has one', 'null');
  if (market.ask === null) return inputProblem(`${path}.ask`, 'a price where bid has one', 'null');
  const ofPrice =
    amountProblem(`${path}.bid`, market.bid, 'positive') ??
    amountProblem(`${path}.ask`, market.ask, 'positive');
  if (ofPrice !== null) return ofPrice;
  if (isLess(market.ask, market.bid))
    return inputProblem(`${path}.bid`, `at most the ask ${market.ask}`, market.bid);
  if (isLess(market.bid, market.tick))
    return inputProblem(`${path}.tick`, `at most the bid ${market.bid}`, market.tick);
  return null;
}

function limitsProblem(limits: PlanLimits): InputProblem | null {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    const problem = amountProblem(`limits.${name}`, value, 'notNegative');
    if (problem !== null) return problem;
  }
  if (limits.maxOrderUsd !== undefined && isZero(limits.maxOrderUsd))
    return inputProblem('limits.maxOrderUsd', 'above zero', '0');
  const percent = limits.minCashPct ?? ZERO;
  if (compare(percent, '100' as Amount) > 0)
    return inputProblem('limits.minCashPct', 'at most 100 percent', percent);
  const slippageBps = limits.maxSlippageBps ?? ZERO;
  if (compare(slippageBps, TEN_THOUSAND) >= 0)
    return inputProblem('limits.maxSlippageBps', 'less than 10000', slippageBps);
  return null;
}

/** A group that is wanted but trades nowhere can never be reached. */
function groupWithoutMarket(input: PlanInput): InputProblem | null {
  const traded = new Set<string>([CASH]);
  for (const venue of input.venues)
    for (const market of venue.markets) traded.add(input.groups[market.asset] ?? '');
  for (const [group, ppm] of Object.entries(input.targets)) {
    if (ppm > 0 && !traded.has(group))
      return inputProblem(`targets.${group}`, 'a group with a market at some venue', 'none');
  }
  return null;
}

const TEN_THOUSAND = '10000' as Amount;

function feeProblem(path: string, feeBps: Amount): InputProblem | null {
  const problem = amountProblem(path, feeBps, 'notNegative');
  if (problem !== null) return problem;
  return isLess(feeBps, TEN_THOUSAND) ? null : inputProblem(path, 'a fee below 10000 basis points', feeBps);
}
