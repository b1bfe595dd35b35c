import { certify, type Observation, type PageProof } from '../../domain/venue/observation.ts';
import type { Activity } from '../../domain/venue/venue.ts';
import type { ActivityRequest } from '../exchange.ts';
import { readAccounts } from './coinbase-lists.ts';
import { incomplete, orUnknown } from './coinbase-trouble.ts';
import { type AccountOfVenue, scopeOf } from './observe-account.ts';
import { PAGES_MAX } from './read-pages.ts';
import { listAt, optionalTextAt, type Row, rowAt, textAt } from './row-reader.ts';
import { readTransaction, timesOfTransaction } from './transaction-rows.ts';

const TRANSACTIONS_PER_PAGE = '100';

/** A bank transfer may settle this long after its row was made; rows older than that cannot have changed since. */
const SETTLEMENT_MAX_MS = 10 * 24 * 60 * 60 * 1_000;

interface Ledger {
  readonly rows: readonly { readonly row: Row; readonly place: string }[];
  readonly pages: readonly PageProof[];
  readonly clockSkewMs: number | null;
}

/** Deposits, withdrawals, transfers, conversions, rewards and fees of the named assets' accounts, newest last. */
export async function readAccountActivity(
  account: AccountOfVenue,
  request: ActivityRequest,
  signal: AbortSignal,
): Promise<Observation<readonly Activity[]>> {
  return orUnknown(async () => {
    const accounts = await readAccounts(account.requests, signal);
    const wanted = accounts.values.filter(
      (one) => one.purpose === 'spot' && request.assets.includes(one.currency),
    );
    const activities: Activity[] = [];
    const pages: PageProof[] = [...accounts.pages];
    let clockSkewMs = accounts.clockSkewMs;
    for (const { uuid } of wanted) {
      const ledger = await readLedger(account, uuid, request.sinceMs, signal);
      clockSkewMs = ledger.clockSkewMs ?? clockSkewMs;
      pages.push(...ledger.pages);
      for (const { row, place } of ledger.rows) {
        if (timesOfTransaction(row, place).changedAtMs >= request.sinceMs)
          activities.push(...readTransaction(row, place));
      }
    }
    activities.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
    // Ledgers only grow: what was read stays true whatever was added meanwhile.
    const watermark = { activity: `${activities.length} since ${request.sinceMs}`, height: null };
    return certify<readonly Activity[]>(activities, {
      venue: account.venue,
      kind: 'coinbase',
      scope: scopeOf(accounts.values, account.portfolio),
      complete: true,
      observedAtMs: account.now(),
      clockSkewMs,
      watermarkBefore: watermark,
      watermarkAfter: watermark,
      pages,
      sources: [account.requests.origin],
    });
  });
}

/** One account's rows, newest first, to the end or to where no row can have changed since the time asked for. */
async function readLedger(
  account: AccountOfVenue,
  uuid: string,
  sinceMs: number,
  signal: AbortSignal,
): Promise<Ledger> {
  const path = `/v2/accounts/${encodeURIComponent(uuid)}/transactions`;
  const rows: { row: Row; place: string }[] = [];
  const pages: PageProof[] = [];
  const seen = new Set<string>();
  let clockSkewMs: number | null = null;
  let after: string | null = null;
  do {
    if (pages.length >= PAGES_MAX) throw incomplete(`GET ${path}: more than ${PAGES_MAX} pages`);
    const query = [
      ['limit', TRANSACTIONS_PER_PAGE],
      ['order', 'desc'],
      ...(after === null ? [] : [['starting_after', after]]),
    ] as [string, string][];
    const { answer, document } = await account.requests.read({ method: 'GET', path, query }, signal);
    const page = rowAt(document, `GET ${path}`);
    const found = listAt(page.data, `GET ${path} data`);
    for (const value of found) {
      const place = `${path}[${rows.length}]`;
      const row = rowAt(value, place);
      const id = textAt(row, 'id', place);
      if (seen.has(id)) throw incomplete(`GET ${path}: the row ${id} came twice`);
      seen.add(id);
      rows.push({ row, place });
    }
    pages.push({ endpoint: `GET ${path}`, rows: found.length, sha256: answer.sha256 });
    clockSkewMs = answer.clockSkewMs ?? clockSkewMs;
    const oldest = rows.at(-1);
    const reachesFarEnough =
      oldest !== undefined &&
      timesOfTransaction(oldest.row, oldest.place).createdAtMs < sinceMs - SETTLEMENT_MAX_MS;
    after = reachesFarEnough ? null : startOfNextPage(page, path);
  } while (after !== null);
  return { rows, pages, clockSkewMs };
}

/** Only the cursor is taken of the venue's next address: a request never goes where an answer says. */
function startOfNextPage(page: Row, path: string): string | null {
  const place = `GET ${path} pagination`;
  if (page.pagination === undefined) throw incomplete(`${place}: the venue gave no end marker`);
  const pagination = rowAt(page.pagination, place);
  const nextUri = optionalTextAt(pagination, 'next_uri', place);
  if (nextUri === null) return null;
  const after = new URLSearchParams(nextUri.slice(nextUri.indexOf('?') + 1)).get('starting_after');
  if (after === null || after === '')
    throw incomplete(`${place}.next_uri: more follows, but there is no starting_after`);
  return after;
}
