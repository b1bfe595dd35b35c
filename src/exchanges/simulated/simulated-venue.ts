import type { Amount } from '../../domain/money/amount.ts';
import type { OrderStatus } from '../../domain/venue/order.ts';
import type { Activity, AssetId, Fill, Market, Position, Side, VenueId } from '../../domain/venue/venue.ts';

/** Closing prices by asset and time, and what a market makes of them. */
export interface PriceFeed {
  /** The last recorded price at or before a time. Fails for an asset or a time that it does not have. */
  priceAt(asset: string, atMs: number): Amount;
}

export interface SimulatedOrderRequest {
  readonly clientOrderId: string;
  readonly market: string;
  readonly side: Side;
  readonly quantity: Amount;
  readonly limitPrice: Amount;
  readonly timeInForce: 'immediateOrCancel' | 'goodTilCancelled';
  readonly reduceOnly: boolean;
}

export interface SimulatedOrder extends SimulatedOrderRequest {
  readonly id: string;
  readonly status: OrderStatus;
  readonly filledQuantity: Amount;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedAtHeight: number;
  readonly rejectReason: string | null;
}

export interface SimulatedBalance {
  readonly asset: AssetId;
  readonly available: Amount;
  readonly hold: Amount;
  readonly updatedAtMs: number;
}

export interface FundingPayment {
  readonly id: string;
  readonly market: string;
  readonly size: Amount;
  readonly oraclePrice: Amount;
  readonly rate: Amount;
  /** Signed as it changed the collateral. */
  readonly payment: Amount;
  readonly atMs: number;
  readonly height: number;
}

/** The truth of one venue: accounts, holds, market data, matching, fees, funding, transfers. Deterministic. */
export interface SimulatedVenue {
  readonly venue: VenueId;
  now(): number;
  /** Advances with time: one block a second since the engine's start. */
  height(): number;
  markets(): readonly Market[];
  balances(): readonly SimulatedBalance[];
  positions(): readonly Position[];
  /** Newest first. */
  orders(): readonly SimulatedOrder[];
  /** Newest first; `height` is the height at which each happened. */
  fills(): readonly (Fill & { readonly height: number })[];
  /** Deposits and withdrawals, newest first. */
  transfers(): readonly (Activity & { readonly height: number })[];
  fundingPayments(): readonly FundingPayment[];
  /** Accepts, matches and settles at once; the same client order id gives the same order again, unchanged. */
  submit(request: SimulatedOrderRequest): SimulatedOrder;
  cancel(orderId: string): SimulatedOrder | null;
  deposit(asset: AssetId, amount: Amount): Activity;
  withdraw(asset: AssetId, amount: Amount): Activity;
  /** Pays funding on every open perpetual position at the given hourly rate. */
  settleFunding(rate: Amount): readonly FundingPayment[];
  /** Closes the whole position of a market at the touch, without an order of the account. */
  liquidate(market: string): void;
  /** The next immediate-or-cancel order fills at most this share of its quantity ("0.4"), rounded down to the step. */
  limitNextFill(share: Amount): void;
}

/** What can go wrong between a client and a venue, on request. Each is used up by the number of matching requests. */
export type Fault =
  | { readonly kind: 'latency'; readonly delayMs: number }
  | { readonly kind: 'rateLimited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'serverError'; readonly status: number }
  | { readonly kind: 'hang' }
  /** The request takes effect, then the connection is closed without an answer. */
  | { readonly kind: 'answerLost' }
  /** The connection is closed before the request takes effect. */
  | { readonly kind: 'requestLost' }
  /** A list says that more follows, and the next page is refused as if it did not exist. */
  | { readonly kind: 'droppedPage' }
  /** The answer of the last identical request is given again. */
  | { readonly kind: 'staleRead' }
  /** Status 200 and an empty body. */
  | { readonly kind: 'emptyAnswer' }
  /** One row of the list is not what the venue documents. */
  | { readonly kind: 'malformedRow' };

export interface PlannedFault {
  readonly fault: Fault;
  /** Matches "METHOD /path" (for JSON-RPC: "RPC methodName") by substring. */
  readonly endpoint: string;
  readonly count: number;
}

/** A venue's wire-level server on loopback. */
export interface VenueServer {
  /** Base URLs by purpose: `baseUrl`; for dYdX `indexerUrl` and `validatorUrl`; for Solana `rpcUrl` and `swapUrl`. */
  readonly urls: Readonly<Record<string, string>>;
  inject(fault: PlannedFault): void;
  /** Requests that the server holds back on purpose now (a hang, a latency): nobody waits for the network. */
  parked(): number;
  /** Faults injected so far with the number of requests that each has met. */
  faultsMet(): readonly (PlannedFault & { readonly met: number })[];
  close(): Promise<void>;
}
