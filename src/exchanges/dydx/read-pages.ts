// Lists of the indexer, read to their true end.
//
// The indexer pages in two ways. Without `page` it gives the newest rows first and counts nothing; a height goes back
// in time, and a page that is not full is the end. With `page` it counts the results; fills then come oldest first.
// The first way is cheap for a short past, so it is tried first. The second takes over where a server counts, or
// where a height does not move the list (more rows in one block than a page holds).
//
// Invariants:
// 1. A list is complete, or reading it fails.
// 2. A row is given once, however many pages repeat it.

import { ReadFailed, readFailed } from './indexer-session.ts';

/** The indexer's own default and maximum (`API_LIMIT_V4`): it never gives fewer rows than it has below this. */
export const PAGE_ROWS = 1_000;
/** Enough for 100 000 rows; a longer list is `incomplete`. */
const PAGES_MAX = 100;

export interface PageRequest {
  readonly beforeOrAtHeight?: number;
  readonly page?: number;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly pageSize?: number | undefined;
  readonly totalResults?: number | undefined;
  readonly offset?: number | undefined;
}

export interface ListRequest<Row> {
  readonly endpoint: string;
  readonly fetch: (request: PageRequest) => Promise<Page<Row>>;
  readonly idOf: (row: Row) => string;
  readonly heightOf: (row: Row) => number;
  /** Rows older than what is asked for: where the newest come first, they end the reading. */
  readonly isTooOld: (row: Row) => boolean;
  /** False where the list knows no height to go back to. */
  readonly hasHeightCursor: boolean;
}

export interface ReadList<Row> {
  readonly rows: readonly Row[];
  /** The first row of the first answer: the newest, where the list is asked without a page. */
  readonly newest: Row | null;
}

export async function readPages<Row>(list: ListRequest<Row>): Promise<ReadList<Row>> {
  if (!list.hasHeightCursor) return { rows: await readByPage(list, undefined), newest: null };
  const rows = new Map<string, Row>();
  let request: PageRequest = {};
  let newest: Row | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await following(list, request, pages === 0);
    if (pages === 0) newest = page.rows[0] ?? null;
    assertDistinct(list, page.rows);
    const total = page.totalResults;
    if (total !== undefined && total !== page.rows.length) {
      if (total < page.rows.length) throw incomplete(list, `${page.rows.length} rows of ${total}`);
      return { rows: await readByPage(list, total), newest };
    }
    const sizeBefore = rows.size;
    for (const row of page.rows) rows.set(list.idOf(row), row);
    if (total !== undefined || !isFull(page)) return { rows: [...rows.values()], newest };
    const last = page.rows.at(-1);
    if (last !== undefined && list.isTooOld(last) && isNewestFirst(list, page.rows)) {
      return { rows: [...rows.values()], newest };
    }
    if (rows.size === sizeBefore) return { rows: await readByPage(list, undefined), newest };
    request = { beforeOrAtHeight: Math.min(...page.rows.map(list.heightOf)) };
  }
  throw incomplete(list, `more than ${PAGES_MAX} pages`);
}

async function readByPage<Row>(
  list: ListRequest<Row>,
  expectedTotal: number | undefined,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const ids = new Set<string>();
  let total = expectedTotal;
  for (let number = 1; number <= PAGES_MAX; number += 1) {
    const page = await following(list, { page: number }, number === 1);
    if (page.totalResults !== undefined) {
      if (total !== undefined && page.totalResults !== total) {
        throw incomplete(list, `the number of results went from ${total} to ${page.totalResults}`);
      }
      total = page.totalResults;
    }
    if (page.offset !== undefined && page.offset !== rows.length) {
      throw incomplete(list, `expected offset ${rows.length}, found ${page.offset}`);
    }
    for (const row of page.rows) {
      const id = list.idOf(row);
      if (ids.has(id)) throw incomplete(list, `page ${number} repeats row ${id}`);
      ids.add(id);
      rows.push(row);
    }
    const last = page.rows.at(-1);
    if (total !== undefined && rows.length > total) throw incomplete(list, `${rows.length} rows of ${total}`);
    if (total !== undefined && rows.length === total) return rows;
    if (total !== undefined && page.pageSize !== undefined && !isFull(page))
      throw incomplete(list, `page ${number} has ${page.rows.length} rows, and the list is not at its end`);
    if (last !== undefined && list.isTooOld(last) && isNewestFirst(list, rows)) return rows;
    if (isFull(page) || (page.rows.length > 0 && total !== undefined)) continue;
    if (total !== undefined) throw incomplete(list, `the list ended after ${rows.length} rows of ${total}`);
    return rows;
  }
  throw incomplete(list, `more than ${PAGES_MAX} pages`);
}

/** A page that a list announced and the venue then refuses is a hole in the list, not a refusal of the list. */
async function following<Row>(
  list: ListRequest<Row>,
  request: PageRequest,
  isFirst: boolean,
): Promise<Page<Row>> {
  try {
    return await list.fetch(request);
  } catch (error) {
    if (isFirst || !(error instanceof ReadFailed) || error.outcome.reason !== 'refused') throw error;
    throw incomplete(list, `a following page was refused: ${error.outcome.detail}`);
  }
}

function isFull<Row>(page: Page<Row>): boolean {
  const size = Math.min(PAGE_ROWS, page.pageSize ?? PAGE_ROWS);
  return page.rows.length > 0 && page.rows.length >= size;
}

/** Proven by the rows alone: rows of one height say nothing about the order. */
function isNewestFirst<Row>(list: ListRequest<Row>, rows: readonly Row[]): boolean {
  const heights = rows.map(list.heightOf);
  const [first] = heights;
  const last = heights.at(-1);
  if (first === undefined || last === undefined || first <= last) return false;
  return heights.every((height, index) => index === 0 || height <= (heights[index - 1] ?? height));
}

function assertDistinct<Row>(list: ListRequest<Row>, rows: readonly Row[]): void {
  if (new Set(rows.map(list.idOf)).size !== rows.length) throw incomplete(list, 'one page has a row twice');
}

const incomplete = (list: { readonly endpoint: string }, detail: string): ReadFailed =>
  readFailed('incomplete', `${list.endpoint}: ${detail}`);
