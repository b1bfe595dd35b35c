import type * as z from 'zod';
import { ZERO } from '../domain/money/amount.ts';
import { byName, decimal, either, isObject, moment, object, orNumber, ROWS_MAX } from './file-terms.ts';
import { amountText, exact, listOf, name, numberBetween, oneOf, positiveText } from './schema-terms.ts';

const PERIODS_MAX = 10_000;
const CELLS_MAX = 5_000;
const NAMES_MAX = 5_000;
const CASH_MAX = 100;

const many = <T extends z.ZodType>(member: T, members: string) =>
  listOf(member, { members, min: 0, max: ROWS_MAX }).default([]);
const anyStrategy = () => name('the name of a strategy').optional();
const venue = () => name('the name of a venue');
const asset = () => name('the name of an asset');
const cell = { strategy: anyStrategy(), venue: venue(), asset: asset() };

const valued = object({ ...cell, value: orNumber(decimal()) });
const valuation = () => listOf(valued, { members: 'values', min: 0, max: CELLS_MAX });

const trade = object({
  ...cell,
  quote: asset(),
  side: oneOf(['buy', 'sell']),
  quantity: orNumber(positiveText('0.5')),
  fillPrice: orNumber(amountText('60010')),
  decisionMid: orNumber(amountText('60000')).optional(),
  fee: orNumber(decimal('a decimal number as text, such as "1.5", negative for a rebate')).default(ZERO),
  feeAsset: asset().optional(),
  rebalance: name('the id of a rebalance').optional(),
});

const period = object({
  from: moment(),
  to: moment(),
  opening: valuation().optional(),
  closing: valuation(),
  flows: many(
    object({ ...cell, value: orNumber(decimal()), at: oneOf(['opening', 'closing']).default('opening') }),
    'flows',
  ),
  trades: many(trade, 'trades'),
  payments: many(
    object({
      ...cell,
      kind: oneOf(['funding', 'reward', 'fee']),
      value: orNumber(decimal('a decimal number as text, such as "-1.5", positive when received')),
      paidIn: asset(),
    }),
    'payments',
  ),
  transfers: many(
    object({ from: object(cell), to: object(cell), value: orNumber(amountText('100')) }),
    'transfers',
  ),
  unpriced: many(asset(), 'assets'),
});

const rebalance = object({
  id: name('an id'),
  at: moment(),
  expected: object({
    shortfall: orNumber(decimal()),
    fees: orNumber(decimal()),
  }).optional(),
});

const portfolio = object({
  at: moment(),
  value: orNumber(decimal()),
  quantities: byName(orNumber(decimal()), 'an object of quantities by asset'),
  prices: byName(
    exact('a decimal number as text that is not negative, such as "60000"'),
    'an object of prices by asset',
  ),
  flow: orNumber(decimal()).default(ZERO),
});

const ofMoney = object({
  cash: listOf(asset(), { members: 'assets', min: 0, max: CASH_MAX }).default(['USD']),
  periods: listOf(period, { members: 'periods', min: 1, max: PERIODS_MAX }),
  rebalances: many(rebalance, 'rebalances'),
  portfolios: many(portfolio, 'portfolios'),
});

const series = (expected: string) =>
  byName(
    listOf(numberBetween(-1_000_000, 1_000_000), { members: 'numbers', min: 1, max: PERIODS_MAX }),
    expected,
  ).refine((named) => Object.keys(named).length <= NAMES_MAX, { error: `at most ${NAMES_MAX} names` });

const ofReturns = object({
  weights: series('an object of lists of weights by name'),
  returns: series('an object of lists of returns by name'),
});

/** What `trueup attribution --input` reads: money of periods, or weights and returns. */
export const attributionFileSchema = either(
  (value) => !isObject(value) || !('weights' in value || 'returns' in value),
  ofMoney,
  ofReturns,
);

export type MoneyAttributionFile = z.output<typeof ofMoney>;
export type ReturnsAttributionFile = z.output<typeof ofReturns>;
