import type { PlanReadiness } from '../../../actors/rebalancing-work.ts';
import { holdingOf } from '../../domain/book/book-state.ts';
import { type Amount, amount, isZero, multiply, ZERO } from '../../domain/money/amount.ts';
import type { PlanMarket, PlanVenue } from '../../domain/rebalancing/plan-input.ts';
import { parseTargets } from '../../domain/rebalancing/targets.ts';
import { type AssetId, isPerpetualAsset, type Market } from '../../domain/venue/venue.ts';
import { planLimitsOf } from '../limits-schema.ts';
import { carriesNotional, groupsOf, memoryOf, type Reading } from '../portfolio/read-standing.ts';
import type { VenueSettings } from '../portfolio/service-settings.ts';
import { inputWithinLimits } from './input-within-limits.ts';
import { ACTIVITY_UNREAD, riskStateOf } from './risk-state-of.ts';

/** Prices older than this are not planned with. */
const PRICE_AGE_MAX_MS = 60_000;
const BPS = amount('10000');

/** What a plan is made from: what the book holds at every venue, and the venues' markets as they were last read. */
export function planInputOf(reading: Reading): PlanReadiness {
  const { settings, nowMs } = reading;
  if (Object.keys(settings.targets).length === 0) return notReady('no targets are configured');
  const targets = parseTargets(settings.targets);
  if (targets.state === 'refused')
    return notReady(
      `targets: ${targets.problem.path} expected ${targets.problem.expected}, found ${targets.problem.found}`,
    );
  const obstacle = settings.venues.map((venue) => whyNotReady(venue, reading)).find((each) => each !== null);
  if (obstacle) return notReady(obstacle);
  const venues = settings.venues.flatMap((venue) => planVenue(venue, reading) ?? []);
  const group = groupsOf(settings);
  const limits = planLimitsOf(settings.limits);
  const assets = new Set(
    venues.flatMap((venue) => [
      venue.cashAsset,
      ...Object.keys(venue.holdings),
      ...venue.markets.map(({ asset }) => asset),
    ]),
  );
  const groups = Object.fromEntries([...assets].sort().map((asset) => [asset, group(asset)]));
  const wanted = {
    asOf: nowMs,
    reportingCurrency: 'USD',
    venues,
    groups,
    targets: targets.targets,
    limits,
    destination: 'target' as const,
  };
  const risk = riskStateOf(reading, wanted, ACTIVITY_UNREAD);
  return { state: 'ready', input: inputWithinLimits(wanted, risk, settings.limits) };
}

const notReady = (reason: string): PlanReadiness => ({ state: 'notReady', reason });

function whyNotReady({ venue, markets }: VenueSettings, { state, nowMs }: Reading): string | null {
  const memory = memoryOf(state, venue);
  if (memory.opening.state === 'unopened') return `${venue} is not open`;
  if (memory.lastReport?.status !== 'reconciled')
    return `${venue} is ${memory.lastReport?.status ?? 'not reconciled yet'}`;
  if (memory.gates?.mode !== 'active')
    return `${venue} is ${memory.gates?.mode ?? 'closed'}: ${memory.gates?.reason ?? ''}`;
  if (markets.length === 0) return null;
  const ageMs = memory.marketsAtMs === null ? null : nowMs - memory.marketsAtMs;
  return ageMs === null || ageMs > PRICE_AGE_MAX_MS
    ? `prices of ${venue} are ${ageMs === null ? 'unknown' : `${ageMs} ms old`}`
    : null;
}

/** A venue without a cash asset trades nothing: what it holds is valued and stays. */
function planVenue(at: VenueSettings, { state, settings }: Reading): PlanVenue | null {
  const { venue, cashAsset, markets: names } = at;
  if (cashAsset === null) return null;
  const memory = memoryOf(state, venue);
  const markets = memory.markets.filter(({ market, quote }) => names.includes(market) && quote === cashAsset);
  const holdings: Record<AssetId, Amount> = {};
  for (const { asset, available } of state.book.venues.get(venue)?.holdings.values() ?? []) {
    if (isPerpetualAsset(asset) && !carriesNotional(settings, venue)) continue;
    if (asset !== cashAsset && !isZero(available)) holdings[asset] = available;
  }
  return {
    id: venue,
    cashAsset,
    cash: holdingOf(state.book, venue, cashAsset).available,
    minCash: ZERO,
    takerFeeBps: ZERO,
    holdings,
    markets: markets.map((market) =>
      planMarket(market, memory.gates?.assets.find(({ asset }) => asset === market.base)?.isOpen ?? true),
    ),
  };
}

/** An asset whose gate is closed has no price to a plan: it is frozen, not sold and not bought. */
function planMarket(market: Market, isOpen: boolean): PlanMarket {
  const { base, takerFeeRate, initialMarginRate, isTradable } = market;
  const isPriced = isOpen && isTradable;
  return {
    asset: base,
    market: market.market,
    kind: market.kind,
    bid: isPriced ? market.bid : null,
    ask: isPriced ? market.ask : null,
    step: market.step,
    tick: market.tick,
    minQuantity: market.minQuantity,
    minNotional: market.minNotional,
    takerFeeBps: multiply(takerFeeRate, BPS),
    ...(initialMarginRate === undefined ? {} : { initialMarginRate }),
  };
}

export function cashAssetAt(venues: readonly VenueSettings[], venue: string): AssetId {
  const cashAsset = venues.find((each) => each.venue === venue)?.cashAsset;
  if (!cashAsset) throw new Error(`${venue} has a cash asset when it is traded at`);
  return cashAsset;
}
