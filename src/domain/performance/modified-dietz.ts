import { noStatistic, type Statistic, statistic } from './statistic.ts';
import type { Flow, Valuation } from './sub-periods.ts';

/**
 * Modified Dietz return of the whole time, (V₁ − V₀ − ΣF) / (V₀ + Σ w·F), w the share of the time that a flow was there; a
 * signed fraction. Looks at flows from the first valuation on and before the last one, whatever order they come in. Null
 * for fewer than two valuations and where the capital that was there on average is not above zero.
 */
export function modifiedDietz(valuations: readonly Valuation[], flows: readonly Flow[]): Statistic {
  const inTime = valuations.toSorted((a, b) => a.atMs - b.atMs);
  const first = inTime[0];
  const last = inTime.at(-1);
  if (!first || !last || first.atMs === last.atMs) return noStatistic('fewer than two valuations');
  let gain = last.value - first.value;
  let capital = first.value;
  for (const { atMs, amount } of flows) {
    if (atMs < first.atMs || atMs >= last.atMs) continue;
    gain -= amount;
    capital += (amount * (last.atMs - atMs)) / (last.atMs - first.atMs);
  }
  return capital > 0 ? statistic(gain / capital) : noStatistic('nothing was there to earn a return');
}
