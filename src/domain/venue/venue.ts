import type { Amount } from '../money/amount.ts';
import type { PerpetualTerms } from './perpetual-terms.ts';

/** The configured name of one account scope at one exchange or chain: "coinbase", "dydx-main". */
export type VenueId = string;

/** `statement` is a file that somebody exports from any exchange. */
export type VenueKind = 'coinbase' | 'coinbase-wallet' | 'dydx' | 'solana' | 'statement';

/** The identity of a thing held: "BTC" at Coinbase, a mint address on Solana, `perpetual:BTC-USD` for a contract. */
export type AssetId = string;

export type Side = 'buy' | 'sell';

/** A perpetual contract is held like an asset: its balance is the signed size of the position. */
export const perpetualAsset = (market: string): AssetId => `perpetual:${market}`;
export const isPerpetualAsset = (asset: AssetId): boolean => asset.startsWith('perpetual:');
export const marketOfPerpetual = (asset: AssetId): string => asset.slice('perpetual:'.length);

/** What trades at a venue, its rules and its present prices. */
export interface Market {
  readonly market: string;
  readonly kind: 'spot' | 'perpetual';
  /** Asset identities at this venue: for a perpetual, `base` is `perpetualAsset(market)` and `quote` its collateral. */
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly bid: Amount;
  readonly ask: Amount;
  /** Smallest increment of quantity. */
  readonly step: Amount;
  /** Smallest increment of price. */
  readonly tick: Amount;
  readonly minQuantity: Amount;
  /** Smallest order value in quote; zero where the venue has no such rule. */
  readonly minNotional: Amount;
  /** Fraction of notional: "0.006" is 60 basis points. */
  readonly takerFeeRate: Amount;
  /** What was traded here within the last 24 hours, in quote. Absent where the venue does not tell, which is not zero. */
  readonly dayQuoteVolume?: Amount;
  /** Only for perpetuals, and there always: it says itself where the venue does not tell them. */
  readonly perpetualTerms?: PerpetualTerms;
  readonly isTradable: boolean;
}

export interface Fee {
  readonly asset: AssetId;
  /** Positive when paid, negative when received. */
  readonly amount: Amount;
}

export interface Fill {
  /** The venue's own id of this execution. */
  readonly id: string;
  readonly orderId: string;
  readonly clientOrderId: string | null;
  readonly market: string;
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly side: Side;
  /** Always in base, also where the venue reports a quote-sized fill. */
  readonly quantity: Amount;
  readonly price: Amount;
  /** Exact quote moved, before fees. */
  readonly quoteAmount: Amount;
  readonly fee: Fee;
  readonly atMs: number;
  /** The venue closed the position, or a part of it, and nobody here ordered it. */
  readonly forcedBy?: 'liquidation' | 'deleveraging';
}

export interface Balance {
  readonly asset: AssetId;
  /** A short name for people where the venue or the registry knows one. */
  readonly symbol: string | null;
  /** total = available + hold. */
  readonly total: Amount;
  readonly available: Amount;
  readonly hold: Amount;
}

export interface Position {
  readonly market: string;
  readonly side: 'long' | 'short';
  /** Signed: negative for a short. */
  readonly size: Amount;
  readonly entryPrice: Amount;
}

export interface OpenOrder {
  readonly id: string;
  readonly clientOrderId: string | null;
  readonly market: string;
  readonly side: Side;
  readonly remaining: Amount;
  /** Null for an order without a limit, such as a stop or a market order that waits. */
  readonly limitPrice: Amount | null;
}

/** What a venue reports to have happened besides fills. Amounts are signed as they changed the holdings here. */
export interface Activity {
  /** The venue's own id. */
  readonly id: string;
  readonly kind: 'deposit' | 'withdrawal' | 'transfer' | 'funding' | 'fee' | 'reward' | 'conversion' | 'swap';
  readonly deltas: readonly { readonly asset: AssetId; readonly amount: Amount }[];
  readonly atMs: number;
  /** On record and owed, and not in the balances yet: it explains nothing that differs there until it is settled. */
  readonly isUnsettled?: true;
}
