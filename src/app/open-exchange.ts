import type { Exchange } from '../exchanges/exchange.ts';
import type { Secret } from './secret.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

export interface OpenExchangeOptions {
  /** Epoch milliseconds of the service's clock. */
  readonly now: () => number;
  /** Solana mint → short name. */
  readonly tokens?: Readonly<Record<string, string>>;
}

/**
 * Opens the adapter of a venue. Only the SDK of its kind is loaded.
 *
 * Throws where the credentials are unusable or an optional package is missing. Sends nothing.
 */
export async function openExchange(
  venue: VenueConfiguration,
  options: OpenExchangeOptions,
): Promise<Exchange> {
  const { now } = options;
  switch (venue.kind) {
    case 'coinbase': {
      const { openCoinbaseExchange } = await import('../exchanges/coinbase/coinbase-exchange.ts');
      const { id, baseUrl, scope } = venue;
      return openCoinbaseExchange({
        venue: id,
        baseUrl,
        credentials: revealed(venue.credentials),
        scope,
        now,
      });
    }
    case 'coinbase-wallet': {
      const { openCoinbaseWalletExchange } = await import(
        '../exchanges/coinbase/coinbase-wallet-exchange.ts'
      );
      const { id, baseUrl, scope } = venue;
      return openCoinbaseWalletExchange({
        venue: id,
        baseUrl,
        credentials: revealed(venue.credentials),
        scope,
        now,
      });
    }
    case 'dydx': {
      const { openDydxExchange } = await import('../exchanges/dydx/dydx-exchange.ts');
      const { id, indexerUrl, validatorUrl, chainId, scope } = venue;
      const credentials = venue.credentials && revealed(venue.credentials);
      return openDydxExchange({ venue: id, indexerUrl, validatorUrl, chainId, credentials, scope, now });
    }
    case 'solana': {
      const { openSolanaExchange } = await import('../exchanges/solana/solana-exchange.ts');
      const { id, rpcUrls, swapUrl, scope } = venue;
      const credentials = venue.credentials && revealed(venue.credentials);
      const tokens = symbolsOf(options.tokens ?? {});
      return openSolanaExchange({ venue: id, rpcUrls, swapUrl, credentials, scope, tokens, now });
    }
  }
}

/** The credentials in plain text: an adapter is the only thing that gets them so. */
function revealed<T extends object>(credentials: T): { readonly [Name in keyof T]: string } {
  const entries = Object.entries(credentials).map(([name, secret]: [string, Secret]) => [
    name,
    secret.reveal(),
  ]);
  return Object.fromEntries(entries) as { [Name in keyof T]: string };
}

const symbolsOf = (
  tokens: Readonly<Record<string, string>>,
): Readonly<Record<string, { readonly symbol: string }>> =>
  Object.fromEntries(Object.entries(tokens).map(([mint, symbol]) => [mint, { symbol }]));
