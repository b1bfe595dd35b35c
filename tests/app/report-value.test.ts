import { expect, it } from '@jest/globals';
import type { StoredValuation } from '../../db/valuation-repository.ts';
import { valuePointsOf } from '../../src/app/report/report-value.ts';
import { amount } from '../../src/domain/money/amount.ts';

const valued = (atMs: number, valueUsd: string, unpriced: readonly string[] = []): StoredValuation => ({
  sequence: atMs,
  atMs,
  tier: 'daily',
  origin: 'recorded',
  transactionSequence: 0,
  beforeTransaction: null,
  venues: [],
  holdings: unpriced.map((asset) => ({
    venue: 'v',
    asset,
    quantity: amount('1'),
    price: null,
    valueUsd: null,
  })),
  strategies: [],
  valueUsd: amount(valueUsd),
  isComplete: unpriced.length === 0,
});

const depositsOf = (...given: Parameters<typeof valuePointsOf>) => {
  const points = valuePointsOf(...given);
  if (points.state === 'unknown') throw new Error(points.reason);
  return points.value.map(({ deposited }) =>
    deposited.state === 'known' ? deposited.value : deposited.reason,
  );
};

const DAYS = [valued(10, '100'), valued(20, '150'), valued(30, '160')];
const flows = [
  { atMs: 20, amount: 50.005 },
  { atMs: 10, amount: -0.001 },
];

it.each([
  [
    'begins with what was there, and counts a flow after the valuation of its moment',
    DAYS,
    flows,
    [],
    ['100', '100', '150.01'],
  ],
  [
    'is unknown where something came at no known price',
    DAYS,
    flows,
    ['XYZ'],
    Array(3).fill('came or went at no known price: XYZ'),
  ],
  [
    'is unknown where the first valuation is',
    [valued(10, '1', ['XYZ']), ...DAYS.slice(1)],
    flows,
    [],
    Array(3).fill('no price: XYZ'),
  ],
])('what was deposited %s', (_, valuations, given, unpricedFlows, told) => {
  expect(depositsOf(valuations, { flows: given, unpricedFlows })).toEqual(told);
});
