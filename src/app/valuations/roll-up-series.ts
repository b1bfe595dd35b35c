import type { OpenDatabase } from '../../../db/database.ts';
import { applyNavRollUp, readNavFrom } from '../../../db/nav-roll-up-repository.ts';
import { removeValuations } from '../../../db/valuation-repository.ts';
import { rollUpNav } from '../../domain/risk/roll-up-nav.ts';
import { duesOf, type Retention } from '../../domain/valuation/retention.ts';

/**
 * Rows of one tier that one piece of work looks at. As many as are added become due, one every few minutes; what has
 * piled up, in a book of an earlier version or with a shorter retention, goes over the following days.
 */
export const ROLLED_UP_MAX = 200;

/** Removes some of what is older than it is kept, of valuations and of the series of the limits on losses alike. */
export async function rollUpSeries(
  db: OpenDatabase['db'],
  { retention, nowMs }: { readonly retention: Retention; readonly nowMs: number },
): Promise<void> {
  for (const due of duesOf(retention, nowMs)) {
    await removeValuations(db, { ...due, limit: ROLLED_UP_MAX });
    const rows = await readNavFrom(db, { ...due, limit: ROLLED_UP_MAX });
    await applyNavRollUp(db, rollUpNav(rows, retention, nowMs));
  }
}
