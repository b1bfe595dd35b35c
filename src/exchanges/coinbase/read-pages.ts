import { createHash } from 'node:crypto';
import type { PageProof } from '../../domain/venue/observation.ts';
import { CoinbaseTrouble, incomplete } from './coinbase-trouble.ts';
import { listAt, optionalFlagAt, optionalTextAt, type Row, rowAt } from './row-reader.ts';
import type { SignedRequests } from './signed-requests.ts';

/** Far above what an account holds; a list that is longer is not believed. */
export const PAGES_MAX = 200;

export interface PagedList {
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** The key of the rows in the document: "accounts", "orders", "fills". */
  readonly rowsKey: string;
  /** What makes a row itself: a row that comes twice proves that pages shifted while they were read. */
  readonly identityOf: (row: Row, place: string) => string;
  /** The most rows that the venue gives over all pages: where so many came, there may be more. */
  readonly rowsMax?: number;
}

export interface ReadList {
  readonly rows: readonly { readonly row: Row; readonly place: string }[];
  readonly pages: readonly PageProof[];
  /** Equal exactly when the rows of the first page, or of all pages, are. */
  readonly firstPageDigest: string;
  readonly digest: string;
  /** Of the last answer that told. */
  readonly clockSkewMs: number | null;
}

/**
 * Follows a v3 list to the venue's own end marker: `has_next: false`, or an empty cursor where the list has no such flag.
 *
 * Throws `CoinbaseTrouble`. With `extent: 'firstPage'` the rows are the newest only: enough to see that something moved.
 */
export async function readPages(
  requests: SignedRequests,
  list: PagedList,
  signal: AbortSignal,
  extent: 'all' | 'firstPage' = 'all',
): Promise<ReadList> {
  const rows: { row: Row; place: string }[] = [];
  const pages: PageProof[] = [];
  const sizes: (number | null)[] = [];
  const cursors = new Set<string>();
  const identities = new Set<string>();
  let clockSkewMs: number | null = null;
  let firstPageDigest = '';
  let cursor: string | null = null;
  do {
    if (pages.length >= PAGES_MAX) throw incomplete(`GET ${list.path}: more than ${PAGES_MAX} pages`);
    const query = cursor === null ? list.query : [...list.query, ['cursor', cursor] as const];
    const { answer, document } = await readPage(
      requests,
      { path: list.path, query, isFirst: cursor === null },
      signal,
    );
    const page = rowAt(document, `GET ${list.path}`);
    const found = listAt(page[list.rowsKey], `GET ${list.path} ${list.rowsKey}`);
    for (const value of found) {
      const place = `${list.rowsKey}[${rows.length}]`;
      const row = rowAt(value, place);
      const identity = list.identityOf(row, place);
      if (identities.has(identity)) throw incomplete(`GET ${list.path}: the row ${identity} came twice`);
      identities.add(identity);
      rows.push({ row, place });
    }
    pages.push({ endpoint: `GET ${list.path}`, rows: found.length, sha256: answer.sha256 });
    sizes.push(typeof page.size === 'number' ? page.size : null);
    clockSkewMs = answer.clockSkewMs ?? clockSkewMs;
    if (pages.length === 1) firstPageDigest = digestOf(rows);
    cursor = extent === 'firstPage' ? null : nextCursor(page, list.path, cursors);
  } while (cursor !== null);
  if (extent === 'all' && rows.length >= (list.rowsMax ?? Number.POSITIVE_INFINITY))
    throw incomplete(`GET ${list.path}: ${rows.length} rows came, and the venue gives no more than that`);
  if (extent === 'all') checkSizes(sizes, pages, rows.length, list.path);
  return {
    rows,
    pages,
    firstPageDigest,
    digest: pages.length === 1 ? firstPageDigest : digestOf(rows),
    clockSkewMs,
  };
}

/** A page that the venue announced and then refuses leaves the list without its end. */
async function readPage(
  requests: SignedRequests,
  page: { readonly path: string; readonly query: PagedList['query']; readonly isFirst: boolean },
  signal: AbortSignal,
) {
  try {
    return await requests.read({ method: 'GET', path: page.path, query: page.query }, signal);
  } catch (error) {
    if (page.isFirst || !(error instanceof CoinbaseTrouble) || error.unknown.reason !== 'refused')
      throw error;
    throw incomplete(`GET ${page.path}: more was announced, and then refused: ${error.unknown.detail}`);
  }
}

/** In no order, because the venue promises none. */
function digestOf(rows: readonly { readonly row: Row }[]): string {
  const texts = rows.map(({ row }) => JSON.stringify(row)).sort();
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}

function nextCursor(page: Row, path: string, seen: Set<string>): string | null {
  const place = `GET ${path}`;
  const hasNext = optionalFlagAt(page, 'has_next', place);
  const cursor = optionalTextAt(page, 'cursor', place);
  if (hasNext === false) return null;
  if (cursor === null) {
    if (hasNext === true) throw incomplete(`${place}: more follows, but the venue gave no cursor`);
    return null;
  }
  if (seen.has(cursor)) throw incomplete(`${place}: the cursor ${cursor.slice(0, 40)} came twice`);
  seen.add(cursor);
  return cursor;
}

/** Where a page states a size it is the number of its own rows; the number of all rows is believed too. */
function checkSizes(
  sizes: readonly (number | null)[],
  pages: readonly PageProof[],
  total: number,
  path: string,
): void {
  sizes.forEach((size, index) => {
    const rows = pages[index]?.rows;
    if (size === null || size === rows || size === total) return;
    throw incomplete(`GET ${path}: page ${index + 1} says ${size} rows and holds ${rows} of ${total}`);
  });
}
