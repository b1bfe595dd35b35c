import type { KeyRights } from '../domain/venue/key-rights.ts';
import type { Observation, Snapshot, Unknown } from '../domain/venue/observation.ts';
import type {
  CancelOutcome,
  OrderInstruction,
  OrderLookup,
  PreparedOrder,
  PrepareOutcome,
  SubmitOutcome,
} from '../domain/venue/order.ts';
import type {
  PreparedTransfer,
  PrepareTransferOutcome,
  TransferInstruction,
  TransferLookup,
} from '../domain/venue/transfer.ts';
import type { Activity, AssetId, Market, VenueId, VenueKind } from '../domain/venue/venue.ts';

export interface ObserveRequest {
  /** Fills before this time are not asked for; null asks for all the venue still has. */
  readonly fillsSinceMs: number | null;
  /** Counts the reads of a round, the first without it: a venue with several sources answers each from the next one. */
  readonly read?: number;
}

export interface ActivityRequest {
  readonly sinceMs: number;
  /** Only activity that touches one of these; the venue may be asked once per asset. */
  readonly assets: readonly AssetId[];
}

/**
 * What the service needs of one account scope at one venue.
 *
 * Every method takes a signal, settles soon after it aborts, and never throws for anything a venue or the
 * network does: trouble is `Unknown` or `outcomeUnknown`. A throw is a bug and crashes the caller's actor.
 * Reads have no effect. `submitOrder` is the only method that can create an order, and sends exactly
 * `order.payload`; calling it again with the same order sends the same bytes. The same holds for `submitTransfer`.
 */
export interface Exchange {
  readonly venue: VenueId;
  readonly kind: VenueKind;
  /** `uint32`: client order ids are numbers given out one by one per account of the venue; `text`: derived from the intent. */
  readonly clientOrderIds: 'text' | 'uint32';
  observe(request: ObserveRequest, signal: AbortSignal): Promise<Observation<Snapshot>>;
  /** Transfers, funding, conversions and, on a chain, swaps: what fills do not tell. Asked for when a difference needs a cause. */
  readActivity(request: ActivityRequest, signal: AbortSignal): Promise<Observation<readonly Activity[]>>;
  /** Rules and present prices of the named markets. */
  readMarkets(markets: readonly string[], signal: AbortSignal): Promise<readonly Market[] | Unknown>;
  /** Reads what it must (a height, a blockhash, a quote), signs where the venue's order is a signed message, sends nothing. */
  prepareOrder(instruction: OrderInstruction, signal: AbortSignal): Promise<PrepareOutcome>;
  submitOrder(order: PreparedOrder, signal: AbortSignal): Promise<SubmitOutcome>;
  findOrder(order: PreparedOrder, signal: AbortSignal): Promise<OrderLookup>;
  cancelOrder(order: PreparedOrder, venueOrderId: string, signal: AbortSignal): Promise<CancelOutcome>;
  /** The three of a transfer are there together, where the venue moves assets to addresses. This one sends nothing. */
  prepareTransfer?(instruction: TransferInstruction, signal: AbortSignal): Promise<PrepareTransferOutcome>;
  submitTransfer?(transfer: PreparedTransfer, signal: AbortSignal): Promise<SubmitOutcome>;
  findTransfer?(transfer: PreparedTransfer, signal: AbortSignal): Promise<TransferLookup>;
  /** Not there where the venue cannot tell. Rights that cannot be read are `Unknown`, never none. */
  readKeyRights?(signal: AbortSignal): Promise<KeyRights | Unknown>;
  /** The same of the key that orders are sent with. There only where that is another one. */
  readTradeKeyRights?(signal: AbortSignal): Promise<KeyRights | Unknown>;
  /** Releases sockets and timers. */
  close(): Promise<void>;
}

/** What a venue that stands before another one says of its keys: what that one says, where it can tell. */
export function keyRightsOf(exchange: Exchange): Pick<Exchange, 'readKeyRights' | 'readTradeKeyRights'> {
  const readKeyRights = exchange.readKeyRights?.bind(exchange);
  const readTradeKeyRights = exchange.readTradeKeyRights?.bind(exchange);
  return { ...(readKeyRights && { readKeyRights }), ...(readTradeKeyRights && { readTradeKeyRights }) };
}

/** What a venue that moves assets to addresses can do; null where it cannot. */
export type TransferMethods = Required<Pick<Exchange, 'prepareTransfer' | 'submitTransfer' | 'findTransfer'>>;

export function transfersOf(exchange: Exchange): TransferMethods | null {
  const { prepareTransfer, submitTransfer, findTransfer } = exchange;
  if (!prepareTransfer || !submitTransfer || !findTransfer) return null;
  return {
    prepareTransfer: prepareTransfer.bind(exchange),
    submitTransfer: submitTransfer.bind(exchange),
    findTransfer: findTransfer.bind(exchange),
  };
}
