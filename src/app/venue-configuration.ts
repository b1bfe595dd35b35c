import type { AssetId, VenueId } from '../domain/venue/venue.ts';
import { type Secret, secretsOfUrl } from './secret.ts';

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
  /** At most, in the long run; what suits the kind without it. */
  readonly requestsPerSecond?: number;
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
  /** Null where the venue is polled alone. */
  readonly streamUrl: string | null;
  readonly credentials: ApiKeyCredentials;
  /** Null where orders are sent with `credentials` as well. */
  readonly tradeCredentials: ApiKeyCredentials | null;
  /** `unchecked` takes a key whatever it may do. */
  readonly keyRights: 'checked' | 'unchecked';
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
  /** Null where the venue is polled alone. */
  readonly streamUrl: string | null;
  readonly validatorUrl: string;
  readonly chainId: string;
  /** Null reads without ordering. */
  readonly credentials: { readonly mnemonic: Secret } | { readonly privateKey: Secret } | null;
  /**
   * Of a key of another wallet, the authenticator that lets it sign for this account; null where the key is the account's
   * own. `unchecked` takes it whatever it may do.
   */
  readonly permission: { readonly authenticatorId: string; readonly rights: 'checked' | 'unchecked' } | null;
  /** Included without it. */
  readonly unsettledFunding?: 'included' | 'apart';
  readonly scope: { readonly address: string; readonly subaccountNumbers: readonly number[] };
}

export interface SolanaConfiguration extends TradingVenue {
  readonly kind: 'solana';
  /** At least one. */
  readonly rpcUrls: readonly string[];
  readonly swapUrl: string;
  /** Each over the adapter's own. */
  readonly swapPrograms?: readonly string[];
  readonly priorityFeeMaxLamports?: number;
  readonly feeReserveLamports?: number;
  /** Addresses that transfers may go to. */
  readonly transfersTo: readonly string[];
  /** Null reads without ordering. */
  readonly credentials: { readonly secretKey: Secret } | null;
  readonly scope: { readonly owner: string };
}

/** A file that somebody exports: read, and never traded at. */
export interface StatementConfiguration extends AnyVenue {
  readonly kind: 'statement';
  /** As the configuration writes it. */
  readonly file: string;
  /** The same, absolute. */
  readonly path: string;
  readonly maxAgeMs: number;
  readonly credentials: null;
}

export type VenueConfiguration =
  | CoinbaseConfiguration
  | CoinbaseWalletConfiguration
  | DydxConfiguration
  | SolanaConfiguration
  | StatementConfiguration;

/** Every secret that a venue's configuration holds: keys, and what URLs hold of tokens. */
export function secretsOf(venue: VenueConfiguration): readonly Secret[] {
  const keys = [venue.credentials, venue.kind === 'coinbase' ? venue.tradeCredentials : null];
  const secrets = keys.flatMap((key) => (key === null ? [] : Object.values<Secret>({ ...key })));
  return [...secrets, ...urlsOf(venue).flatMap(secretsOfUrl)];
}

function urlsOf(venue: VenueConfiguration): readonly string[] {
  switch (venue.kind) {
    case 'coinbase':
      return [venue.baseUrl, ...streamUrlOf(venue)];
    case 'coinbase-wallet':
      return [venue.baseUrl];
    case 'dydx':
      return [venue.indexerUrl, venue.validatorUrl, ...streamUrlOf(venue)];
    case 'solana':
      return [...venue.rpcUrls, venue.swapUrl];
    case 'statement':
      return [];
  }
}

const streamUrlOf = ({ streamUrl }: CoinbaseConfiguration | DydxConfiguration): readonly string[] =>
  streamUrl === null ? [] : [streamUrl];
