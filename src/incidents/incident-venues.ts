import { type Amount, amount } from '../domain/money/amount.ts';
import { type AssetId, perpetualAsset, type VenueId, type VenueKind } from '../domain/venue/venue.ts';

export interface MarketModel {
  readonly market: string;
  readonly base: AssetId;
  readonly quote: AssetId;
  readonly feeAsset: AssetId;
  /** Another asset that the fee may be taken in. */
  readonly otherFeeAsset: AssetId | null;
  /** A fraction of the quote amount. */
  readonly feeRate: Amount;
}

export interface VenueModel {
  readonly venue: VenueId;
  readonly kind: VenueKind;
  readonly usesHolds: boolean;
  /** On a chain a trade is activity, with the transaction's own fee beside it. */
  readonly tradesAreActivity: boolean;
  /** What can be deposited and withdrawn. */
  readonly assets: readonly AssetId[];
  readonly markets: readonly MarketModel[];
  readonly collateral: AssetId;
}

export const SOL = 'So11111111111111111111111111111111111111111';
export const WRAPPED_SOL = 'So11111111111111111111111111111111111111112';
const BONK = 'DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263';
const USDC_MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';

const spot = (base: string, quote: string): MarketModel => ({
  market: `${base}-${quote}`,
  base,
  quote,
  feeAsset: quote,
  otherFeeAsset: base === 'SOL' ? 'ETH' : 'SOL',
  feeRate: amount('0.006'),
});

const perpetual = (market: string): MarketModel => ({
  market,
  base: perpetualAsset(market),
  quote: 'USDC',
  feeAsset: 'USDC',
  otherFeeAsset: null,
  feeRate: amount('0.0005'),
});

/** A swap's fee is the chain's own, in SOL. */
const swap = (name: string, base: AssetId, quote: AssetId): MarketModel => ({
  market: name,
  base,
  quote,
  feeAsset: SOL,
  otherFeeAsset: null,
  feeRate: amount('0'),
});

export const VENUE_MODELS: readonly VenueModel[] = [
  {
    venue: 'coinbase',
    kind: 'coinbase',
    usesHolds: true,
    tradesAreActivity: false,
    assets: ['USD', 'USDC', 'BTC', 'ETH', 'SOL'],
    markets: [spot('BTC', 'USD'), spot('ETH', 'USD'), spot('SOL', 'USDC'), spot('BTC', 'USDC')],
    collateral: 'USD',
  },
  {
    venue: 'dydx',
    kind: 'dydx',
    usesHolds: false,
    tradesAreActivity: false,
    assets: ['USDC'],
    markets: [perpetual('BTC-USD'), perpetual('ETH-USD'), perpetual('SOL-USD')],
    collateral: 'USDC',
  },
  {
    venue: 'solana',
    kind: 'solana',
    usesHolds: false,
    tradesAreActivity: true,
    assets: [SOL, WRAPPED_SOL, USDC_MINT, BONK],
    markets: [
      swap('SOL/USDC', SOL, USDC_MINT),
      swap('wSOL/USDC', WRAPPED_SOL, USDC_MINT),
      swap('BONK/USDC', BONK, USDC_MINT),
    ],
    collateral: USDC_MINT,
  },
];

const PRICES: readonly (readonly [AssetId, string])[] = [
  ['USD', '1'],
  ['USDC', '1'],
  [USDC_MINT, '1'],
  ['BTC', '60000'],
  ['ETH', '3000'],
  ['SOL', '150'],
  [SOL, '150'],
  [WRAPPED_SOL, '150'],
  [BONK, '0.00002'],
  [perpetualAsset('BTC-USD'), '60000'],
  [perpetualAsset('ETH-USD'), '3000'],
  [perpetualAsset('SOL-USD'), '150'],
];

export const INCIDENT_PRICES: ReadonlyMap<AssetId, Amount> = new Map(
  PRICES.map(([asset, price]) => [asset, amount(price)]),
);

/** How finely each asset is counted here. */
const DECIMALS: ReadonlyMap<AssetId, number> = new Map([
  ['USD', 2],
  ['USDC', 6],
  [USDC_MINT, 6],
  [BONK, 5],
  [SOL, 9],
  [WRAPPED_SOL, 9],
]);

export const decimalsOf = (asset: AssetId): number => DECIMALS.get(asset) ?? 8;
