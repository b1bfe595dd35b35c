import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReadFailed } from '../../src/exchanges/dydx/indexer-session.ts';
import {
  type ListRequest,
  type Page,
  type PageRequest,
  readPages,
} from '../../src/exchanges/dydx/read-pages.ts';

interface Row {
  readonly id: string;
  readonly height: number;
}

/** Newest first, several in a block. */
const anyRows = fc
  .array(fc.integer({ min: 1, max: 12 }), { maxLength: 30 })
  .map((heights): readonly Row[] =>
    heights.sort((a, b) => b - a).map((height, index) => ({ id: `row-${index}`, height })),
  );
const anyPageSize = fc.integer({ min: 1, max: 7 });

type Answer = (request: PageRequest, call: number) => Page<Row>;

/** A list that tells how long its pages are; `counts` is how it answers where it is asked by page. */
const honest =
  (rows: readonly Row[], pageSize: number, countsAlways: boolean): Answer =>
  ({ page, beforeOrAtHeight }) => {
    const listed = rows.filter(({ height }) => height <= (beforeOrAtHeight ?? Number.POSITIVE_INFINITY));
    const offset = page === undefined ? 0 : (page - 1) * pageSize;
    const shown = { rows: listed.slice(offset, offset + pageSize), pageSize };
    return page !== undefined || countsAlways ? { ...shown, totalResults: listed.length, offset } : shown;
  };

const listOf = (answer: Answer, more: Partial<ListRequest<Row>> = {}): ListRequest<Row> => {
  let calls = 0;
  return {
    endpoint: 'GET /v4/fills',
    fetch: async (request) => answer(request, calls++),
    idOf: ({ id }) => id,
    heightOf: ({ height }) => height,
    isTooOld: () => false,
    hasHeightCursor: true,
    ...more,
  };
};

/** What a venue that counts does to one of its pages. */
const FAULTS: Readonly<Record<string, (page: Page<Row>, first: Page<Row>) => Page<Row>>> = {
  dropped: (page) => ({ ...page, rows: [] }),
  doubled: (page) => ({ ...page, rows: [...page.rows, ...page.rows] }),
  replacedByTheFirst: (_, first) => first,
  shortenedByOne: (page) => ({ ...page, rows: page.rows.slice(1) }),
  countedDown: (page) => ({ ...page, totalResults: (page.totalResults ?? 0) - 1 }),
  countedUp: (page) => ({ ...page, totalResults: (page.totalResults ?? 0) + 1 }),
};
const anyFault = fc.constantFrom(...Object.keys(FAULTS));

describe('invariants of lists of the indexer', () => {
  it('1. A list is complete, or reading it fails.', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRows,
        anyPageSize,
        fc.record({ countsAlways: fc.boolean(), hasHeightCursor: fc.boolean() }),
        fc.option(fc.record({ how: anyFault, call: fc.nat(4) })),
        fc.integer({ min: 0, max: 12 }),
        async (rows, pageSize, { countsAlways, hasHeightCursor }, fault, oldest) => {
          const truth = honest(rows, pageSize, countsAlways);
          const first = truth({ page: 1 }, 0);
          let hasCounted = false;
          const answer: Answer = (request, call) => {
            const page = truth(request, call);
            // A page that counts nothing, and the first count, are whatever the venue says they are.
            const isProvable =
              page.totalResults !== undefined && (hasCounted || !fault?.how.startsWith('counted'));
            hasCounted ||= page.totalResults !== undefined;
            return fault?.call === call && isProvable ? (FAULTS[fault.how]?.(page, first) ?? page) : page;
          };
          // Where nothing is wrong the list may end early, at what is older than what is asked for.
          const isTooOld = ({ height }: Row) => fault === null && height < oldest;
          const read = await readPages(listOf(answer, { hasHeightCursor, isTooOld })).catch((error) => {
            if (!(error instanceof ReadFailed)) throw error;
            return error.outcome;
          });
          if ('reason' in read) {
            expect(read.reason).toBe('incomplete');
            expect(fault).not.toBeNull();
            return;
          }
          const found = new Set(read.rows.map(({ id }) => id));
          expect(rows.filter((row) => !isTooOld(row) && !found.has(row.id))).toEqual([]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('2. A row is given once, however many pages repeat it.', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, anyPageSize, fc.boolean(), async (rows, pageSize, countsAlways) => {
        const seen: string[] = [];
        const truth = honest(rows, pageSize, countsAlways);
        const { rows: given } = await readPages(
          listOf((request, call) => {
            const page = truth(request, call);
            seen.push(...page.rows.map(({ id }) => id));
            return page;
          }),
        );
        const ids = given.map(({ id }) => id);
        expect([...ids].sort()).toEqual([...new Set(seen)].sort());
        expect(ids).toHaveLength(rows.length);
      }),
      { numRuns: 500 },
    );
  });
});
