import type { AssetId, VenueKind } from './venue.ts';

/**
 * What an asset can be called at a venue of a kind. A ticker at a chain, or a mint at Coinbase, is a mistake that would
 * otherwise become a holding of its own.
 */
const NAMES: Readonly<Record<VenueKind, RegExp>> = {
  // Tickers, and the perpetual contracts of its futures.
  coinbase: /^(?:[A-Za-z0-9][A-Za-z0-9.]{0,31}|perpetual:[A-Z0-9.-]{1,40})$/,
  // A ticker, or the contract on its network.
  'coinbase-wallet': /^(?:[A-Za-z0-9][A-Za-z0-9.]{0,31}|[a-z0-9-]{1,40}:\S{1,80}|0x[0-9a-fA-F]{40})$/,
  dydx: /^(?:[A-Za-z0-9][A-Za-z0-9.]{0,31}|perpetual:[A-Z0-9.,-]{1,60}-USD)$/,
  // SOL itself, or a mint in base 58.
  solana: /^(?:SOL|[1-9A-HJ-NP-Za-km-z]{32,44})$/,
  // Whatever the exchange calls it that the file is from.
  statement: /^[^\s,"]{1,128}$/,
};

/** Whether a venue of a kind can hold an asset of this name. A venue of no known kind can hold anything. */
export const canHoldAsset = (kind: VenueKind | undefined, asset: AssetId): boolean =>
  kind === undefined || NAMES[kind].test(asset);
