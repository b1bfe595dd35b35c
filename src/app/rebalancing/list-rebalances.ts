import type { OpenDatabase } from '../../../db/database.ts';
import {
  findRebalancesBeginningWith,
  type RebalanceSpan,
  readRebalances,
} from '../../../db/rebalance-history-repository.ts';
import { type RebalanceRecord, recordRebalance } from '../../domain/rebalancing/history/rebalance-record.ts';

/** Ids are hashes: more that begin alike than these are not told. */
const ALIKE_MAX = 10;

export type FoundRebalance =
  | { readonly state: 'found'; readonly rebalance: RebalanceRecord }
  | { readonly state: 'none' }
  | { readonly state: 'several'; readonly ids: readonly string[] };

/** Rebalances in full, one at a time: however long the history is, a page of it is in memory. */
export async function* eachRebalance(
  db: OpenDatabase['db'],
  span: RebalanceSpan,
): AsyncGenerator<RebalanceRecord> {
  for await (const facts of readRebalances(db, span)) yield recordRebalance(facts);
}

/** The newest rebalances, newest first. */
export async function listRebalances(
  db: OpenDatabase['db'],
  { sinceMs, limit }: { readonly sinceMs: number | null; readonly limit: number },
): Promise<readonly RebalanceRecord[]> {
  const found: RebalanceRecord[] = [];
  for await (const rebalance of eachRebalance(db, { order: 'newestFirst', sinceMs, limit }))
    found.push(rebalance);
  return found;
}

/** The one whose id, or whose plan's hash, begins so. */
export async function findRebalance(db: OpenDatabase['db'], beginning: string): Promise<FoundRebalance> {
  const [only, ...others] = await findRebalancesBeginningWith(db, { beginning, limit: ALIKE_MAX });
  if (only === undefined) return { state: 'none' };
  if (others.length > 0) return { state: 'several', ids: [only, ...others].map(({ entry }) => entry.id) };
  return { state: 'found', rebalance: recordRebalance(only) };
}
