// The subaccounts of a scope, with the children that hold isolated positions.
//
// Invariants:
// 1. A parent of the scope is read with every child that the venue has of it, or the certificate's scope says that it is not.
// 2. No subaccount is read twice in one look, and none of another address or of another parent is taken.
// 3. A subaccount that the scope lists and the venue has not is `wrongScope`, never empty.

import { absolute, isMore, subtract, sum } from '../../domain/money/amount.ts';
import { addressBody, parentBody, type SubaccountRow, subaccountBody } from './dydx-rows.ts';
import { type DydxScope, fingerprintOf } from './dydx-scope.ts';
import { EQUITY_ROUNDING_MAX } from './equity-identity.ts';
import { type IndexerSession, isNotFound, readFailed } from './indexer-session.ts';
import { PAGE_ROWS } from './read-pages.ts';
import { alone, PARENTS, parentOf, type SubaccountGroup } from './subaccount-group.ts';

/** What one look at the subaccounts showed. */
export interface SubaccountLook {
  /** In the order of their numbers. */
  readonly rows: readonly SubaccountRow[];
  readonly groups: readonly SubaccountGroup[];
  /** What a certificate names; another one where the venue does not tell which children there are. */
  readonly fingerprint: string;
}

/** Remembers that the venue has the endpoint of parents: where it had subaccounts and has none, it is no older server. */
export interface ParentsMark {
  note(): void;
  isNoted(): boolean;
}

export function createParentsMark(): ParentsMark {
  let isNoted = false;
  return {
    note() {
      isNoted = true;
    },
    isNoted: () => isNoted,
  };
}

/** Reads every subaccount of the scope and every child of its parents, and holds each to the scope. */
export async function readSubaccounts(
  session: IndexerSession,
  scope: DydxScope,
  mark: ParentsMark,
): Promise<SubaccountLook> {
  const { address, subaccountNumbers: listed } = scope;
  const rows: SubaccountRow[] = [];
  const groups: SubaccountGroup[] = [];
  let isEnumerated = true;
  for (const parent of listed.filter((number) => number < PARENTS)) {
    const family = await readFamily(session, { address, parent }, mark);
    isEnumerated &&= family !== null;
    if (family === null) continue;
    const members = family.map((one) => one.subaccountNumber);
    const missing = listed.find((number) => parentOf(number) === parent && !members.includes(number));
    if (missing !== undefined) {
      throw readFailed(
        'wrongScope',
        `${address}/${parent}: expected subaccount ${missing}, found ${members}`,
      );
    }
    rows.push(...family);
    groups.push({ address, number: parent, members });
  }
  for (const number of listed) {
    if (rows.some((row) => row.subaccountNumber === number)) continue;
    rows.push(await readSubaccount(session, address, number));
    groups.push(alone(address, number));
  }
  const fingerprint = fingerprintOf(scope) + (isEnumerated ? '' : ' without children');
  return { rows: rows.sort((a, b) => a.subaccountNumber - b.subaccountNumber), groups, fingerprint };
}

/**
 * A parent and its children, sorted; null where the server has neither of the two endpoints that list them. Indexers of
 * before isolated margin have no endpoint of parents, but one of addresses.
 */
async function readFamily(
  session: IndexerSession,
  { address, parent }: Family,
  mark: ParentsMark,
): Promise<readonly SubaccountRow[] | null> {
  const ofParent = `GET /v4/addresses/${address}/parentSubaccountNumber/${parent}`;
  const ofAddress = `GET /v4/addresses/${address}`;
  const read = await orNull(ofParent, () => readParent(session, ofParent, { address, parent }));
  if (read !== null) mark.note();
  else if (mark.isNoted()) {
    throw readFailed('wrongScope', `${ofParent}: HTTP 404, where there were subaccounts before`);
  }
  const family =
    read ?? (await orNull(ofAddress, () => readAddress(session, ofAddress, { address, parent })));
  if (family === null) return null;
  const numbers = family.map((one) => one.subaccountNumber);
  if (new Set(numbers).size !== numbers.length) {
    throw readFailed('incoherent', `${ofParent}: a subaccount is listed twice: ${numbers}`);
  }
  return [...family].sort((a, b) => a.subaccountNumber - b.subaccountNumber);
}

interface Family {
  readonly address: string;
  readonly parent: number;
}

async function readParent(
  session: IndexerSession,
  endpoint: string,
  { address, parent }: Family,
): Promise<readonly SubaccountRow[]> {
  const { subaccount } = await session.read({
    endpoint,
    schema: parentBody,
    call: (client) => client.account.getParentSubaccount(address, parent),
    rowsOf: (body) => body.subaccount.childSubaccounts.length,
  });
  const { parentSubaccountNumber, childSubaccounts, equity } = subaccount;
  if (subaccount.address !== address || parentSubaccountNumber !== parent) {
    const found = `${subaccount.address}/${parentSubaccountNumber}`;
    throw readFailed('wrongScope', `${endpoint}: expected ${address}/${parent}, found ${found}`);
  }
  for (const child of childSubaccounts) {
    const { subaccountNumber } = child;
    if (parentOf(subaccountNumber) !== parent) {
      throw readFailed('wrongScope', `${endpoint}: expected children, found subaccount ${subaccountNumber}`);
    }
    assertOwn(endpoint, child, { address, number: subaccountNumber });
  }
  const parts = childSubaccounts.flatMap((child) => child.equity ?? []);
  if (equity === undefined || equity === null || parts.length < childSubaccounts.length)
    return childSubaccounts;
  const computed = sum(parts);
  if (isMore(absolute(subtract(equity, computed)), EQUITY_ROUNDING_MAX)) {
    const detail = `its subaccounts make an equity of ${computed}, it reports ${equity}`;
    throw readFailed('suspectSource', `${endpoint}: ${detail}`);
  }
  return childSubaccounts;
}

async function readAddress(
  session: IndexerSession,
  endpoint: string,
  { address, parent }: Family,
): Promise<readonly SubaccountRow[]> {
  const { subaccounts } = await session.read({
    endpoint,
    schema: addressBody,
    call: (client) => client.account.getSubaccounts(address, PAGE_ROWS),
    rowsOf: (body) => body.subaccounts.length,
  });
  if (subaccounts.length >= PAGE_ROWS) {
    throw readFailed('incomplete', `${endpoint}: the list has no pages and holds ${subaccounts.length} rows`);
  }
  const family = subaccounts.filter(({ subaccountNumber }) => parentOf(subaccountNumber) === parent);
  for (const one of family) assertOwn(endpoint, one, { address, number: one.subaccountNumber });
  return family;
}

async function readSubaccount(
  session: IndexerSession,
  address: string,
  number: number,
): Promise<SubaccountRow> {
  const endpoint = `GET /v4/addresses/${address}/subaccountNumber/${number}`;
  const read = await orNull(endpoint, () =>
    session.read({
      endpoint,
      schema: subaccountBody,
      call: (client) => client.account.getSubaccount(address, number),
      rowsOf: ({ subaccount }) =>
        Object.keys(subaccount.assetPositions).length + Object.keys(subaccount.openPerpetualPositions).length,
    }),
  );
  // The venue knows no such subaccount: that is not an empty one.
  if (read === null) throw readFailed('wrongScope', `${endpoint}: HTTP 404, there is no such subaccount`);
  assertOwn(endpoint, read.subaccount, { address, number });
  return read.subaccount;
}

/** Null for what is not there; every other trouble goes on. */
async function orNull<T>(endpoint: string, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error, endpoint)) return null;
    throw error;
  }
}

function assertOwn(
  endpoint: string,
  subaccount: SubaccountRow,
  expected: { readonly address: string; readonly number: number },
): void {
  const { address, number } = expected;
  if (subaccount.address !== address || subaccount.subaccountNumber !== number) {
    const found = `${subaccount.address}/${subaccount.subaccountNumber}`;
    throw readFailed('wrongScope', `${endpoint}: expected ${address}/${number}, found ${found}`);
  }
  for (const [key, position] of Object.entries(subaccount.openPerpetualPositions)) {
    if (key !== position.market)
      throw readFailed('malformed', `${endpoint}: position ${key} is of ${position.market}`);
    assertMember(endpoint, position.subaccountNumber, [number]);
  }
  for (const [key, position] of Object.entries(subaccount.assetPositions)) {
    if (key !== position.symbol)
      throw readFailed('malformed', `${endpoint}: asset ${key} is ${position.symbol}`);
    assertMember(endpoint, position.subaccountNumber, [number]);
  }
}

/** Rows of newer indexers name their subaccount; a row of another one is not ours. */
export function assertMember(endpoint: string, found: number | undefined, members: readonly number[]): void {
  if (found === undefined || members.includes(found)) return;
  throw readFailed('wrongScope', `${endpoint}: expected subaccount ${members}, found a row of ${found}`);
}
