// Internal rates of return that others state.

import type { CashFlow } from '../../src/domain/performance/present-value.ts';
import { presentValue } from '../../src/domain/performance/present-value.ts';
import { xirr } from '../../src/domain/performance/xirr.ts';
import type { ReferenceCase } from './reference-case.ts';

const DAY_MS = 86_400_000;
type Dated = readonly (readonly [day: string, amount: number])[];

export const dated = (flows: Dated): readonly CashFlow[] =>
  flows.map(([day, amount]) => ({ atMs: Date.parse(day), amount }));

/** Flows of equal periods: a period is a year. */
export const yearly = (amounts: readonly number[]): readonly CashFlow[] =>
  amounts.map((amount, year) => ({ atMs: year * 365 * DAY_MS, amount }));

const solved = (
  source: string,
  name: string,
  flows: readonly CashFlow[],
  expected: number | null,
  tolerance = 1e-9,
): ReferenceCase => ({ source, name, actual: () => xirr(flows).value, expected, tolerance });

const PYXIRR = 'pyxirr: tests';
const MATHWORKS = 'MathWorks: xirr of the Financial Toolbox';
const EXCEL = 'Excel: documentation of XIRR and XNPV';
const PORTFOLIO_PERFORMANCE = 'Portfolio Performance: IRRTest';

const MATHWORKS_FLOWS: Dated = [
  ['2007-01-12', -10_000],
  ['2008-02-14', 2_500],
  ['2008-03-03', 2_000],
  ['2008-06-14', 3_000],
  ['2008-12-01', 4_000],
];
const EXCEL_FLOWS: Dated = [
  ['2008-01-01', -10_000],
  ['2008-03-01', 2_750],
  ['2008-10-30', 4_250],
  ['2009-02-15', 3_250],
  ['2009-04-01', 2_750],
];

/** Days of a year of twelve months of thirty (30E/360), counted on in days of ours: 365 to a year. */
function onMonthsOfThirty(flows: Dated): readonly CashFlow[] {
  const daysOf = (day: string): number => {
    const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
    return year * 360 + month * 30 + Math.min(date, 30);
  };
  return flows.map(([day, amount]) => ({ atMs: (daysOf(day) * DAY_MS * 365) / 360, amount }));
}

export const XIRR: readonly ReferenceCase[] = [
  solved(MATHWORKS, 'act/365', dated(MATHWORKS_FLOWS), 0.10064378342638, 1e-11),
  solved(MATHWORKS, 'act/365, in any order', dated(MATHWORKS_FLOWS.toReversed()), 0.10064378342638, 1e-11),
  // A year of 360 days is 360 of our 365: the other convention of the same rate a day.
  {
    source: PYXIRR,
    name: 'act/360 of the same flows',
    actual: () => (1 + (xirr(dated(MATHWORKS_FLOWS)).value ?? Number.NaN)) ** (360 / 365) - 1,
    expected: 0.0991988898057063,
    tolerance: 1e-12,
  },
  solved(PYXIRR, '30E/360 of the same flows', onMonthsOfThirty(MATHWORKS_FLOWS), 0.100675477282743, 1e-12),
  solved(EXCEL, 'XIRR', dated(EXCEL_FLOWS), 0.373362535, 5e-9),
  {
    source: EXCEL,
    name: 'XNPV at nine per cent',
    actual: () => presentValue(dated(EXCEL_FLOWS), 0.09),
    expected: 2086.647602,
    tolerance: 5e-7,
  },
  {
    source: PYXIRR,
    name: 'xnpv/unordered',
    actual: () =>
      presentValue(
        dated([
          ['2015-06-11', -1_000],
          ['2015-07-21', -9_000],
          ['2018-06-10', 20_000],
          ['2015-10-17', -3_000],
        ]),
        0.1,
      ),
    expected: 2218.42566365675,
    tolerance: 1e-9,
  },
  solved(
    PYXIRR,
    'xirr/close_to_minus_0_99999',
    dated([
      ['2020-03-05', -18_480],
      ['2020-03-16', 13_120],
    ]),
    -0.9999884228170087,
    1e-12,
  ),
  solved(
    PYXIRR,
    'xirr/zeros',
    dated([
      ['2021-12-31', 0],
      ['2022-12-31', 0],
      ['2023-12-31', -100],
      ['2024-12-31', 10],
      ['2025-12-31', 0],
      ['2026-12-31', 10],
      ['2027-12-31', 10],
      ['2028-12-31', 10],
      ['2029-12-31', 200],
      ['2030-12-31', 0],
    ]),
    0.175680730580782,
    1e-12,
  ),
  solved(PYXIRR, 'xirr/empty', [], null),
  solved(PYXIRR, 'irr/0', yearly([-100, 39, 59, 55, 20]), 0.28094842116, 1e-10),
  solved(PYXIRR, 'irr/1', yearly([-100, 0, 0, 74]), -0.09549583034, 1e-10),
  solved(PYXIRR, 'irr/2', yearly([-100, 100, 0, -7]), -0.08329966618, 1e-10),
  solved(PYXIRR, 'irr/11', yearly([-40_000, 5_000, 8_000, 12_000, 30_000]), 0.1058225984, 1e-10),
  solved(
    PYXIRR,
    'irr/14',
    yearly([-1678.87, 771.96, 1814.05, 3520.3, 3552.95, 3584.99, -1]),
    0.9688775470209261,
  ),
  solved(
    PYXIRR,
    'irr/15',
    yearly([-1678.87, 771.96, 1814.05, 3520.3, 3552.95, 3584.99, 4789.91, -1]),
    1.0042698487205577,
  ),
  solved(PYXIRR, 'irr/17', yearly([-50, -100, 600, 300, -100]), 1.8544178284461061),
  solved(
    PORTFOLIO_PERFORMANCE,
    'a gain in a year but a day',
    dated([
      ['2010-01-01', -200],
      ['2010-12-31', 210],
    ]),
    0.050140747,
    // 1.05 to the power of 365/364, less one, is 0.0501407503: the published one is of their solver.
    5e-9,
  ),
  solved(
    PORTFOLIO_PERFORMANCE,
    'nearly everything lost',
    dated([
      ['2019-05-24', -1560.94],
      ['2020-01-13', -1160],
      ['2020-06-29', 42.8],
    ]),
    -0.999251643,
    5e-10,
  ),
];
