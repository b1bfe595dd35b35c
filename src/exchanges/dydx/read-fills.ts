import { multiply } from '../../domain/money/amount.ts';
import { type Fill, perpetualAsset } from '../../domain/venue/venue.ts';
import { type FillRow, fillsBody } from './dydx-rows.ts';
import type { IndexerSession } from './indexer-session.ts';
import { sideOf } from './read-orders.ts';
import { PAGE_ROWS, type ReadList, readPages } from './read-pages.ts';
import { assertSubaccount } from './read-subaccounts.ts';

/** All collateral, fees and funding are in USDC. */
export const COLLATERAL = 'USDC';

const ENDPOINT = 'GET /v4/fills';

interface Subaccount {
  readonly address: string;
  readonly subaccountNumber: number;
}

/** Fills of a subaccount down to the first that is too old; some older ones may follow. */
export async function readFills(
  session: IndexerSession,
  subaccount: Subaccount,
  isTooOld: (row: FillRow) => boolean,
): Promise<ReadList<FillRow>> {
  return readPages({
    endpoint: ENDPOINT,
    fetch: ({ beforeOrAtHeight, page }) =>
      readPage(session, subaccount, { limit: PAGE_ROWS, beforeOrAtHeight, page }),
    idOf: (row) => row.id,
    heightOf: (row) => row.createdAtHeight,
    isTooOld,
    hasHeightCursor: true,
  });
}

/** The id of the newest fill, asked for alone: whether the list has moved. */
export async function readNewestFillId(session: IndexerSession, subaccount: Subaccount): Promise<string> {
  const { fills } = await readPage(session, subaccount, { limit: 1 });
  return newestFillId(fills[0] ?? null);
}

export const newestFillId = (row: FillRow | null): string => row?.id ?? 'none';

async function readPage(
  session: IndexerSession,
  { address, subaccountNumber }: Subaccount,
  request: {
    readonly limit: number;
    readonly beforeOrAtHeight?: number | undefined;
    readonly page?: number | undefined;
  },
) {
  const body = await session.read({
    endpoint: ENDPOINT,
    schema: fillsBody,
    call: (client) =>
      client.account.getSubaccountFills(
        address,
        subaccountNumber,
        undefined,
        undefined,
        request.limit,
        request.beforeOrAtHeight,
        undefined,
        request.page,
      ),
    rowsOf: ({ fills }) => fills.length,
  });
  for (const row of body.fills) assertSubaccount(ENDPOINT, row.subaccountNumber, subaccountNumber);
  return { ...body, rows: body.fills };
}

/** `clientOrderId` is what the order list says of the fill's order; the fill itself does not name it. */
export function fillOf(row: FillRow, clientOrderId: string | null): Fill {
  return {
    id: row.id,
    // A liquidation or a deleveraging comes without an order.
    orderId: row.orderId ?? '',
    clientOrderId,
    market: row.market,
    base: perpetualAsset(row.market),
    quote: COLLATERAL,
    side: sideOf(row),
    quantity: row.size,
    price: row.price,
    quoteAmount: multiply(row.size, row.price),
    fee: { asset: COLLATERAL, amount: row.fee },
    atMs: row.createdAt,
  };
}
