import type { AssetId, VenueId } from '../domain/venue/venue.ts';
import type { Secret } from './secret.ts';

/** Who decides on the correction of an explained difference. */
export type CorrectionPolicy = 'observe' | 'propose' | 'auto';

/** How a venue's first balances enter the book. */
export type OpeningPolicy = 'confirm' | 'auto';

interface AnyVenue {
  readonly id: VenueId;
  readonly policy: CorrectionPolicy;
  readonly opening: OpeningPolicy;
  /** Names of markets that assets are priced and traded in here. */
  readonly markets: readonly string[];
}

/** A venue that orders can be sent to. */
interface TradingVenue extends AnyVenue {
  readonly cashAsset: AssetId;
}

export interface ApiKeyCredentials {
  readonly keyName: Secret;
  readonly privateKey: Secret;
}

export interface CoinbaseConfiguration extends TradingVenue {
  readonly kind: 'coinbase';
  readonly baseUrl: string;
  readonly credentials: ApiKeyCredentials;
  readonly scope: { readonly portfolio?: string };
}

export interface CoinbaseWalletConfiguration extends AnyVenue {
  readonly kind: 'coinbase-wallet';
  readonly baseUrl: string;
  readonly credentials: ApiKeyCredentials;
  readonly scope: { readonly network: string; readonly addresses: readonly string[] };
}

export interface DydxConfiguration extends TradingVenue {
  readonly kind: 'dydx';
  readonly indexerUrl: string;
  readonly validatorUrl: string;
  readonly chainId: string;
  /** Null reads without ordering. */
  readonly credentials: { readonly mnemonic: Secret } | { readonly privateKey: Secret } | null;
  readonly scope: { readonly address: string; readonly subaccountNumbers: readonly number[] };
}

export interface SolanaConfiguration extends TradingVenue {
  readonly kind: 'solana';
  /** At least one. */
  readonly rpcUrls: readonly string[];
  readonly swapUrl: string;
  /** Null reads without ordering. */
  readonly credentials: { readonly secretKey: Secret } | null;
  readonly scope: { readonly owner: string };
}

export type VenueConfiguration =
  | CoinbaseConfiguration
  | CoinbaseWalletConfiguration
  | DydxConfiguration
  | SolanaConfiguration;

/** Every secret that a venue's configuration holds. */
export function secretsOf(venue: VenueConfiguration): readonly Secret[] {
  return venue.credentials === null ? [] : Object.values<Secret>({ ...venue.credentials });
}
