import { describeInputProblem } from '../../domain/rebalancing/input-problem.ts';
import { covarianceAt, estimateCovariance } from '../../domain/targets/estimate-covariance.ts';
import { findUnusable, type ReadReturns, type ReturnsUse } from '../../domain/targets/usable-returns.ts';
import type { Configuration } from '../configuration.ts';
import { TargetFileReader } from './follow-target-files.ts';

type Limits = Pick<Configuration, 'targeting' | 'rebalancing'>;

/**
 * What is wrong with the files that a configuration names, as they are now. A service starts all the same: it looks at
 * them again, and what needs them is unknown until then. What targets follow from returns is not derived.
 */
export async function findFileProblems(
  { targetFiles, ...limits }: Pick<Configuration, 'targetFiles'> & Limits,
  nowMs: number,
): Promise<readonly string[]> {
  const unread: string[] = [];
  const told = await new TargetFileReader(targetFiles, (problem) => unread.push(problem)).read();
  const unusable = told.returns.flatMap(({ returns, uses }) =>
    // What cannot be read was told already.
    returns.state === 'unread'
      ? []
      : uses.flatMap((use) => whyUnusable(returns, use, { ...limits, nowMs }) ?? []),
  );
  return [...new Set([...unread, ...unusable])];
}

function whyUnusable(
  returns: ReadReturns,
  use: ReturnsUse,
  { targeting, rebalancing, nowMs }: Limits & { readonly nowMs: number },
): string | null {
  if (use === 'targets') {
    const ageMaxMs = targeting?.returnsAgeMaxMs ?? 0;
    const found = findUnusable(returns, { nowMs, ageMaxMs, expected: 'daily returns' });
    return found && describeInputProblem(found.problem);
  }
  const ageMaxMs = rebalancing.returnsAgeMaxMs ?? 0;
  const covariance = covarianceAt(estimateCovariance(returns), { nowMs, ageMaxMs });
  return covariance.state === 'known' ? null : covariance.reason;
}
