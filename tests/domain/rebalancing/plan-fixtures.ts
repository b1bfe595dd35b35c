import type { Amount } from '../../../src/domain/money/amount.ts';
import { amount } from '../../../src/domain/money/amount.ts';
import { midOf } from '../../../src/domain/rebalancing/market-terms.ts';
import type { Plan } from '../../../src/domain/rebalancing/plan.ts';
import { planRebalance } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput, PlanMarket, PlanVenue } from '../../../src/domain/rebalancing/plan-input.ts';

const a = (text: string): Amount => amount(text);

interface MarketText {
  readonly asset: string;
  readonly market?: string;
  readonly bid: string;
  readonly ask: string;
  readonly step?: string;
  readonly tick?: string;
  readonly minQuantity?: string;
  readonly minNotional?: string;
  readonly kind?: 'spot' | 'perpetual';
}

export const market = (text: MarketText): PlanMarket => ({
  asset: text.asset,
  market: text.market ?? `${text.asset}-USD`,
  kind: text.kind ?? 'spot',
  bid: a(text.bid),
  ask: a(text.ask),
  step: a(text.step ?? '0.00000001'),
  tick: a(text.tick ?? '0.01'),
  minQuantity: a(text.minQuantity ?? '0.00000001'),
  minNotional: a(text.minNotional ?? '1'),
});

export const venue = (text: {
  readonly id: string;
  readonly cash: string;
  readonly cashAsset?: string;
  readonly minCash?: string;
  readonly takerFeeBps?: string;
  readonly holdings?: Readonly<Record<string, string>>;
  readonly markets: readonly PlanMarket[];
}): PlanVenue => ({
  id: text.id,
  cashAsset: text.cashAsset ?? 'USD',
  cash: a(text.cash),
  minCash: a(text.minCash ?? '0'),
  takerFeeBps: a(text.takerFeeBps ?? '60'),
  holdings: Object.fromEntries(Object.entries(text.holdings ?? {}).map(([asset, q]) => [asset, a(q)])),
  markets: text.markets,
  ...perpetualsOf(text.markets),
});

/** As the largest markets of dYdX have them: 5 % and 3 %, and 1.5 % an hour of funding at the most. */
export const PERPETUAL_TERMS = {
  state: 'known',
  initialMarginRate: a('0.05'),
  maintenanceMarginRate: a('0.03'),
  funding: { intervalMs: 3_600_000, rateMax: a('0.015') },
} as const;

function perpetualsOf(markets: readonly PlanMarket[]): Pick<PlanVenue, 'perpetuals'> {
  const perpetuals = markets.filter(({ kind }) => kind === 'perpetual');
  if (perpetuals.length === 0) return {};
  return {
    perpetuals: perpetuals.map((each) => ({
      asset: each.asset,
      price: midOf(each),
      terms: PERPETUAL_TERMS,
    })),
  };
}

/** About 100 000 dollars at three venues of the demo's shape, away from its targets. */
export const demoInput: PlanInput = {
  asOf: '2025-01-02T00:00:00Z',
  reportingCurrency: 'USD',
  venues: [
    venue({
      id: 'coinbase',
      cash: '6000',
      minCash: '50',
      takerFeeBps: '60',
      holdings: { BTC: '0.32', ETH: '2.1' },
      markets: [
        market({ asset: 'BTC', bid: '94990', ask: '95010' }),
        market({ asset: 'ETH', bid: '3339', ask: '3341' }),
      ],
    }),
    venue({
      id: 'dydx',
      cashAsset: 'USDC',
      cash: '18000',
      minCash: '50',
      takerFeeBps: '5',
      holdings: { 'perpetual:BTC-USD': '0.1', 'perpetual:ETH-USD': '0.5' },
      markets: [
        market({
          asset: 'perpetual:BTC-USD',
          market: 'BTC-USD',
          kind: 'perpetual',
          bid: '94980',
          ask: '95000',
          step: '0.0001',
          tick: '1',
          minQuantity: '0.0001',
          minNotional: '0',
        }),
        market({
          asset: 'perpetual:ETH-USD',
          market: 'ETH-USD',
          kind: 'perpetual',
          bid: '3338',
          ask: '3340',
          step: '0.001',
          tick: '0.1',
          minQuantity: '0.001',
          minNotional: '0',
        }),
      ],
    }),
    venue({
      id: 'solana',
      cashAsset: 'USDC',
      cash: '2500',
      minCash: '50',
      takerFeeBps: '30',
      holdings: { SOL: '128' },
      markets: [
        market({
          asset: 'SOL',
          market: 'SOL/USDC',
          bid: '191.9',
          ask: '192.1',
          step: '0.000001',
          tick: '0.000001',
        }),
      ],
    }),
  ],
  groups: {
    BTC: 'BTC',
    ETH: 'ETH',
    SOL: 'SOL',
    USD: 'CASH',
    USDC: 'CASH',
    'perpetual:BTC-USD': 'BTC',
    'perpetual:ETH-USD': 'ETH',
  },
  targets: { BTC: 350_000, ETH: 250_000, SOL: 200_000, CASH: 200_000 },
  limits: { maxSlippageBps: a('20'), minTradeUsd: a('10') },
  destination: 'target',
};

export function planned(input: PlanInput): Plan {
  const outcome = planRebalance(input);
  if (outcome.state !== 'planned') throw new Error(JSON.stringify(outcome));
  return outcome.plan;
}
