// The limits of a configuration and of a portfolio file: the same names, REBALANCING.md §3h. In a configuration each has
// a default; in a file, what is not named is not enforced.

import * as z from 'zod';
import { type Amount, isMore } from '../domain/money/amount.ts';
import { DEFAULT_LIMITS, type PlanLimits } from '../domain/rebalancing/plan-input.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '../domain/risk/risk-limits.ts';
import {
  amountText,
  fractionText,
  object,
  oneOf,
  percentText,
  positiveText,
  seconds,
  wholeNumber,
} from './schema-terms.ts';

const D = DEFAULT_RISK_LIMITS;
const DAYS_MAX_SECONDS = 31_536_000;
const inSeconds = (ms: number): number => ms / 1_000;

/** One threshold is told at, a second one, not below it, stops. */
const isInOrder = ({ warn, halt }: { readonly warn: Amount; readonly halt: Amount }): boolean =>
  !isMore(warn, halt);
const IN_ORDER = { error: 'a "warn" that is not above "halt"' };

const TERMS = {
  maxPositionPct: percentText('40'),
  maxVenuePct: percentText('60'),
  maxClusterPct: percentText('60'),
  minCashPct: percentText('1'),
  minCashUsd: amountText('10'),
  minTradeUsd: amountText('10'),
  maxTurnoverPerDay: fractionText('0.2'),
  maxOrderUsd: positiveText('5000'),
  maxOrderPctADV: percentText('1'),
  maxOrdersPerHour: wholeNumber(1, 10_000),
  maxOrdersPerDay: wholeNumber(1, 100_000),
  maxSlippageBps: amountText('20'),
  maxLeverage: positiveText('1'),
  drawdownHalt: object({
    warn: fractionText('0.15')
      .default(D.drawdownHalt.warn)
      .describe('It is told from this fall on, as a fraction.'),
    halt: fractionText('0.25')
      .default(D.drawdownHalt.halt)
      .describe('Trading stops from this fall on, until a person re-arms it.'),
    stops: oneOf(['buys', 'all']).default(D.drawdownHalt.stops).describe('What stops: buys, or all orders.'),
  }).refine(isInOrder, IN_ORDER),
  dailyLoss: fractionText('0.05'),
  minimumBalanceUsd: amountText('50'),
  priceStaleness: object({
    tradeSeconds: seconds(1, DAYS_MAX_SECONDS)
      .default(inSeconds(D.priceStaleness.tradeMs))
      .describe('Older prices are not traded at.'),
    valueSeconds: seconds(1, DAYS_MAX_SECONDS)
      .default(inSeconds(D.priceStaleness.valueMs))
      .describe('What has an older price counts as frozen.'),
    illiquidWarnSeconds: seconds(1, DAYS_MAX_SECONDS)
      .default(inSeconds(D.priceStaleness.illiquidWarnMs))
      .describe('For what is held and traded nowhere: it is told from this age on.'),
    illiquidErrorSeconds: seconds(1, DAYS_MAX_SECONDS)
      .default(inSeconds(D.priceStaleness.illiquidErrorMs))
      .describe('For what is held and traded nowhere: what has an older price counts as frozen.'),
  }),
  priceDeviation: object({
    majors: fractionText('0.02')
      .default(D.priceDeviation.majors)
      .describe('Of BTC and ETH, between the sources of a price, as a fraction.'),
    others: fractionText('0.05').default(D.priceDeviation.others).describe('The same of all other assets.'),
    minuteJump: fractionText('0.1')
      .default(D.priceDeviation.minuteJump)
      .describe(
        'Of one source from what it said a minute ago. What jumped further is not traded for a minute.',
      ),
  }),
  stablecoinDepeg: object({
    warn: fractionText('0.01').default(D.stablecoinDepeg.warn).describe('Distance from one that is told.'),
    halt: fractionText('0.03')
      .default(D.stablecoinDepeg.halt)
      .describe('Distance from one at which nothing is bought of it or with it.'),
  }).refine(isInOrder, IN_ORDER),
  reconcileGate: object({
    ageSeconds: seconds(1, 86_400)
      .default(inSeconds(D.reconcileGate.ageMaxMs))
      .describe('Largest age of the report that says so.'),
  }),
  frozenShare: fractionText('0.05'),
  concurrency: wholeNumber(1, 100),
};

/**
 * Concentration and turnover are bounded where somebody wrote a bound: a default would overrule targets that were
 * written, and a portfolio at one venue could never buy.
 *
 * Named as in plans: what ends in Pct is in percent, what ends in Bps in basis points, other shares are fractions.
 */
export const configuredLimits = object({
  maxPositionPct: TERMS.maxPositionPct
    .optional()
    .describe('Largest share of one asset or group in the portfolio, in percent. Targets are cut to it.'),
  maxVenuePct: TERMS.maxVenuePct
    .optional()
    .describe('Largest share of one venue, in percent. Above it nothing is bought there.'),
  maxClusterPct: TERMS.maxClusterPct
    .optional()
    .describe('Largest share of assets that move together, in percent. Targets are cut to it.'),
  minCashPct: TERMS.minCashPct
    .default(D.minCashPct)
    .describe("Cash that stays at each venue, in percent of the venue's value."),
  minCashUsd: TERMS.minCashUsd.default(D.minCashUsd).describe('Cash that stays at each venue, in USD.'),
  minTradeUsd: TERMS.minTradeUsd
    .default(DEFAULT_LIMITS.minTradeUsd ?? ('10' as Amount))
    .describe('Smaller trades are left out, in USD.'),
  maxTurnoverPerDay: TERMS.maxTurnoverPerDay
    .optional()
    .describe('What is traded within 24 hours over twice the portfolio. Orders beyond it are left out.'),
  maxOrderUsd: TERMS.maxOrderUsd
    .default(D.maxOrderUsd)
    .describe('Largest value of one order, in USD. Larger ones are cut.'),
  maxOrderPctADV: TERMS.maxOrderPctADV
    .default(D.maxOrderPctADV)
    .describe(
      "Largest share of one order in its market's volume of 24 hours, in percent. Larger ones are cut.",
    ),
  maxOrdersPerHour: TERMS.maxOrdersPerHour
    .default(D.maxOrdersPerHour)
    .describe('Orders within an hour. Others wait.'),
  maxOrdersPerDay: TERMS.maxOrdersPerDay
    .default(D.maxOrdersPerDay)
    .describe('Orders within 24 hours. Others wait.'),
  maxSlippageBps: TERMS.maxSlippageBps
    .default(D.maxSlippageBps)
    .describe('How far a limit price may lie from the market, in basis points.'),
  maxLeverage: TERMS.maxLeverage
    .default(D.maxLeverage)
    .describe('Sum of all exposures over the equity. Above it positions only shrink.'),
  drawdownHalt: TERMS.drawdownHalt
    .prefault({})
    .describe('Falls of the time-weighted index from its highest.'),
  dailyLoss: TERMS.dailyLoss
    .default(D.dailyLoss)
    .describe('Loss within 24 hours, as a fraction, that stops trading for the next 24.'),
  minimumBalanceUsd: TERMS.minimumBalanceUsd
    .default(D.minimumBalanceUsd)
    .describe('Value of the portfolio below which nothing is traded, in USD.'),
  priceStaleness: TERMS.priceStaleness.prefault({}).describe('How old prices may be.'),
  priceDeviation: TERMS.priceDeviation
    .prefault({})
    .describe('How far prices may lie apart. What is farther is not traded.'),
  stablecoinDepeg: TERMS.stablecoinDepeg
    .prefault({})
    .describe('How far a stablecoin may lie from one, as a fraction.'),
  reconcileGate: TERMS.reconcileGate
    .prefault({})
    .describe('Every venue is reconciled, or nothing is traded.'),
  frozenShare: TERMS.frozenShare
    .default(D.frozenShare)
    .describe(
      'Largest share of what has no price, an old one or a deviating one, as a fraction. Above it no plan is made.',
    ),
  concurrency: TERMS.concurrency.default(D.concurrency).describe('Plans in flight.'),
}).check(({ value: { minTradeUsd, maxOrderUsd }, issues }) => {
  if (!isMore(minTradeUsd, maxOrderUsd)) return;
  const message = `a maxOrderUsd (${maxOrderUsd}) that is not below minTradeUsd (${minTradeUsd}): no order is between them`;
  issues.push({ code: 'custom', message, input: { minTradeUsd, maxOrderUsd } });
});

/** The same names without defaults. */
export const namedLimits = z
  .strictObject(TERMS, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `one of ${Object.keys(TERMS)
            .map((key) => `"${key}"`)
            .join(', ')}`
        : 'an object',
  })
  .partial();

type Written = z.output<typeof namedLimits>;

/** Limits as plans and the gate take them: in milliseconds, and without what is not named. */
export function limitsOf({ priceStaleness, reconcileGate, ...rest }: Written): PlanLimits & RiskLimits {
  const named = Object.fromEntries(Object.entries(rest).filter(([, limit]) => limit !== undefined));
  return {
    ...named,
    ...(priceStaleness && {
      priceStaleness: {
        tradeMs: milliseconds(priceStaleness.tradeSeconds),
        valueMs: milliseconds(priceStaleness.valueSeconds),
        illiquidWarnMs: milliseconds(priceStaleness.illiquidWarnSeconds),
        illiquidErrorMs: milliseconds(priceStaleness.illiquidErrorSeconds),
      },
    }),
    ...(reconcileGate && { reconcileGate: { ageMaxMs: milliseconds(reconcileGate.ageSeconds) } }),
  };
}

/** What the planner itself keeps, and its plans' hashes cover. */
export function planLimitsOf(limits: PlanLimits & RiskLimits): PlanLimits {
  const { maxSlippageBps, minTradeUsd, maxOrderUsd, minCashPct, minCashUsd } = limits;
  return {
    ...(maxSlippageBps !== undefined && { maxSlippageBps }),
    ...(minTradeUsd !== undefined && { minTradeUsd }),
    ...(maxOrderUsd !== undefined && { maxOrderUsd }),
    ...(minCashPct !== undefined && { minCashPct }),
    ...(minCashUsd !== undefined && { minCashUsd }),
  };
}

const milliseconds = (value: number): number => Math.round(value * 1_000);
