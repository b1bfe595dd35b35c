import type { OpenDatabase } from '../../../db/database.ts';
import { findExecutionLeftToPerson, findUnfinishedExecution } from '../../../db/execution-repository.ts';
import type { Mode } from '../portfolio/service-settings.ts';
import type { PersonDecision } from '../portfolio-api.ts';

/** Why a rebalance cannot be aborted, paused or resumed now; null where it can, and for any other decision. */
export async function whyNotDecided(
  kind: PersonDecision['kind'],
  mode: Mode,
  { db, isUnderWay }: { readonly db: OpenDatabase['db']; readonly isUnderWay: boolean },
): Promise<string | null> {
  if (kind !== 'abortRebalance' && kind !== 'pauseRebalance' && kind !== 'resumeRebalance') return null;
  if (mode === 'paper') return 'paper mode sends nothing; what another mode left waits for that mode';
  const unfinished = await findUnfinishedExecution(db);
  // A request that is certified, planned or approved has no execution yet, and is stopped before it has one.
  if (kind === 'abortRebalance' && isUnderWay) return null;
  if (kind !== 'resumeRebalance') return unfinished === null ? 'no rebalance is under way' : null;
  if (unfinished !== null)
    return unfinished.execution.pauseReason === null ? 'the rebalance under way is not paused' : null;
  const left = await findExecutionLeftToPerson(db);
  return left === null ? 'nothing is paused, and nothing was left to a person' : null;
}
