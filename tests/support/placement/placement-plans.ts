import { amount } from '../../../src/domain/money/amount.ts';
import type { Plan } from '../../../src/domain/rebalancing/plan.ts';
import type { PlanInput } from '../../../src/domain/rebalancing/plan-input.ts';
import type { MarketRules } from '../../../src/exchanges/simulated/market-rules.ts';
import { market, planned, venue } from '../../domain/rebalancing/plan-fixtures.ts';

/** What is planned, and what the venues hold before. */
export interface PlacementShape {
  readonly name: string;
  readonly plan: Plan;
  readonly input: PlanInput;
}

const ASSETS = ['A', 'B', 'C'] as const;
const CASH_TO_KEEP = '20';
const TAKER_FEE_BPS = '10';

/** Real plans of one to four orders, made once: prices and holdings are the same in every run. */
export const SHAPES: readonly PlacementShape[] = [
  shape('one sell', ['north'], { cash: '20', held: '10', targets: { A: 500_000, CASH: 500_000 } }),
  shape('one buy', ['north'], { cash: '1000', held: '0', targets: { A: 500_000, CASH: 500_000 } }),
  shape('a sell and a buy', ['north'], { cash: '20', held: '10', targets: { B: 960_000, CASH: 40_000 } }),
  shape('a sell and two buys', ['north'], {
    cash: '20',
    held: '10',
    targets: { B: 480_000, C: 480_000, CASH: 40_000 },
  }),
  shape('a sell and a buy at two venues each', ['north', 'south'], {
    cash: '20',
    held: '10',
    targets: { B: 960_000, CASH: 40_000 },
  }),
];

function shape(
  name: string,
  venues: readonly string[],
  {
    cash,
    held,
    targets,
  }: { readonly cash: string; readonly held: string; readonly targets: Readonly<Record<string, number>> },
): PlacementShape {
  const input: PlanInput = {
    asOf: 1,
    reportingCurrency: 'USD',
    venues: venues.map((id) =>
      venue({
        id,
        cash,
        minCash: CASH_TO_KEEP,
        takerFeeBps: TAKER_FEE_BPS,
        holdings: { A: held },
        markets: ASSETS.map((asset) =>
          market({ asset, bid: '99', ask: '101', step: '0.01', minQuantity: '0.01', minNotional: '1' }),
        ),
      }),
    ),
    groups: { A: 'A', B: 'B', C: 'C', USD: 'CASH' },
    targets: { A: 0, B: 0, C: 0, ...targets },
    limits: { maxSlippageBps: amount('20') },
    destination: 'target',
  };
  return { name, plan: planned(input), input };
}

/** The price between bid and ask, while nothing has moved. */
export const PRICE = amount('100');

/** The market of an asset as the simulated venue keeps it. */
export const rulesOf = (asset: string, isTradable: () => boolean): MarketRules => ({
  market: `${asset}-USD`,
  kind: 'spot',
  base: asset,
  quote: 'USD',
  step: amount('0.01'),
  tick: amount('0.01'),
  minQuantity: amount('0.01'),
  minNotional: amount('1'),
  takerFeeRate: amount('0.001'),
  get isTradable() {
    return isTradable();
  },
  spreadBps: amount('100'),
  pricedAs: { base: asset, quote: 'USD' },
});

export const TRADED: readonly string[] = ASSETS;
