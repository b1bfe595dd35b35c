import { createHash } from 'node:crypto';
import type { Watermark } from '../../domain/venue/observation.ts';
import { type SubaccountRow, subaccountBody } from './dydx-rows.ts';
import type { DydxScope } from './dydx-scope.ts';
import { type IndexerSession, ReadFailed, readFailed } from './indexer-session.ts';

/** Reads every subaccount of the scope, in the order of their numbers, and holds each to the scope. */
export async function readSubaccounts(
  session: IndexerSession,
  scope: DydxScope,
): Promise<readonly SubaccountRow[]> {
  const subaccounts: SubaccountRow[] = [];
  for (const number of scope.subaccountNumbers)
    subaccounts.push(await readSubaccount(session, scope.address, number));
  return subaccounts;
}

async function readSubaccount(
  session: IndexerSession,
  address: string,
  number: number,
): Promise<SubaccountRow> {
  const endpoint = `GET /v4/addresses/${address}/subaccountNumber/${number}`;
  const { subaccount } = await session
    .read({
      endpoint,
      schema: subaccountBody,
      call: (client) => client.account.getSubaccount(address, number),
      rowsOf: (body) =>
        Object.keys(body.subaccount.assetPositions).length +
        Object.keys(body.subaccount.openPerpetualPositions).length,
    })
    .catch((error: unknown) => {
      // The venue knows no such subaccount: that is not an empty one.
      if (error instanceof ReadFailed && error.outcome.detail.startsWith(`${endpoint}: HTTP 404`)) {
        throw readFailed('wrongScope', error.outcome.detail);
      }
      throw error;
    });
  if (subaccount.address !== address || subaccount.subaccountNumber !== number) {
    const found = `${subaccount.address}/${subaccount.subaccountNumber}`;
    throw readFailed('wrongScope', `${endpoint}: expected ${address}/${number}, found ${found}`);
  }
  for (const [key, position] of Object.entries(subaccount.openPerpetualPositions)) {
    if (key !== position.market)
      throw readFailed('malformed', `${endpoint}: position ${key} is of ${position.market}`);
    assertSubaccount(endpoint, position.subaccountNumber, number);
  }
  for (const [key, position] of Object.entries(subaccount.assetPositions)) {
    if (key !== position.symbol)
      throw readFailed('malformed', `${endpoint}: asset ${key} is ${position.symbol}`);
    assertSubaccount(endpoint, position.subaccountNumber, number);
  }
  return subaccount;
}

/** Rows of newer indexers name their subaccount; a row of another one is not ours. */
export function assertSubaccount(endpoint: string, found: number | undefined, expected: number): void {
  if (found === undefined || found === expected) return;
  throw readFailed('wrongScope', `${endpoint}: expected subaccount ${expected}, found a row of ${found}`);
}

/**
 * Where the subaccounts stood: the heights at which they last changed, or where an indexer does not say, their holdings.
 * The height is that of the indexer which answered last of all, so that nothing later is claimed.
 */
export function watermarkOf(
  subaccounts: readonly SubaccountRow[],
  newestFillIds: readonly string[],
  indexerHeight: number | null,
): Watermark {
  const heights = subaccounts.map((one) => one.latestProcessedBlockHeight ?? indexerHeight);
  const changes = subaccounts.map(
    (one) => `${one.subaccountNumber}:${one.updatedAtHeight ?? '-'}:${digestOfHoldings(one).slice(0, 16)}`,
  );
  return {
    activity: [...changes, ...newestFillIds.map((id) => `fill:${id}`)].join(' '),
    height: lowestOf(heights),
  };
}

/** Null where a part has no height: nothing is claimed of it. */
function lowestOf(heights: readonly (number | null)[]): number | null {
  const known = heights.filter((height) => height !== null);
  return known.length === heights.length ? Math.min(...known) : null;
}

function digestOfHoldings(subaccount: SubaccountRow): string {
  const lines = [
    ...Object.values(subaccount.assetPositions).map((one) => `${one.symbol} ${one.side} ${one.size}`),
    ...Object.values(subaccount.openPerpetualPositions).map((one) => `${one.market} ${one.side} ${one.size}`),
  ];
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
