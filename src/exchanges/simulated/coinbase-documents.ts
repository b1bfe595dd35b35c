// What Advanced Trade says of accounts, orders, fills, products and ledger rows, made of a simulated venue's truth.

import { assert } from '../../domain/assert.ts';
import {
  type Amount,
  amount,
  divide,
  isZero,
  multiply,
  negate,
  subtract,
  sum,
} from '../../domain/money/amount.ts';
import type { OrderStatus } from '../../domain/venue/order.ts';
import type { Activity, Fill, Market } from '../../domain/venue/venue.ts';
import { simulatedId } from './simulated-id.ts';
import type { SimulatedBalance, SimulatedOrder, SimulatedVenue } from './simulated-venue.ts';

const FIAT = new Set(['USD', 'EUR', 'GBP']);

const STATUSES: Readonly<Record<OrderStatus, string>> = {
  open: 'OPEN',
  filled: 'FILLED',
  cancelled: 'CANCELLED',
  expired: 'EXPIRED',
  rejected: 'FAILED',
};

export const accountId = (venue: string, asset: string): string =>
  simulatedId({ venue, seed: '0', kind: `account of ${asset}`, counter: 1 });

export function accountDocument(venue: string, portfolio: string, balance: SimulatedBalance) {
  const { asset: currency } = balance;
  const updatedAt = new Date(balance.updatedAtMs).toISOString();
  return {
    uuid: accountId(venue, currency),
    name: FIAT.has(currency) ? `Cash (${currency})` : `${currency} Wallet`,
    currency,
    available_balance: { value: balance.available, currency },
    default: true,
    active: true,
    created_at: '2024-01-01T00:00:00.000Z',
    updated_at: updatedAt,
    deleted_at: null,
    type: FIAT.has(currency) ? 'ACCOUNT_TYPE_FIAT' : 'ACCOUNT_TYPE_CRYPTO',
    ready: true,
    hold: { value: balance.hold, currency },
    retail_portfolio_id: portfolio,
    platform: 'ACCOUNT_PLATFORM_CONSUMER',
  };
}

/** `quoteSize` is the amount of quote of a market order that was placed for one, fees included. */
export function orderDocument(
  order: SimulatedOrder,
  fills: readonly Fill[],
  { portfolio, quoteSize }: { readonly portfolio: string; readonly quoteSize: Amount | undefined },
) {
  const own = fills.filter((fill) => fill.orderId === order.id);
  const value = sum(own.map((fill) => fill.quoteAmount));
  const fees = sum(own.map((fill) => fill.fee.amount));
  const size = { base_size: order.quantity, limit_price: order.limitPrice };
  return {
    order_id: order.id,
    product_id: order.market,
    user_id: portfolio,
    order_configuration:
      quoteSize !== undefined
        ? { market_market_ioc: { quote_size: quoteSize } }
        : order.timeInForce === 'immediateOrCancel'
          ? { sor_limit_ioc: size }
          : { limit_limit_gtc: { ...size, post_only: false } },
    side: order.side.toUpperCase(),
    client_order_id: order.clientOrderId,
    status: STATUSES[order.status],
    time_in_force: order.timeInForce === 'immediateOrCancel' ? 'IMMEDIATE_OR_CANCEL' : 'GOOD_UNTIL_CANCELLED',
    created_time: new Date(order.createdAtMs).toISOString(),
    completion_percentage: isZero(order.quantity)
      ? '0'
      : multiply(divide(order.filledQuantity, order.quantity, 4), amount('100')),
    filled_size: order.filledQuantity,
    average_filled_price: isZero(order.filledQuantity) ? '0' : divide(value, order.filledQuantity, 16),
    fee: '',
    number_of_fills: String(own.length),
    filled_value: value,
    pending_cancel: false,
    size_in_quote: quoteSize !== undefined,
    total_fees: fees,
    size_inclusive_of_fees: quoteSize !== undefined,
    total_value_after_fees: order.side === 'buy' ? sum([value, fees]) : subtract(value, fees),
    trigger_status: 'INVALID_ORDER_TYPE',
    order_type: quoteSize === undefined ? 'LIMIT' : 'MARKET',
    reject_reason: order.rejectReason === null ? 'REJECT_REASON_UNSPECIFIED' : failureOf(order.rejectReason),
    settled: order.status === 'filled',
    product_type: 'SPOT',
    reject_message: order.rejectReason ?? '',
    cancel_message: '',
    order_placement_source: 'RETAIL_ADVANCED',
    is_liquidation: false,
    last_fill_time: own[0] === undefined ? null : new Date(own[0].atMs).toISOString(),
    retail_portfolio_id: portfolio,
  };
}

/** As live: executions of an order for an amount of quote have their size in quote. */
export function fillDocument(
  fill: Fill,
  { portfolio, isInQuote }: { readonly portfolio: string; readonly isInQuote: boolean },
) {
  assert(fill.fee.asset === fill.quote, `this venue takes fees in the quote, not in ${fill.fee.asset}`);
  const at = new Date(fill.atMs).toISOString();
  return {
    entry_id: `entry-${fill.id}`,
    trade_id: fill.id,
    order_id: fill.orderId,
    trade_time: at,
    trade_type: 'FILL',
    price: fill.price,
    size: isInQuote ? fill.quoteAmount : fill.quantity,
    commission: fill.fee.amount,
    product_id: fill.market,
    sequence_timestamp: at,
    liquidity_indicator: 'TAKER',
    size_in_quote: isInQuote,
    user_id: portfolio,
    side: fill.side.toUpperCase(),
    retail_portfolio_id: portfolio,
  };
}

/** As live: best prices are empty here and told by `best_bid_ask`. */
export function productDocument(market: Market) {
  return {
    product_id: market.market,
    price: market.bid,
    base_increment: market.step,
    quote_increment: market.tick,
    quote_min_size: market.minNotional,
    base_min_size: market.minQuantity,
    is_disabled: false,
    status: 'online',
    cancel_only: false,
    limit_only: false,
    post_only: false,
    trading_disabled: !market.isTradable,
    auction_mode: false,
    product_type: 'SPOT',
    quote_currency_id: market.quote,
    base_currency_id: market.base,
    view_only: false,
    price_increment: market.tick,
    display_name: market.market,
    best_bid_price: '',
    best_ask_price: '',
    approximate_quote_24h_volume: market.dayQuoteVolume ?? '',
  };
}

export const bookDocument = (market: Market, atMs: number) => ({
  product_id: market.market,
  bids: [{ price: market.bid, size: '1000' }],
  asks: [{ price: market.ask, size: '1000' }],
  time: new Date(atMs).toISOString(),
});

export function feesDocument(venue: SimulatedVenue) {
  const rate = venue.markets()[0]?.takerFeeRate ?? '0';
  return {
    total_volume: 0,
    total_fees: 0,
    fee_tier: { pricing_tier: 'Simulated', taker_fee_rate: rate, maker_fee_rate: rate },
  };
}

export function timeDocument(nowMs: number) {
  const seconds = Math.floor(nowMs / 1_000);
  return { iso: new Date(nowMs).toISOString(), epochSeconds: String(seconds), epochMillis: String(nowMs) };
}

/** A key that trades and cannot move funds out, as a bot's is meant to be. */
export const permissionsDocument = (portfolio: string) => ({
  can_view: true,
  can_trade: true,
  can_transfer: false,
  portfolio_uuid: portfolio,
  portfolio_type: 'DEFAULT',
});

/** One account's ledger, newest first: transfers, and its leg of every execution. */
export function ledgerDocuments(venue: SimulatedVenue, asset: string) {
  const uuid = accountId(venue.venue, asset);
  const row = (id: string, type: string, value: Amount, atMs: number) => ({
    id,
    type,
    status: 'completed',
    amount: { amount: value, currency: asset },
    created_at: new Date(atMs).toISOString(),
    updated_at: new Date(atMs).toISOString(),
    resource: 'transaction',
    resource_path: `/v2/accounts/${uuid}/transactions/${id}`,
  });
  const transfers = venue.transfers().flatMap((transfer) =>
    transfer.deltas
      .filter((delta) => delta.asset === asset)
      .map((delta) => ({
        atMs: transfer.atMs,
        row: row(transfer.id, typeOf(transfer, asset), delta.amount, transfer.atMs),
      })),
  );
  const executions = venue.fills().flatMap((fill) => {
    const value = legOf(fill, asset);
    return value === null
      ? []
      : [{ atMs: fill.atMs, row: row(`${fill.id}-${asset}`, 'advanced_trade_fill', value, fill.atMs) }];
  });
  return [...transfers, ...executions].sort((a, b) => b.atMs - a.atMs).map((entry) => entry.row);
}

/** The venue's word for a refusal of the engine. */
export function failureOf(rejectReason: string): string {
  if (rejectReason.startsWith('insufficient')) return 'INSUFFICIENT_FUND';
  if (rejectReason.includes('does not exist')) return 'INVALID_PRODUCT_ID';
  return 'UNKNOWN_FAILURE_REASON';
}

function typeOf(transfer: Activity, asset: string): string {
  if (!FIAT.has(asset)) return 'send';
  return transfer.kind === 'deposit' ? 'fiat_deposit' : 'fiat_withdrawal';
}

function legOf(fill: Fill, asset: string): Amount | null {
  const bought = fill.side === 'buy';
  if (asset === fill.base) return bought ? fill.quantity : negate(fill.quantity);
  if (asset !== fill.quote) return null;
  return subtract(bought ? negate(fill.quoteAmount) : fill.quoteAmount, fill.fee.amount);
}
