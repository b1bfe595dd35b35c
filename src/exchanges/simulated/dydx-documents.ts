import { absolute, add, isNegative, multiply, subtract, sum, ZERO } from '../../domain/money/amount.ts';
import type { Position } from '../../domain/venue/venue.ts';
import { indexerSubaccountId } from '../dydx/order-id.ts';
import type { DydxMarket } from './dydx-markets.ts';
import type { DydxAccount, DydxOrder } from './dydx-orders.ts';
import type { DydxMove } from './dydx-subaccounts.ts';
import type { FundingPayment, SimulatedBalance, SimulatedVenue } from './simulated-venue.ts';

const iso = (atMs: number): string => new Date(atMs).toISOString();
const side = (amount: string): 'LONG' | 'SHORT' => (amount.startsWith('-') ? 'SHORT' : 'LONG');
/** A wallet outside, the other end of every deposit and withdrawal. */
const ELSEWHERE = 'dydx1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq';
/** Depth of each side of a simulated book, in steps. */
const BOOK_STEPS = '1000000';

/** The whole subaccount: what `/v4/addresses/{address}/subaccountNumber/{number}` wraps. */
export function subaccountDocument(
  venue: SimulatedVenue,
  account: DydxAccount,
  markets: readonly DydxMarket[],
) {
  const assets = assetPositionDocuments(venue.balances(), account);
  const positions = venue.positions().map((position) => positionDocument(position, account, markets));
  const collateral = sum(venue.balances().map(({ available, hold }) => add(available, hold)));
  const valued = venue.positions().map((position) => {
    const { oraclePrice, perpetualTerms: terms } = marketOf(markets, position.market);
    const notional = multiply(position.size, oraclePrice);
    const margin = terms?.state === 'known' ? multiply(absolute(notional), terms.initialMarginRate) : ZERO;
    return { notional, margin };
  });
  const equity = add(collateral, sum(valued.map(({ notional }) => notional)));
  return {
    address: account.address,
    subaccountNumber: account.subaccountNumber,
    equity,
    freeCollateral: subtract(equity, sum(valued.map(({ margin }) => margin))),
    openPerpetualPositions: Object.fromEntries(positions.map((one) => [one.market, one])),
    assetPositions: Object.fromEntries(assets.map((one) => [one.symbol, one])),
    marginEnabled: true,
    updatedAtHeight: String(touchedAtHeight(venue)),
    latestProcessedBlockHeight: String(venue.height()),
  };
}

/** A parent and its children together: what `/v4/addresses/{address}/parentSubaccountNumber/{number}` wraps. */
export function parentDocument(
  address: string,
  parentSubaccountNumber: number,
  children: readonly ReturnType<typeof subaccountDocument>[],
) {
  return {
    address,
    parentSubaccountNumber,
    equity: sum(children.map(({ equity }) => equity)),
    freeCollateral: sum(children.map(({ freeCollateral }) => freeCollateral)),
    childSubaccounts: children,
  };
}

/** The indexer leaves out what is zero. */
export function assetPositionDocuments(balances: readonly SimulatedBalance[], account: DydxAccount) {
  return balances
    .map(({ asset, available, hold }) => ({ asset, total: add(available, hold) }))
    .filter(({ total }) => total !== ZERO)
    .map(({ asset, total }) => ({
      symbol: asset,
      side: side(total),
      size: absolute(total),
      assetId: '0',
      subaccountNumber: account.subaccountNumber,
    }));
}

export function positionDocument(position: Position, account: DydxAccount, markets: readonly DydxMarket[]) {
  const { oraclePrice } = marketOf(markets, position.market);
  return {
    market: position.market,
    status: 'OPEN',
    side: side(position.size),
    size: position.size,
    maxSize: position.size,
    entryPrice: position.entryPrice,
    exitPrice: null,
    realizedPnl: '0',
    unrealizedPnl: multiply(position.size, subtract(oraclePrice, position.entryPrice)),
    createdAt: '2024-01-01T00:00:00.000Z',
    createdAtHeight: '1',
    closedAt: null,
    sumOpen: absolute(position.size),
    sumClose: '0',
    netFunding: '0',
    subaccountNumber: account.subaccountNumber,
  };
}

const STATUSES = {
  open: 'OPEN',
  filled: 'FILLED',
  cancelled: 'CANCELED',
  expired: 'CANCELED',
  rejected: 'ERROR',
} as const;

export function orderDocument(order: DydxOrder, account: DydxAccount) {
  const { latest } = order;
  return {
    id: order.id,
    subaccountId: indexerSubaccountId(account.address, account.subaccountNumber),
    clientId: String(order.clientId),
    clobPairId: String(order.clobPairId),
    side: latest.side === 'buy' ? 'BUY' : 'SELL',
    size: order.size,
    totalFilled: order.totalFilled,
    price: latest.limitPrice,
    type: 'LIMIT',
    status: STATUSES[latest.status],
    timeInForce: latest.timeInForce === 'immediateOrCancel' ? 'IOC' : 'GTT',
    reduceOnly: latest.reduceOnly,
    orderFlags: String(order.orderFlags),
    ...(order.goodTilBlock === null ? {} : { goodTilBlock: String(order.goodTilBlock) }),
    ...(order.goodTilBlockTimeMs === null ? {} : { goodTilBlockTime: iso(order.goodTilBlockTimeMs) }),
    createdAtHeight: String(latest.updatedAtHeight),
    clientMetadata: '0',
    updatedAt: iso(latest.updatedAtMs),
    updatedAtHeight: String(latest.updatedAtHeight),
    orderRouterAddress: '',
    postOnly: false,
    ticker: latest.market,
    subaccountNumber: account.subaccountNumber,
  };
}

export function fillDocument(
  fill: ReturnType<SimulatedVenue['fills']>[number],
  orderId: string,
  account: DydxAccount,
) {
  return {
    id: fill.id,
    side: fill.side === 'buy' ? 'BUY' : 'SELL',
    liquidity: 'TAKER',
    type: fill.forcedBy === undefined ? 'LIMIT' : 'LIQUIDATED',
    market: fill.market,
    marketType: 'PERPETUAL',
    price: fill.price,
    size: fill.quantity,
    fee: fill.fee.amount,
    affiliateRevShare: '0',
    createdAt: iso(fill.atMs),
    createdAtHeight: String(fill.height),
    // A liquidation has no order.
    ...(fill.forcedBy === undefined ? { orderId } : {}),
    clientMetadata: '0',
    subaccountNumber: account.subaccountNumber,
  };
}

export function transferDocument(
  transfer: ReturnType<SimulatedVenue['transfers']>[number],
  account: DydxAccount,
) {
  const [delta] = transfer.deltas;
  const isIn = delta !== undefined && !isNegative(delta.amount);
  const elsewhere = { address: ELSEWHERE };
  return {
    id: transfer.id,
    sender: isIn ? elsewhere : account,
    recipient: isIn ? account : elsewhere,
    size: absolute(delta?.amount ?? ZERO),
    createdAt: iso(transfer.atMs),
    createdAtHeight: String(transfer.height),
    symbol: delta?.asset ?? '',
    type: isIn ? 'DEPOSIT' : 'WITHDRAWAL',
    transactionHash: transfer.id.replaceAll('-', '').toUpperCase(),
  };
}

/** A move between two subaccounts, as the list of one of them shows it. */
export function moveDocument(move: DydxMove, { address, subaccountNumber }: DydxAccount) {
  return {
    id: move.id,
    sender: { address, subaccountNumber: move.from },
    recipient: { address, subaccountNumber: move.to },
    size: move.amount,
    createdAt: iso(move.atMs),
    createdAtHeight: String(move.height),
    symbol: move.asset,
    type: move.to === subaccountNumber ? 'TRANSFER_IN' : 'TRANSFER_OUT',
    transactionHash: move.id.replaceAll('-', '').toUpperCase(),
  };
}

export function fundingDocument(
  payment: FundingPayment,
  account: DydxAccount,
  markets: readonly DydxMarket[],
) {
  return {
    createdAt: iso(payment.atMs),
    createdAtHeight: String(payment.height),
    perpetualId: String(marketOf(markets, payment.market).clobPairId),
    ticker: payment.market,
    oraclePrice: payment.oraclePrice,
    size: payment.size,
    side: side(payment.size),
    rate: payment.rate,
    payment: payment.payment,
    subaccountNumber: String(account.subaccountNumber),
    fundingIndex: '0',
  };
}

export function marketDocument(market: DydxMarket) {
  const { perpetualTerms: terms } = market;
  return {
    clobPairId: String(market.clobPairId),
    ticker: market.market,
    status: market.isTradable ? 'ACTIVE' : 'CANCEL_ONLY',
    oraclePrice: market.oraclePrice,
    priceChange24H: '0',
    ...(market.dayQuoteVolume === undefined ? {} : { volume24H: market.dayQuoteVolume }),
    trades24H: 0,
    nextFundingRate: '0',
    initialMarginFraction: terms?.state === 'known' ? terms.initialMarginRate : '0.05',
    ...(terms?.state === 'known' ? { maintenanceMarginFraction: terms.maintenanceMarginRate } : {}),
    openInterest: '0',
    atomicResolution: market.atomicResolution,
    quantumConversionExponent: market.quantumConversionExponent,
    tickSize: market.tick,
    stepSize: market.step,
    stepBaseQuantums: market.stepBaseQuantums,
    subticksPerTick: market.subticksPerTick,
    marketType: 'CROSS',
    openInterestLowerCap: '0',
    openInterestUpperCap: '0',
    baseOpenInterest: '0',
    defaultFundingRate1H: '0',
  };
}

export function orderBookDocument(market: DydxMarket) {
  const size = multiply(market.step, BOOK_STEPS as typeof market.step);
  return { bids: [{ price: market.bid, size }], asks: [{ price: market.ask, size }] };
}

/** When something last moved there. A payment that falls due moves nothing: it waits for the next thing that does. */
export function touchedAtHeight(venue: SimulatedVenue): number {
  const changes = [...venue.fills(), ...venue.transfers()];
  return changes.reduce((height, change) => Math.max(height, change.height), 1);
}

function marketOf(markets: readonly DydxMarket[], market: string): DydxMarket {
  const found = markets.find((one) => one.market === market);
  if (found === undefined) throw new Error(`a position is in a market of the venue: ${market}`);
  return found;
}
