import type { Covariance } from '../../domain/rebalancing/triggers/drift.ts';
import { type Fact, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import { covarianceAt } from '../../domain/targets/estimate-covariance.ts';
import type { Reading } from '../portfolio/read-standing.ts';

const NO_RETURNS = unknown('no returns are configured: rebalancing.returnsFile names a file of them');

/** How groups move together by the file of returns as it was last read, or why that is not known now. */
export function covarianceNow({ state, settings, nowMs }: Reading): Fact<Covariance> {
  const { returnsAgeMaxMs } = settings;
  if (returnsAgeMaxMs === undefined) return NO_RETURNS;
  return covarianceAt(state.covariance, { nowMs, ageMaxMs: returnsAgeMaxMs });
}
