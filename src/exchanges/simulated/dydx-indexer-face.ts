import {
  assetPositionDocuments,
  fillDocument,
  fundingDocument,
  marketDocument,
  moveDocument,
  orderBookDocument,
  orderDocument,
  parentDocument,
  positionDocument,
  subaccountDocument,
  transferDocument,
} from './dydx-documents.ts';
import { byExpiry } from './dydx-orders.ts';
import type { DydxSubaccount, DydxSubaccounts } from './dydx-subaccounts.ts';
import type { FaceAnswer, FaceRequest } from './http-face.ts';

const LIMIT_MAX = 1_000;

/** Answers of the indexer's REST interface. */
export function dydxIndexerFace(subaccounts: DydxSubaccounts): (request: FaceRequest) => FaceAnswer {
  const { address, main } = subaccounts;
  const { venue } = main;
  const list = () => main.orders.markets();

  return function handle({ method, path, query }: FaceRequest): FaceAnswer {
    if (method !== 'GET' || !path.startsWith('/v4/')) return notFound(`there is no ${method} ${path}`);
    const limit = Number(query.get('limit') ?? LIMIT_MAX);
    if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
      return refused(400, `limit must be a positive integer that is not greater than max: ${LIMIT_MAX}`);
    }
    switch (path) {
      case '/v4/height':
        return json({ height: String(venue.height()), time: new Date(venue.now()).toISOString() });
      case '/v4/time':
        return json({ iso: new Date(venue.now()).toISOString(), epoch: venue.now() / 1_000 });
      case '/v4/perpetualMarkets':
        return markets(query.get('ticker') ?? query.get('market'));
    }
    const [, section = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
    if (section === 'orderbooks') return orderBook(rest[1] ?? '');
    if (section === 'addresses') return addresses(rest);
    const ofParent = PARENT_LISTS.includes(`${section}/${rest[0]}`);
    if (section === 'orders' && rest[0] !== undefined && !ofParent) return order(rest[0]);
    if (rest[0] !== undefined && !ofParent) return notFound(`there is no ${path}`);
    const number = query.get(ofParent ? 'parentSubaccountNumber' : 'subaccountNumber');
    if (query.get('address') !== address || number === null) return json(emptyOf(section));
    const single = subaccounts.numbered(Number(number));
    const asked = ofParent ? subaccounts.familyOf(Number(number)) : single === undefined ? [] : [single];
    return asked.length === 0 ? json(emptyOf(section)) : accountList(section, asked, query, limit);
  };

  function accountList(
    section: string,
    asked: readonly DydxSubaccount[],
    query: URLSearchParams,
    limit: number,
  ): FaceAnswer {
    switch (section) {
      case 'assetPositions':
        return json({
          positions: asked.flatMap((one) => assetPositionDocuments(one.venue.balances(), one.orders.account)),
        });
      case 'perpetualPositions':
        return json({
          positions: asked.flatMap((one) =>
            one.venue.positions().map((position) => positionDocument(position, one.orders.account, list())),
          ),
        });
      case 'orders':
        return orderList(asked, query, limit);
      case 'fills': {
        const ofMarket = asked
          .flatMap(fillsOf)
          .filter((row) => (query.get('market') ?? row.market) === row.market)
          .sort(newestFirst);
        // With a page the indexer lists fills by event, oldest first.
        return paged('fills', query.has('page') ? ofMarket.toReversed() : ofMarket, query, limit);
      }
      case 'transfers':
        return paged('transfers', asked.flatMap(transfersOf).sort(newestFirst), query, limit);
      case 'fundingPayments': {
        const after = Date.parse(query.get('afterOrAt') ?? '1970-01-01T00:00:00Z');
        const rows = asked
          .flatMap((one) =>
            one.venue.fundingPayments().map((paid) => fundingDocument(paid, one.orders.account, list())),
          )
          .filter((row) => Date.parse(row.createdAt) >= after)
          .filter((row) => (query.get('ticker') ?? row.ticker) === row.ticker)
          .sort(newestFirst);
        return paged('fundingPayments', rows, query, limit);
      }
      default:
        return notFound(`there is no /v4/${section}`);
    }
  }

  function fillsOf({ venue: one, orders }: DydxSubaccount) {
    const ids = orders.ids();
    return one
      .fills()
      .map((fill) => fillDocument(fill, ids.get(fill.orderId) ?? fill.orderId, orders.account));
  }

  function transfersOf({ venue: one, orders }: DydxSubaccount) {
    const { account } = orders;
    const outside = one.transfers().filter(({ id }) => !subaccounts.isMove(id));
    const inside = subaccounts
      .moves()
      .filter(({ from, to }) => from === account.subaccountNumber || to === account.subaccountNumber);
    return [
      ...outside.map((transfer) => transferDocument(transfer, account)),
      ...inside.map((move) => moveDocument(move, account)),
    ];
  }

  function document(one: DydxSubaccount) {
    return subaccountDocument(one.venue, one.orders.account, list());
  }

  function addresses([found, kind, number]: readonly string[]): FaceAnswer {
    const isOurs = found === address;
    if (kind === undefined) {
      if (!isOurs) return notFound(`No subaccounts found for address ${found}`);
      return json({ subaccounts: subaccounts.all.map(document), totalTradingRewards: '0' });
    }
    if (kind === 'parentSubaccountNumber') {
      const family = isOurs ? subaccounts.familyOf(Number(number)) : [];
      if (family.length === 0) {
        return notFound(`No subaccounts found for address ${found} and parentSubaccountNumber ${number}`);
      }
      return json({ subaccount: parentDocument(address, Number(number), family.map(document)) });
    }
    const single = isOurs && kind === 'subaccountNumber' ? subaccounts.numbered(Number(number)) : undefined;
    return single === undefined
      ? notFound(`No subaccount found with address ${found} and subaccountNumber ${number}`)
      : json({ subaccount: document(single) });
  }

  function orderList(asked: readonly DydxSubaccount[], query: URLSearchParams, limit: number): FaceAnswer {
    const statuses = query.get('status')?.split(',') ?? null;
    const beforeBlock = query.get('goodTilBlockBeforeOrAt');
    const beforeTime = query.get('goodTilBlockTimeBeforeOrAt');
    const rows = asked
      .flatMap(({ orders }) => orders.list().map((one) => ({ one, account: orders.account })))
      .sort((a, b) => byExpiry(a.one, b.one))
      .map(({ one, account }) => orderDocument(one, account))
      .filter((row) => statuses === null || statuses.includes(row.status))
      .filter((row) => (query.get('ticker') ?? row.ticker) === row.ticker)
      .filter((row) => (query.get('side') ?? row.side) === row.side)
      .filter((row) => beforeBlock === null || Number(row.goodTilBlock ?? Number.NaN) <= Number(beforeBlock))
      .filter(
        (row) => beforeTime === null || Date.parse(row.goodTilBlockTime ?? '') <= Date.parse(beforeTime),
      );
    const isLatestFirst = query.get('returnLatestOrders') !== 'false';
    return json((isLatestFirst ? rows : rows.toReversed()).slice(0, limit));
  }

  function order(id: string): FaceAnswer {
    const [found] = subaccounts.all.flatMap(({ orders }) =>
      orders
        .list()
        .filter((one) => one.id === id)
        .map((one) => orderDocument(one, orders.account)),
    );
    return found === undefined ? notFound(`Unable to find order id ${id}`) : json(found);
  }

  function markets(ticker: string | null): FaceAnswer {
    const rows = list().filter((one) => ticker === null || one.market === ticker);
    if (ticker !== null && rows.length === 0)
      return refused(400, 'ticker must be a valid ticker (BTC-USD, etc)');
    return json({ markets: Object.fromEntries(rows.map((one) => [one.market, marketDocument(one)])) });
  }

  function orderBook(ticker: string): FaceAnswer {
    const market = list().find((one) => one.market === ticker);
    return market === undefined
      ? refused(400, 'ticker must be a valid ticker (BTC-USD, etc)')
      : json(orderBookDocument(market));
  }
}

/** The lists of a parent with its children; funding alone is named differently. */
const PARENT_LISTS = [
  'assetPositions/parentSubaccountNumber',
  'perpetualPositions/parentSubaccountNumber',
  'orders/parentSubaccountNumber',
  'fills/parentSubaccountNumber',
  'fundingPayments/parentSubaccount',
];

/** Rows of one height stay in the order in which their subaccount lists them. */
const newestFirst = (a: { readonly createdAtHeight: string }, b: { readonly createdAtHeight: string }) =>
  Number(b.createdAtHeight) - Number(a.createdAtHeight);

/** Rows of a list by height or by page. Only with a page the indexer counts. */
function paged(
  key: string,
  rows: readonly { readonly createdAtHeight: string }[],
  query: URLSearchParams,
  limit: number,
): FaceAnswer {
  const before = Number(query.get('createdBeforeOrAtHeight') ?? Number.POSITIVE_INFINITY);
  const matching = rows.filter((row) => Number(row.createdAtHeight) <= before);
  if (!query.has('page')) return json({ [key]: matching.slice(0, limit) });
  const page = Number(query.get('page'));
  const offset = (page - 1) * limit;
  if (!Number.isInteger(page) || page < 1) return refused(400, 'page must be a positive integer');
  if (page > 1 && offset >= matching.length) return notFound(`there is no page ${page}`);
  const body = { [key]: matching.slice(offset, offset + limit) };
  return json({ ...body, pageSize: limit, totalResults: matching.length, offset });
}

const LISTS = ['fills', 'transfers', 'fundingPayments', 'positions'] as const;

/** The answer with the claim that one more row follows, which no page has. */
export function claimMoreRows(answer: FaceAnswer): FaceAnswer {
  return changeBody(answer, (body) => {
    const key = LISTS.find((one) => Array.isArray(body[one]));
    if (key === undefined) return body;
    const rows = body[key] as readonly unknown[];
    return { ...body, pageSize: LIMIT_MAX, totalResults: rows.length + 1, offset: 0 };
  });
}

/** The answer with its first row broken: a size becomes a JSON number. A row is made up where there is none. */
export function breakDydxRow(answer: FaceAnswer): FaceAnswer {
  return changeBody(answer, (body) => {
    if (Array.isArray(body)) return [broken(body[0]), ...body.slice(1)];
    const key = LISTS.find((one) => Array.isArray(body[one]));
    if (key !== undefined) {
      const rows = body[key] as readonly unknown[];
      return { ...body, [key]: [broken(rows[0]), ...rows.slice(1)] };
    }
    if (isRecord(body.subaccount)) {
      const assetPositions = { USDC: { symbol: 'USDC', side: 'LONG', size: 1.5, assetId: '0' } };
      const children = body.subaccount.childSubaccounts;
      return Array.isArray(children)
        ? {
            ...body,
            subaccount: { ...body.subaccount, childSubaccounts: [{ ...children[0], assetPositions }] },
          }
        : { ...body, subaccount: { ...body.subaccount, assetPositions } };
    }
    return { ...body, height: 1.5, markets: { broken: broken({}) } };
  });
}

const broken = (row: unknown): object => ({ ...(isRecord(row) ? row : {}), size: 1.5, payment: 1.5 });

function changeBody(answer: FaceAnswer, change: (body: Record<string, unknown>) => unknown): FaceAnswer {
  if (answer.status !== 200) return answer;
  return { ...answer, body: JSON.stringify(change(JSON.parse(answer.body) as Record<string, unknown>)) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const emptyOf = (section: string): unknown =>
  section === 'orders' ? [] : section.endsWith('Positions') ? { positions: [] } : { [section]: [] };

const json = (body: unknown): FaceAnswer => ({ status: 200, body: JSON.stringify(body) });
const refused = (status: number, msg: string): FaceAnswer => ({
  status,
  body: JSON.stringify({ errors: [{ msg }] }),
});
const notFound = (msg: string): FaceAnswer => refused(404, msg);
