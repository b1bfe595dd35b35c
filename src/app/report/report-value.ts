import type { StoredValuation } from '../../../db/valuation-repository.ts';
import { assert } from '../../domain/assert.ts';
import { type Amount, add, amount, round, ZERO } from '../../domain/money/amount.ts';
import { returnIndex } from '../../domain/performance/return-index.ts';
import type { SubPeriod } from '../../domain/performance/sub-periods.ts';
import { type Fact, known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { ScopeSeries } from '../../domain/valuation/scope-series.ts';
import { unpricedOf } from '../../domain/valuation/valuation.ts';
import type { ReportDocument, ValuePoint } from '../../report/report-document.ts';

/** Decimals of a flow's value, which is measured in doubles. */
const CENTS = 2;

/** What was there at each time, and what had been put in by then, from what was there at first on. */
export function valuePointsOf(
  valuations: readonly StoredValuation[],
  { flows, unpricedFlows }: Pick<ScopeSeries, 'flows' | 'unpricedFlows'>,
): ReportDocument['value'] {
  const [first] = valuations;
  if (first === undefined) return unknown('no valuation was taken in this time');
  const start = worthOf(first);
  // What came or went at no known price is in no flow, and not nothing.
  const base: Fact<Amount> =
    unpricedFlows.length > 0 ? unknown(`came or went at no known price: ${unpricedFlows.join(', ')}`) : start;
  // A valuation is before the flows of its moment.
  const later = flows.filter(({ atMs }) => atMs >= first.atMs).toSorted((a, b) => a.atMs - b.atMs);
  let next = 0;
  let brought = ZERO;
  return known(
    valuations.map((valuation): ValuePoint => {
      const { atMs } = valuation;
      for (let flow = later[next]; flow !== undefined && flow.atMs < atMs; flow = later[next]) {
        brought = add(brought, centsOf(flow.amount));
        next += 1;
      }
      const deposited = base.state === 'known' ? known(add(base.value, brought)) : base;
      return { atMs, value: worthOf(valuation), deposited };
    }),
  );
}

/** How far below its high the time-weighted index was at the end of each sub-period. */
export function drawdownsOf(periods: readonly SubPeriod[]): ReportDocument['drawdown'] {
  const index = returnIndex(periods);
  if (index.length === 0) return unknown('fewer than two valuations');
  // The index begins at one.
  let high = 1;
  return known(
    index.map(({ at, index: value }) => {
      high = Math.max(high, value);
      return { atMs: at, drawdown: value / high - 1 };
    }),
  );
}

function worthOf(valuation: StoredValuation): Fact<Amount> {
  const unpriced = [...new Set(unpricedOf(valuation).map(({ asset }) => asset))];
  if (unpriced.length > 0) return unknown(`no price: ${unpriced.join(', ')}`);
  return known(valuation.valueUsd);
}

function centsOf(value: number): Amount {
  assert(Number.isFinite(value), `a flow has a value: ${value}`);
  return round(amount(value.toFixed(CENTS + 1)), CENTS);
}
