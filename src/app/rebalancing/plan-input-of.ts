import { holdingOf, totalOf } from '../../domain/book/book-state.ts';
import type { Holding } from '../../domain/book/book-view.ts';
import {
  type Amount,
  amount,
  isNegative,
  isZero,
  multiply,
  negate,
  ZERO,
} from '../../domain/money/amount.ts';
import { relativeVolatilities } from '../../domain/rebalancing/bands/relative-volatility.ts';
import { midOf } from '../../domain/rebalancing/market-terms.ts';
import type { PlanPerpetual } from '../../domain/rebalancing/perpetual-reserve.ts';
import type { PlanInput, PlanMarket, PlanVenue } from '../../domain/rebalancing/plan-input.ts';
import { type AssetGroup, CASH, type TargetWeights } from '../../domain/rebalancing/targets.ts';
import { withoutReturns } from '../../domain/rebalancing/triggers/drift.ts';
import { type Fact, known } from '../../domain/rebalancing/triggers/fact.ts';
import type { ResolvedTargets, TargetRecord } from '../../domain/strategies/resolve-targets.ts';
import { finestStep } from '../../domain/strategies/split-amount.ts';
import type { TargetBase } from '../../domain/strategies/targeting.ts';
import type { UnassignedDecision } from '../../domain/strategies/unassigned-policy.ts';
import { withUnassigned } from '../../domain/strategies/unassigned-targets.ts';
import { unknownTerms } from '../../domain/venue/perpetual-terms.ts';
import { type AssetId, isPerpetualAsset, type Market, type VenueId } from '../../domain/venue/venue.ts';
import { planLimitsOf } from '../limits-schema.ts';
import type { VenueMemory } from '../portfolio/portfolio-state.ts';
import { carriesNotional, groupsOf, memoryOf, type Reading } from '../portfolio/read-standing.ts';
import type { PlanningSettings, VenueSettings } from '../portfolio/service-settings.ts';
import { targetingOf, targetsOf } from '../targeting/targets-of.ts';
import { covarianceNow } from './covariance-now.ts';
import { inputWithinLimits } from './input-within-limits.ts';
import { ACTIVITY_UNREAD, riskStateOf } from './risk-state-of.ts';

/** Prices older than this are not planned with. */
const PRICE_AGE_MAX_MS = 60_000;
const BPS = amount('10000');

type TargetRefusal = Extract<ResolvedTargets, { readonly state: 'refused' }>['code'];

/** How a plan's targets came about, for the audit log and for people. */
export interface PlanTargeting extends TargetRecord {
  /** What becomes of each asset that no target names. */
  readonly unassigned: readonly UnassignedDecision[];
}

/** What a plan can be made from, or why it cannot. */
export type PlanReadiness =
  | { readonly state: 'ready'; readonly input: PlanInput; readonly targeting: PlanTargeting }
  /** `code` where it is for want of targets that it cannot. */
  | { readonly state: 'notReady'; readonly reason: string; readonly code?: TargetRefusal };

/** What a plan is made from: what the book holds at every venue, and the venues' markets as they were last read. */
export function planInputOf(reading: Reading): PlanReadiness {
  const { settings, nowMs } = reading;
  const resolved = targetsOf(settings, reading.state.targets, { nowMs, mode: settings.mode });
  if (resolved.state === 'none') return notReady('no targets are configured');
  if (resolved.state === 'refused') {
    const { path, expected, found } = resolved.problem;
    const reason = `targets: ${path} expected ${expected}, found ${found}`;
    return { state: 'notReady', reason, code: resolved.code };
  }
  const { record } = resolved;
  const obstacle = settings.venues.map((venue) => whyNotReady(venue, reading)).find((each) => each !== null);
  if (obstacle) return notReady(obstacle);
  const group = groupsOf(settings);
  const venues = settings.venues.flatMap((venue) => {
    const planned = planVenue(venue, reading);
    return planned === null ? [] : [whereAllowed(planned, record.venues, group)];
  });
  if (venues.length === 0) return notReady('no venue trades: wallets and statements are only read');
  const limits = planLimitsOf(settings.limits);
  const groups = groupsAt(venues, group);
  const { targets, decisions } = unassignedOf(reading, record, { venues, group });
  const { planning, notes } = planningOf(reading, targets);
  const wanted = {
    asOf: nowMs,
    reportingCurrency: 'USD',
    venues,
    groups,
    targets,
    limits,
    ...planning,
  };
  const risk = riskStateOf(reading, wanted, ACTIVITY_UNREAD);
  const input = inputWithinLimits(wanted, risk, settings.limits);
  const targeting = { ...record, notes: [...record.notes, ...notes], unassigned: decisions };
  return { state: 'ready', input, targeting };
}

/** What limits are judged by while a plan is carried out: the book as it is, and markets as last read, however old. */
export function presentVenuesOf(reading: Reading): Pick<PlanInput, 'venues' | 'groups'> {
  const venues = reading.settings.venues.flatMap((venue) => planVenue(venue, reading) ?? []);
  return { venues, groups: groupsAt(venues, groupsOf(reading.settings)) };
}

function groupsAt(venues: readonly PlanVenue[], group: (asset: AssetId) => string): PlanInput['groups'] {
  const assets = new Set(
    venues.flatMap((venue) => [
      venue.cashAsset,
      ...Object.keys(venue.holdings),
      ...venue.markets.map(({ asset }) => asset),
    ]),
  );
  return Object.fromEntries([...assets].sort().map((asset) => [asset, group(asset)]));
}

/** Without the markets of groups that no strategy lets be traded there: what is held there stays. */
function whereAllowed(
  venue: PlanVenue,
  allowed: TargetRecord['venues'],
  group: (asset: AssetId) => string,
): PlanVenue {
  const isAllowed = ({ asset }: PlanMarket): boolean => {
    const name = group(asset);
    return !Object.hasOwn(allowed, name) || (allowed[name] ?? []).includes(venue.id);
  };
  return { ...venue, markets: venue.markets.filter(isAllowed) };
}

/** What no target names, by the policy: as the venues hold it, in all. */
function unassignedOf(
  { settings }: Reading,
  { targets }: TargetRecord,
  { venues, group }: { readonly venues: readonly PlanVenue[]; readonly group: (asset: AssetId) => string },
) {
  const targeting = targetingOf(settings);
  const isConfigured = targeting !== null && !('problem' in targeting);
  const held = venues.flatMap(({ holdings }) =>
    Object.entries(holdings).map(([asset, quantity]) => ({ asset, quantity })),
  );
  const priced = venues.flatMap(({ markets }) =>
    markets.filter(({ bid, ask }) => bid !== null && ask !== null).map(({ asset }) => group(asset)),
  );
  return withUnassigned(targets, held, {
    policy: isConfigured ? targeting.unassigned : 'hold',
    strategies: isConfigured && targeting.base.kind === 'strategies' ? allocationsOf(targeting.base) : [],
    groupOf: group,
    isTraded: (name) => name !== CASH && priced.includes(name),
    stepOf: (asset) =>
      finestStep(held.filter((each) => each.asset === asset).map(({ quantity }) => quantity)),
  });
}

const allocationsOf = ({ strategies }: Extract<TargetBase, { readonly kind: 'strategies' }>) =>
  strategies.map(({ id, weightPpm, mixPpm }) => ({ id, weightPpm, mixPpm: mixPpm ?? {} }));

/** Bands are narrowed by what a weight moves between two checks; where that is configured and not known, notes say why. */
function planningOf(
  reading: Reading,
  targets: TargetWeights,
): { readonly planning: PlanningSettings; readonly notes: readonly string[] } {
  const { planning, triggers, returnsAgeMaxMs } = reading.settings;
  if (planning?.bands === undefined) return { planning: planning ?? { destination: 'target' }, notes: [] };
  if (triggers === undefined || returnsAgeMaxMs === undefined) return { planning, notes: [] };
  const volatility = volatilityNow(reading, targets);
  if (volatility.state === 'unknown')
    return { planning, notes: [`bands are as wide as without checks that lie apart: ${volatility.reason}`] };
  const monitoring = { intervalMs: triggers.checkIntervalMs, volatility: volatility.value };
  return { planning: { ...planning, bands: { ...planning.bands, monitoring } }, notes: [] };
}

/** Of one group without returns nothing moves that is known: every other one is measured against it. */
function volatilityNow(reading: Reading, targets: TargetWeights): Fact<Readonly<Record<AssetGroup, number>>> {
  const covariance = covarianceNow(reading);
  if (covariance.state === 'unknown') return covariance;
  const { value } = covariance;
  const wanted = Object.keys(targets).filter((group) => group !== CASH && (targets[group] ?? 0) > 0);
  const without = wanted.find((group) => !value.groups.includes(group));
  return without === undefined ? known(relativeVolatilities(targets, value)) : withoutReturns(value, without);
}

const notReady = (reason: string): PlanReadiness => ({ state: 'notReady', reason });

function whyNotReady({ venue, markets }: VenueSettings, { state, nowMs }: Reading): string | null {
  const memory = memoryOf(state, venue);
  if (memory.opening.state === 'unopened') return `${venue} is not open`;
  if (memory.lastReport?.status !== 'reconciled')
    return `${venue} is ${memory.lastReport?.status ?? 'not reconciled yet'}`;
  if (memory.gates?.mode !== 'active')
    return `${venue} is ${memory.gates?.mode ?? 'closed'}: ${memory.gates?.reason ?? ''}`;
  if (markets.length === 0 || arePricesFresh(memory, nowMs)) return null;
  const { marketsAtMs } = memory;
  return `prices of ${venue} are ${marketsAtMs === null ? 'unknown' : `${nowMs - marketsAtMs} ms old`}`;
}

/** Venues whose prices a plan would not take. */
export const venuesWithStalePrices = ({ state, settings, nowMs }: Reading): readonly VenueId[] =>
  settings.venues
    .filter(({ venue, markets }) => markets.length > 0 && !arePricesFresh(memoryOf(state, venue), nowMs))
    .map(({ venue }) => venue);

const arePricesFresh = ({ marketsAtMs }: Pick<VenueMemory, 'marketsAtMs'>, nowMs: number): boolean =>
  marketsAtMs !== null && nowMs - marketsAtMs <= PRICE_AGE_MAX_MS;

/** A venue without a cash asset trades nothing: what it holds is valued and stays. */
function planVenue(at: VenueSettings, { state, settings }: Reading): PlanVenue | null {
  const { venue, cashAsset, markets: names } = at;
  if (cashAsset === null) return null;
  const memory = memoryOf(state, venue);
  const markets = memory.markets.filter(({ market, quote }) => names.includes(market) && quote === cashAsset);
  const holdings: Record<AssetId, Amount> = {};
  const held = [...(state.book.venues.get(venue)?.holdings.values() ?? [])].filter(
    ({ asset }) => !isPerpetualAsset(asset) || carriesNotional(settings, venue),
  );
  for (const { asset, available } of held) {
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
    ...perpetualsOf(markets, held, holdingOf(state.book, venue, cashAsset).accrued),
  };
}

/** What is open or trades, whether or not the plan may trade it; nothing where there are no perpetuals. */
function perpetualsOf(
  markets: readonly Market[],
  held: readonly Holding[],
  accrued: Amount,
): Pick<PlanVenue, 'perpetuals' | 'fundingOwed'> {
  const traded = markets.filter(({ kind }) => kind === 'perpetual');
  const open = held.filter((holding) => isPerpetualAsset(holding.asset) && !isZero(totalOf(holding)));
  const assets = [
    ...new Set([...open, ...traded.map(({ base }) => ({ asset: base }))].map(({ asset }) => asset)),
  ];
  if (assets.length === 0) return {};
  const perpetuals = assets.sort().map((asset): PlanPerpetual => {
    const market = traded.find(({ base }) => base === asset);
    const onHold = open.find((holding) => holding.asset === asset)?.hold ?? ZERO;
    const known =
      market === undefined
        ? { price: null, terms: unknownTerms('its market is not among those that are read') }
        : {
            price: midOf(market),
            terms: market.perpetualTerms ?? unknownTerms('the venue says nothing of it'),
          };
    return { asset, ...known, ...(isZero(onHold) ? {} : { onHold }) };
  });
  return { perpetuals, ...(isNegative(accrued) ? { fundingOwed: negate(accrued) } : {}) };
}

/** An asset whose gate is closed has no price to a plan: it is frozen, not sold and not bought. */
function planMarket(market: Market, isOpen: boolean): PlanMarket {
  const { base, takerFeeRate, isTradable } = market;
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
  };
}

export function cashAssetAt(venues: readonly VenueSettings[], venue: string): AssetId {
  const cashAsset = venues.find((each) => each.venue === venue)?.cashAsset;
  if (!cashAsset) throw new Error(`${venue} has a cash asset when it is traded at`);
  return cashAsset;
}
