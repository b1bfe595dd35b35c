// Pages of the accounts that a venue drops, doubles or reorders while they are read: over the wire, with the real adapter.

import { afterEach, describe, expect, it } from '@jest/globals';
import { add, amount } from '../../src/domain/money/amount.ts';
import type { Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import { serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import type { FaceAnswer } from '../../src/exchanges/simulated/http-face.ts';
import { ACCOUNTS_PATH, TEST_CREDENTIALS, TEST_PUBLIC_KEY } from '../support/coinbase-account.ts';
import { exampleVenue } from './simulated/example-venue.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** 49 is the venue's page where nothing is asked for, 250 its longest: what is asked for. */
const PAGE_SIZES = [49, 250] as const;
const CASES = [48, 49, 50, 249, 250, 251, 1_000].flatMap((accounts) =>
  PAGE_SIZES.map((pageSize) => [accounts, pageSize] as const),
);

interface Body {
  readonly accounts: readonly unknown[];
  readonly has_next: boolean;
  readonly cursor: string;
  readonly size: number;
}

const withRows = (body: Body, accounts: readonly unknown[]): Body => ({
  ...body,
  accounts,
  size: accounts.length,
});

interface PageOf {
  readonly body: Body;
  /** The page before it in the same scan; null for the first. */
  readonly before: Body | null;
  /** The page after it, as the venue has it; null for the last. */
  readonly after: Body | null;
}

type Fault = (page: PageOf) => Body | 'refused';

/** A list that fits one page has no other page to break: what is broken is that page. */
const FAULTS: Readonly<Record<'refused' | 'claimed' | 'doubled' | 'reordered', Fault>> = {
  refused: ({ body, before }) =>
    before === null ? { ...body, has_next: true, cursor: 'never given out' } : 'refused',
  claimed: ({ body }) => ({ ...body, has_next: true, cursor: '' }),
  doubled: ({ body, before }) =>
    withRows(body, before === null ? [...body.accounts, ...body.accounts] : before.accounts),
  // One row that was on the page before comes again, so that another one is on no page any more.
  reordered: ({ body, before }) =>
    before === null
      ? withRows(body, body.accounts.toReversed())
      : withRows(body, [before.accounts.at(-1), ...body.accounts.slice(0, -1)]),
};
const leftOut: Fault = ({ body, after }) => after ?? { ...withRows(body, []), has_next: false, cursor: '' };

/** An account with so many assets, of which some pages are broken. Requests of pages count from 0 in each read. */
async function openAccount(accounts: number, pageSize: number) {
  const balances = Object.fromEntries(
    Array.from({ length: accounts }, (_, n) => [`A${String(n).padStart(4, '0')}`, amount(`${n + 1}.5`)]),
  );
  const { venue } = exampleVenue({ venue: 'coinbase', markets: [], balances });
  const pagesInAll = Math.max(1, Math.ceil(accounts / pageSize));
  const truth: Body[] = [];
  let requests = 0;
  let isBroken: (request: number) => boolean = () => false;
  let fault: Fault = ({ body }) => body;
  const intercept = (answer: FaceAnswer, { path }: { readonly path: string }): FaceAnswer => {
    if (path !== ACCOUNTS_PATH || answer.status !== 200) return answer;
    const number = requests++;
    const page = number % pagesInAll;
    const body = JSON.parse(answer.body) as Body;
    truth[page] ??= body;
    if (!isBroken(number)) return answer;
    const changed = fault({
      body,
      before: page === 0 ? null : (truth[page - 1] ?? null),
      after: truth[page + 1] ?? null,
    });
    return changed === 'refused'
      ? { status: 404, body: '{"error":"NOT_FOUND"}' }
      : { ...answer, body: JSON.stringify(changed) };
  };
  const clock = { now: () => venue.now(), setTimeout: () => null, clearTimeout: () => {} };
  const server = await serveCoinbase({
    venue,
    clock,
    portfolio: 'portfolio-1',
    keyName: TEST_CREDENTIALS.keyName,
    publicKey: TEST_PUBLIC_KEY,
    rowsPerPageMax: pageSize,
    intercept,
  });
  closing.push(server.close);
  const exchange = openCoinbaseExchange({
    venue: 'coinbase',
    baseUrl: server.urls.baseUrl ?? '',
    credentials: TEST_CREDENTIALS,
    scope: { portfolio: 'portfolio-1' },
    now: () => venue.now(),
  });
  const expected = venue
    .balances()
    .map(({ asset, available, hold }) => ({ asset, total: add(available, hold) }));
  return {
    pagesInAll,
    async observe(broken?: { readonly fault: Fault; readonly at: (request: number) => boolean }) {
      requests = 0;
      fault = broken?.fault ?? (({ body }) => body);
      isBroken = broken?.at ?? (() => false);
      return exchange.observe({ fillsSinceMs: null }, new AbortController().signal);
    },
    /** Known, complete, and exactly what the venue holds. */
    expectWhole(observed: Observation<Snapshot>) {
      if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
      const { value, certificate } = observed;
      expect(certificate.complete).toBe(true);
      expect(value.balances.map(({ asset, total }) => ({ asset, total }))).toEqual(expected);
      const rows = certificate.pages.filter(({ endpoint }) => endpoint === `GET ${ACCOUNTS_PATH}`);
      expect(rows).toHaveLength(pagesInAll);
    },
  };
}

/** Every account is read twice in one observation: the list as it is, and again to see that nothing moved. */
const placesIn = (pagesInAll: number): readonly number[] => {
  const first = pagesInAll > 1 ? 1 : 0;
  return [...new Set([first, pagesInAll - 1, pagesInAll + first])];
};

describe.each(CASES)('%d accounts in pages of %d', (accounts, pageSize) => {
  const isOnePage = accounts <= pageSize;
  const faults = Object.entries(FAULTS).filter(([name]) => !isOnePage || name !== 'reordered');

  it.each(faults)('are unknown while a page is %s, once or always, and then known', async (_, fault) => {
    const account = await openAccount(accounts, pageSize);
    account.expectWhole(await account.observe());
    const { pagesInAll } = account;
    const once = placesIn(pagesInAll).map((place) => (request: number) => request === place);
    const always = (request: number) => isOnePage || request % pagesInAll > 0;
    for (const at of [...once, always])
      expect(await account.observe({ fault, at })).toMatchObject({ state: 'unknown', reason: 'incomplete' });
    account.expectWhole(await account.observe());
  });

  if (isOnePage)
    it('are known, complete and the same where the only page comes in another order, once or always', async () => {
      const account = await openAccount(accounts, pageSize);
      const orders = [(request: number) => request === 0, (request: number) => request === 1, () => true];
      for (const at of orders) account.expectWhole(await account.observe({ fault: FAULTS.reordered, at }));
    });

  it('are read again where one of two scans leaves a page out without a trace', async () => {
    const account = await openAccount(accounts, pageSize);
    account.expectWhole(await account.observe());
    const { pagesInAll } = account;
    // The last page: where one in the middle is left out, the rest comes a page earlier.
    for (const place of [pagesInAll - 1, 2 * pagesInAll - 1])
      account.expectWhole(await account.observe({ fault: leftOut, at: (request) => request === place }));
  });
});
