import { type Amount, amount, isAmountText, isNegative, minimum, multiply } from '../money/amount.ts';
import { type InputProblem, inputProblem } from '../rebalancing/input-problem.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from './risk-limits.ts';

/** A name of the earlier design that bounds nothing here, and why. */
export interface WithoutCounterpart {
  readonly name: string;
  readonly reason: string;
}

/** Two names that disagree on one limit, which has the number of the table in REBALANCING.md §3h. */
export interface MadeOne {
  readonly limit: keyof RiskLimits;
  readonly names: readonly string[];
}

export type LegacyLimits =
  | {
      readonly state: 'mapped';
      readonly limits: RiskLimits;
      readonly withoutCounterpart: readonly WithoutCounterpart[];
      readonly madeOne: readonly MadeOne[];
    }
  | { readonly state: 'refused'; readonly problem: InputProblem };

type Counterpart =
  | { readonly limit: keyof RiskLimits; readonly limits: (value: Amount) => RiskLimits }
  | { readonly limit: null; readonly reason: string };

const HUNDRED = amount('100');
const { warn } = DEFAULT_RISK_LIMITS.drawdownHalt;

/** The names of DEFAULT_RISK_LIMITS and of config.py's bounds, REBALANCING.md Appendix A.2. */
const COUNTERPARTS: Readonly<Record<string, Counterpart>> = {
  max_single_strategy: {
    limit: 'maxPositionPct',
    limits: (fraction) => ({ maxPositionPct: multiply(fraction, HUNDRED) }),
  },
  MAX_POSITION_PERCENTAGE: { limit: 'maxPositionPct', limits: (maxPositionPct) => ({ maxPositionPct }) },
  max_portfolio_leverage: { limit: 'maxLeverage', limits: (maxLeverage) => ({ maxLeverage }) },
  max_portfolio_drawdown: {
    limit: 'drawdownHalt',
    limits: (halt) => ({
      drawdownHalt: { ...DEFAULT_RISK_LIMITS.drawdownHalt, warn: minimum(warn, halt), halt },
    }),
  },
  max_usd_order_size: { limit: 'maxOrderUsd', limits: (maxOrderUsd) => ({ maxOrderUsd }) },
  slippage: { limit: 'maxSlippageBps', limits: (maxSlippageBps) => ({ maxSlippageBps }) },
  MINIMUM_BALANCE_USD: {
    limit: 'minimumBalanceUsd',
    limits: (minimumBalanceUsd) => ({ minimumBalanceUsd }),
  },
  min_single_strategy: { limit: null, reason: 'a smallest weight is chosen with the targets' },
  CASH_PERCENTAGE: { limit: null, reason: 'cash is a group with a target; minCashPct is what must stay' },
  max_correlation_pair: { limit: null, reason: 'correlation is judged by cluster: maxClusterPct' },
  max_avg_correlation: { limit: null, reason: 'correlation is judged by cluster: maxClusterPct' },
  min_strategy_sharpe: { limit: null, reason: 'a measure of what was earned stops no order' },
  min_portfolio_sharpe: { limit: null, reason: 'a measure of what was earned stops no order' },
  max_strategy_drawdown: {
    limit: null,
    reason: 'the halt is for the whole portfolio: a strategy has no index of its own here',
  },
  MAX_LOSS_PERCENT: {
    limit: null,
    reason: 'it is of 12 hours; dailyLoss is of 24 and is not converted from it',
  },
  MAX_LOSS_USD: { limit: null, reason: 'losses are bounded as a share of the portfolio: dailyLoss' },
  MAX_GAIN_PERCENT: { limit: null, reason: 'a gain stops nothing' },
  MAX_GAIN_USD: { limit: null, reason: 'a gain stops nothing' },
};

export const LEGACY_NAMES: readonly string[] = Object.keys(COUNTERPARTS);

/** DEFAULT_RISK_LIMITS of the earlier design, as decimal text. */
export const LEGACY_DEFAULTS: Readonly<Record<string, string>> = {
  max_single_strategy: '0.4',
  min_single_strategy: '0.05',
  max_correlation_pair: '0.7',
  max_avg_correlation: '0.5',
  min_strategy_sharpe: '0',
  max_strategy_drawdown: '0.3',
  max_portfolio_leverage: '1',
  min_portfolio_sharpe: '0.5',
  max_portfolio_drawdown: '0.25',
};

/**
 * The limits that a table of the earlier design stands for: only those that it names. Values are decimal text in that
 * design's units, not negative. An unknown name is refused, as is a number that is none. Where two names give one limit
 * different values, the limit's own default counts and both are told. Never throws.
 */
export function riskLimitsOfLegacy(legacy: Readonly<Record<string, unknown>>): LegacyLimits {
  const withoutCounterpart: WithoutCounterpart[] = [];
  const given = new Map<keyof RiskLimits, { readonly name: string; readonly limits: RiskLimits }[]>();
  for (const [name, text] of Object.entries(legacy)) {
    const counterpart = Object.hasOwn(COUNTERPARTS, name) ? COUNTERPARTS[name] : undefined;
    if (counterpart === undefined)
      return refused(inputProblem(name, `one of ${LEGACY_NAMES.join(', ')}`, 'an unknown name'));
    if (!isAmountText(text) || isNegative(amount(text)))
      return refused(inputProblem(name, 'a decimal number as text that is not negative', text));
    if (counterpart.limit === null) withoutCounterpart.push({ name, reason: counterpart.reason });
    else {
      const before = given.get(counterpart.limit) ?? [];
      given.set(counterpart.limit, [...before, { name, limits: counterpart.limits(amount(text)) }]);
    }
  }
  const madeOne: MadeOne[] = [];
  let limits: RiskLimits = {};
  for (const [limit, values] of given) {
    const isOne = new Set(values.map((each) => JSON.stringify(each.limits))).size === 1;
    if (!isOne) madeOne.push({ limit, names: values.map(({ name }) => name) });
    limits = { ...limits, ...(isOne ? values[0]?.limits : { [limit]: DEFAULT_RISK_LIMITS[limit] }) };
  }
  return { state: 'mapped', limits, withoutCounterpart, madeOne };
}

const refused = (problem: InputProblem): LegacyLimits => ({ state: 'refused', problem });
