import { type Amount, amount } from '../../../src/domain/money/amount.ts';
import type { PlanOrder } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanVenue } from '../../../src/domain/rebalancing/plan-input.ts';
import { startDrawdown } from '../../../src/domain/risk/drawdown-state.ts';
import { NEVER_PULLED } from '../../../src/domain/risk/kill-switch.ts';
import type { RiskEvaluation, RiskFinding, RiskLimitName } from '../../../src/domain/risk/risk-evaluation.ts';
import type { RiskOrder } from '../../../src/domain/risk/risk-order.ts';
import { known, type RiskState } from '../../../src/domain/risk/risk-state.ts';
import { market, venue } from '../rebalancing/plan-fixtures.ts';

export const NOW_MS = 1_750_000_000_000;

export const a = (text: string | number): Amount => amount(String(text));

/** Prices of one dollar without spread and fee, so that quantities are values. */
export const unitMarket = (asset: string) => market({ asset, bid: '1', ask: '1', step: '0.01' });

export const unitVenue = (
  id: string,
  cash: string | number,
  holdings: Readonly<Record<string, string | number>>,
  assets: readonly string[] = Object.keys(holdings),
): PlanVenue =>
  venue({
    id,
    cash: String(cash),
    takerFeeBps: '0',
    holdings: Object.fromEntries(Object.entries(holdings).map(([asset, held]) => [asset, String(held)])),
    markets: assets.map(unitMarket),
  });

/** A state of which everything is known but a second source of prices, and nothing is wrong: fresh, reconciled, idle. */
export function stateOf(venues: readonly PlanVenue[], more: Partial<RiskState> = {}): RiskState {
  const assets = new Set(
    venues.flatMap(({ cashAsset, holdings, markets }) => [
      cashAsset,
      ...Object.keys(holdings),
      ...markets.map(({ asset }) => asset),
    ]),
  );
  const cashAssets = new Set(venues.map(({ cashAsset }) => cashAsset));
  return {
    nowMs: NOW_MS,
    venues,
    groups: Object.fromEntries(
      [...assets].map((asset) => [asset, cashAssets.has(asset) ? 'CASH' : (asset.split('/')[0] ?? asset)]),
    ),
    elsewhere: [],
    lastPrices: {},
    clusters: known({}),
    volumes: venues.flatMap(({ id, markets }) =>
      markets.map(({ market: name }) => ({ venue: id, market: name, dayUsd: a('1000000000') })),
    ),
    traded: known([]),
    ordersSentAtMs: known([]),
    drawdown: known(startDrawdown({ index: a('1'), atMs: NOW_MS })),
    day: known({ pnlUsd: a('0'), startUsd: a('1000'), haltedAtMs: null }),
    quotes: venues.flatMap(({ id, markets }) =>
      markets.flatMap(({ asset, bid }) =>
        bid === null
          ? []
          : [
              {
                venue: id,
                asset,
                price: bid,
                observedAtMs: NOW_MS,
                isIlliquid: false,
                earlier: { price: bid, agoMs: 60_000 },
              },
            ],
      ),
    ),
    stablecoins: {},
    reconciliations: Object.fromEntries(
      venues.map(({ id }) => [id, known({ status: 'reconciled' as const, atMs: NOW_MS })]),
    ),
    plansInFlight: known(0),
    killSwitch: NEVER_PULLED,
    ...more,
  };
}

/** An order at one dollar. */
export const order = (
  sequence: number,
  side: 'buy' | 'sell',
  quantity: string | number,
  { venue: at = 'v', asset = 'A', fundedBy = [] as readonly number[] } = {},
): RiskOrder => ({
  sequence,
  venue: at,
  market: `${asset}-USD`,
  asset,
  group: asset.split('/')[0] ?? asset,
  side,
  quantity: a(quantity),
  limitPrice: a('1'),
  notionalUsd: a(quantity),
  fundedBy,
});

export const planOrder = (of: RiskOrder): PlanOrder => ({ ...of, reason: '', bindingConstraint: '' });

export const ofLimit = <T extends RiskEvaluation | RiskFinding>(
  evaluations: readonly T[],
  limit: RiskLimitName | 'killSwitch',
): readonly T[] => evaluations.filter((each) => each.limit === limit);
