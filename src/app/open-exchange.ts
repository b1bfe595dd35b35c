import type { Exchange } from '../exchanges/exchange.ts';
import { type Pace, UNPACED } from '../exchanges/pace.ts';
import type { SpendingLimits } from '../exchanges/solana/spending-limits.ts';
import { concealedError, concealSecrets } from './conceal-secrets.ts';
import { hideSecrets, type Secret } from './secret.ts';
import { type SolanaConfiguration, secretsOf, type VenueConfiguration } from './venue-configuration.ts';
import { withSource } from './with-source.ts';

export interface OpenExchangeOptions {
  /** Epoch milliseconds of the service's clock. */
  readonly now: () => number;
  /** Solana mint → short name. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Stands before every request; nobody waits without it. */
  readonly pace?: Pace;
}

/**
 * Opens the adapter of a venue. Only the SDK of its kind is loaded, and none of its words holds a secret.
 *
 * Throws where the credentials are unusable or an optional package is missing. Sends nothing.
 */
export async function openExchange(
  venue: VenueConfiguration,
  options: OpenExchangeOptions,
): Promise<Exchange> {
  const secrets = secretsOf(venue);
  try {
    return concealSecrets(await openAdapter(venue, options), secrets);
  } catch (error) {
    throw concealedError(error, (text) => hideSecrets(text, secrets));
  }
}

async function openAdapter(venue: VenueConfiguration, options: OpenExchangeOptions): Promise<Exchange> {
  const { now, pace = UNPACED } = options;
  switch (venue.kind) {
    case 'coinbase': {
      const { openCoinbaseExchange } = await import('../exchanges/coinbase/coinbase-exchange.ts');
      const { id, baseUrl, scope, tradeCredentials } = venue;
      return openCoinbaseExchange({
        venue: id,
        baseUrl,
        credentials: revealed(venue.credentials),
        ...(tradeCredentials && { tradeCredentials: revealed(tradeCredentials) }),
        scope,
        now,
        pace,
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
        pace,
      });
    }
    case 'dydx': {
      const { openDydxExchange } = await import('../exchanges/dydx/dydx-exchange.ts');
      const { id, indexerUrl, validatorUrl, chainId, unsettledFunding, scope, permission } = venue;
      const named = permission && { authenticatorId: permission.authenticatorId };
      const credentials = venue.credentials && { ...revealed(venue.credentials), ...named };
      return openDydxExchange({
        venue: id,
        indexerUrl,
        validatorUrl,
        chainId,
        credentials,
        ...(unsettledFunding && { unsettledFunding }),
        scope,
        now,
        pace,
      });
    }
    case 'solana': {
      const { openSolanaExchange } = await import('../exchanges/solana/solana-exchange.ts');
      const { id, rpcUrls, swapUrl, transfersTo, scope } = venue;
      const credentials = venue.credentials && revealed(venue.credentials);
      const tokens = symbolsOf(options.tokens ?? {});
      const limits = spendingLimitsOf(venue);
      return openSolanaExchange({
        venue: id,
        rpcUrls,
        swapUrl,
        credentials,
        scope,
        tokens,
        transfersTo,
        limits,
        now,
        pace,
      });
    }
    case 'statement': {
      const { openStatementExchange } = await import('../exchanges/statement/statement-exchange.ts');
      const { id, file, path, maxAgeMs } = venue;
      const readStatement = file.toLowerCase().endsWith('.csv')
        ? (await import('../exchanges/statement/csv-statement.ts')).readCsvStatement
        : (await import('./json-statement.ts')).readJsonStatement;
      const options = { venue: id, path, scope: file, maxAgeMs, readStatement, now };
      return withSource(openStatementExchange(options), file);
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

const spendingLimitsOf = (venue: SolanaConfiguration): Partial<SpendingLimits> => ({
  ...(venue.swapPrograms && { swapPrograms: venue.swapPrograms }),
  ...(venue.feeReserveLamports !== undefined && { feeReserveLamports: BigInt(venue.feeReserveLamports) }),
  ...(venue.priorityFeeMaxLamports !== undefined && {
    priorityFeeMaxLamports: BigInt(venue.priorityFeeMaxLamports),
  }),
});

const symbolsOf = (
  tokens: Readonly<Record<string, string>>,
): Readonly<Record<string, { readonly symbol: string }>> =>
  Object.fromEntries(Object.entries(tokens).map(([mint, symbol]) => [mint, { symbol }]));
