import type { StoredValuation } from '../../../db/valuation-repository.ts';
import { type Amount, add, amount, ZERO } from '../../domain/money/amount.ts';
import { returnIndex } from '../../domain/performance/return-index.ts';
import type { Flow, SubPeriod } from '../../domain/performance/sub-periods.ts';
import { type Fact, known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import { unpricedOf } from '../../domain/valuation/valuation.ts';
import type { ReportDocument, ValuePoint } from '../../report/report-document.ts';

/** Decimals of a flow's value, which is measured in doubles. */
const CENTS = 2;

/** What was there at each time, and what had been put in by then, from what was there at first on. */
export function valuePointsOf(
  valuations: readonly StoredValuation[],
  flows: readonly Flow[],
): ReportDocument['value'] {
  const [first] = valuations;
  if (first === undefined) return unknown('no valuation was taken in this time');
  // A valuation is before the flows of its moment.
  const later = flows.filter(({ atMs }) => atMs >= first.atMs).toSorted((a, b) => a.atMs - b.atMs);
  let next = 0;
  let deposited = first.valueUsd;
  return known(
    valuations.map((valuation): ValuePoint => {
      const { atMs } = valuation;
      for (let flow = later[next]; flow !== undefined && flow.atMs < atMs; flow = later[next]) {
        deposited = add(deposited, centsOf(flow.amount));
        next += 1;
      }
      return { atMs, value: worthOf(valuation), deposited };
    }),
  );
}

/** How far below its high the time-weighted index was at the end of each sub-period. */
export function drawdownsOf(periods: readonly SubPeriod[]): ReportDocument['drawdown'] {
  const index = returnIndex(periods);
  if (index.length === 0) return unknown('fewer than two valuations');
  let high = 0;
  return known(
    index.map(({ at, index: value }) => {
      high = Math.max(high, value);
      return { atMs: at, drawdown: high > 0 ? value / high - 1 : 0 };
    }),
  );
}

function worthOf(valuation: StoredValuation): Fact<Amount> {
  const unpriced = [...new Set(unpricedOf(valuation).map(({ asset }) => asset))];
  if (unpriced.length > 0) return unknown(`no price: ${unpriced.join(', ')}`);
  return known(valuation.valueUsd);
}

const centsOf = (value: number): Amount =>
  Number.isFinite(value) ? amount(value.toFixed(CENTS).replace(/^-?0\.00$/, '0')) : ZERO;
