import type { OpenDatabase } from '../../../db/database.ts';
import { readLedger } from '../../../db/ledger-stream.ts';
import { assert } from '../../domain/assert.ts';
import { accountInOrder, type LotAccount, type ToldEvent } from '../../domain/lots/account-for-lots.ts';
import type { BookAssets } from '../../domain/lots/book-lot-events.ts';
import { gatherLotEvents } from '../../domain/lots/gather-lot-events.ts';
import type { LotRules } from '../../domain/lots/lot-rules.ts';
import { describeInputProblem } from '../../domain/rebalancing/input-problem.ts';
import { type AssetGroups, CASH_GROUP, groupOf } from '../asset-groups.ts';

export interface BookLots {
  readonly account: Extract<LotAccount, { state: 'accounted' }>;
  readonly events: readonly ToldEvent[];
}

/** What everything here is counted in. */
export const REPORTING_CURRENCY = 'USD';

/** Assets as their groups have them: those of the group of cash count as dollars. */
export const bookAssets = (groups: AssetGroups): BookAssets => ({
  reportingCurrency: REPORTING_CURRENCY,
  isCash: (asset) => groupOf(groups, asset) === CASH_GROUP,
  groupOf: (asset) => groupOf(groups, asset),
});

/**
 * The lots of a book by its transactions alone, read once from the first to the last; with `untilMs` by what had happened
 * by then. Reads beside the book's owner, or as the owner, and writes nothing.
 */
export async function accountBookLots(
  db: OpenDatabase['db'],
  assets: BookAssets,
  rules: LotRules,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<BookLots> {
  const all = await readLedger(db, (transactions) => gatherLotEvents(transactions, assets));
  const events = all.filter(({ event }) => event.atMs <= untilMs);
  const account = accountInOrder([], events, rules);
  const problem = account.state === 'refused' ? describeInputProblem(account.problem) : '';
  assert(account.state === 'accounted', `lots of a book are accounted for: ${problem}`);
  return { account, events };
}
