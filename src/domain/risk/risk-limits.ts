import { type Amount, amount } from '../money/amount.ts';
import type { RiskLimitName } from './risk-evaluation.ts';

/** Falls from the high-water mark, as fractions. Which orders the halt stops is the owner's choice. */
export interface DrawdownLimit {
  readonly warn: Amount;
  readonly halt: Amount;
  readonly stops: 'buys' | 'all';
}

/** Ages of prices. An illiquid asset has the two last instead of the two first. */
export interface StalenessLimit {
  readonly tradeMs: number;
  readonly valueMs: number;
  readonly illiquidWarnMs: number;
  readonly illiquidErrorMs: number;
}

/** Fractions. `minuteJump` is of one source against itself a minute before. */
export interface DeviationLimit {
  readonly majors: Amount;
  readonly others: Amount;
  readonly minuteJump: Amount;
}

/** Distance from one unit of the reporting currency, as fractions. */
export interface DepegLimit {
  readonly warn: Amount;
  readonly halt: Amount;
}

/** REBALANCING.md §3h. What is absent is not enforced. Pct in percent, Bps in basis points, other shares as fractions. */
export interface RiskLimits {
  /** Largest share of one group in the portfolio; cash is no position. */
  readonly maxPositionPct?: Amount;
  readonly maxVenuePct?: Amount;
  readonly maxClusterPct?: Amount;
  /** Cash that stays, at each venue of its value and in all of the portfolio's. */
  readonly minCashPct?: Amount;
  readonly minCashUsd?: Amount;
  /** Σ notional of 24 hours over twice the portfolio. */
  readonly maxTurnoverPerDay?: Amount;
  readonly maxOrderUsd?: Amount;
  /** An order's share of its market's volume of 24 hours. */
  readonly maxOrderPctADV?: Amount;
  readonly maxOrdersPerHour?: number;
  readonly maxOrdersPerDay?: number;
  readonly maxSlippageBps?: Amount;
  /** Σ|exposure| over equity. */
  readonly maxLeverage?: Amount;
  readonly drawdownHalt?: DrawdownLimit;
  /** Loss of 24 hours as a fraction of what there was before. */
  readonly dailyLoss?: Amount;
  readonly minimumBalanceUsd?: Amount;
  readonly priceStaleness?: StalenessLimit;
  readonly priceDeviation?: DeviationLimit;
  readonly stablecoinDepeg?: DepegLimit;
  readonly reconcileGate?: { readonly ageMaxMs: number };
  /** Share of the portfolio that has no usable price. */
  readonly frozenShare?: Amount;
  /** Plans in flight. */
  readonly concurrency?: number;
}

/** The order of the table in REBALANCING.md §3h. */
export const RISK_LIMIT_NAMES = [
  'maxPositionPct',
  'maxVenuePct',
  'maxClusterPct',
  'minCashPct',
  'minCashUsd',
  'maxTurnoverPerDay',
  'maxOrderUsd',
  'maxOrderPctADV',
  'maxOrdersPerHour',
  'maxOrdersPerDay',
  'maxSlippageBps',
  'maxLeverage',
  'drawdownHalt',
  'dailyLoss',
  'minimumBalanceUsd',
  'priceStaleness',
  'priceDeviation',
  'stablecoinDepeg',
  'reconcileGate',
  'frozenShare',
  'concurrency',
] as const satisfies readonly RiskLimitName[];

/** The numbers of REBALANCING.md §3h, where each limit has one. Which of them are in force unasked is the configuration's. */
export const DEFAULT_RISK_LIMITS = {
  maxPositionPct: amount('40'),
  maxVenuePct: amount('60'),
  maxClusterPct: amount('60'),
  minCashPct: amount('1'),
  minCashUsd: amount('10'),
  maxTurnoverPerDay: amount('0.2'),
  maxOrderUsd: amount('5000'),
  maxOrderPctADV: amount('1'),
  maxOrdersPerHour: 10,
  maxOrdersPerDay: 50,
  maxSlippageBps: amount('20'),
  maxLeverage: amount('1'),
  drawdownHalt: { warn: amount('0.15'), halt: amount('0.25'), stops: 'all' },
  dailyLoss: amount('0.05'),
  minimumBalanceUsd: amount('50'),
  priceStaleness: {
    tradeMs: 10_000,
    valueMs: 60_000,
    illiquidWarnMs: 86_400_000,
    illiquidErrorMs: 259_200_000,
  },
  priceDeviation: { majors: amount('0.02'), others: amount('0.05'), minuteJump: amount('0.1') },
  stablecoinDepeg: { warn: amount('0.01'), halt: amount('0.03') },
  reconcileGate: { ageMaxMs: 60_000 },
  frozenShare: amount('0.05'),
  concurrency: 1,
} as const satisfies Required<RiskLimits>;

/** Groups with the narrower bound of `priceDeviation`. §3h says "majors" without naming them: the two most liquid. */
export const MAJOR_GROUPS: ReadonlySet<string> = new Set(['BTC', 'ETH']);
