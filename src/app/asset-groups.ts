import { type AssetId, isPerpetualAsset, marketOfPerpetual } from '../domain/venue/venue.ts';

/** Asset → group. Assets of one group count as one for targets and for valuation. */
export type AssetGroups = Readonly<Record<AssetId, string>>;

export const CASH_GROUP = 'CASH';

/** Groups that hold everywhere; a configuration may say otherwise. USDT is no cash unless it does. */
export const DEFAULT_GROUPS: AssetGroups = {
  USD: CASH_GROUP,
  USDC: CASH_GROUP,
  /** As the Coinbase Developer Platform calls what has no contract, and the contracts on Base and Ethereum. */
  usdc: CASH_GROUP,
  '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913': CASH_GROUP,
  '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48': CASH_GROUP,
  eth: 'ETH',
  /** USDC's mint on Solana, as Circle publishes it. */
  EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: CASH_GROUP,
  /** Wrapped SOL. */
  So11111111111111111111111111111111111111112: 'SOL',
};

/** The group of an asset: as configured; of a contract such as `perpetual:BTC-USD`, its base; else its own name. */
export function groupOf(groups: AssetGroups, asset: AssetId): string {
  const configured = Object.hasOwn(groups, asset) ? groups[asset] : undefined;
  if (configured !== undefined) return configured;
  if (!isPerpetualAsset(asset)) return asset;
  const base = marketOfPerpetual(asset).split('-')[0] ?? asset;
  return Object.hasOwn(groups, base) ? (groups[base] ?? base) : base;
}
