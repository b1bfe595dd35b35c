import { multiply } from '../../domain/money/amount.ts';
import { type Fill, perpetualAsset } from '../../domain/venue/venue.ts';
import { type FillRow, fillsBody } from './dydx-rows.ts';
import type { IndexerSession } from './indexer-session.ts';
import { sideOf } from './read-orders.ts';
import { PAGE_ROWS, type ReadList, readPages } from './read-pages.ts';
import { assertMember } from './read-subaccounts.ts';
import { isFamily, type SubaccountGroup } from './subaccount-group.ts';

/** All collateral, fees and funding are in USDC. */
export const COLLATERAL = 'USDC';

const ENDPOINT = 'GET /v4/fills';

/** Fills of a group down to the first that is too old; some older ones may follow. */
export async function readFills(
  session: IndexerSession,
  group: SubaccountGroup,
  isTooOld: (row: FillRow) => boolean,
): Promise<ReadList<FillRow>> {
  return readPages({
    endpoint: ENDPOINT,
    fetch: ({ beforeOrAtHeight, page }) =>
      readPage(session, group, { limit: PAGE_ROWS, beforeOrAtHeight, page }),
    idOf: (row) => row.id,
    heightOf: (row) => row.createdAtHeight,
    isTooOld,
    hasHeightCursor: true,
  });
}

/** The id of the newest fill, asked for alone: whether the list has moved. */
export async function readNewestFillId(session: IndexerSession, group: SubaccountGroup): Promise<string> {
  const { fills } = await readPage(session, group, { limit: 1 });
  return newestFillId(fills[0] ?? null);
}

export const newestFillId = (row: FillRow | null): string => row?.id ?? 'none';

async function readPage(
  session: IndexerSession,
  group: SubaccountGroup,
  request: {
    readonly limit: number;
    readonly beforeOrAtHeight?: number | undefined;
    readonly page?: number | undefined;
  },
) {
  const body = await session.read({
    endpoint: ENDPOINT,
    schema: fillsBody,
    call: ({ account }) => {
      const { address, number } = group;
      const { limit, beforeOrAtHeight, page } = request;
      const none = undefined;
      return isFamily(group)
        ? account.getParentSubaccountNumberFills(
            address,
            number,
            none,
            none,
            limit,
            beforeOrAtHeight,
            none,
            page,
          )
        : account.getSubaccountFills(address, number, none, none, limit, beforeOrAtHeight, none, page);
    },
    rowsOf: ({ fills }) => fills.length,
  });
  for (const row of body.fills) assertMember(ENDPOINT, row.subaccountNumber, group.members);
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
    ...forcedBy(row),
  };
}

/**
 * The types of the indexer that the account did not order: `LIQUIDATED` is its own liquidation (`LIQUIDATION` an order of
 * it that another one was liquidated against), `DELEVERAGED` and `OFFSETTING` are the two sides of a deleveraging. A
 * server that names no type tells such fills by their having no order.
 */
const FORCED = {
  LIQUIDATED: 'liquidation',
  DELEVERAGED: 'deleveraging',
  OFFSETTING: 'deleveraging',
} as const satisfies Readonly<Record<string, NonNullable<Fill['forcedBy']>>>;

function forcedBy({ type, orderId }: FillRow): Pick<Fill, 'forcedBy'> {
  if (type !== undefined)
    return Object.hasOwn(FORCED, type) ? { forcedBy: FORCED[type as keyof typeof FORCED] } : {};
  return typeof orderId === 'string' ? {} : { forcedBy: 'liquidation' };
}
