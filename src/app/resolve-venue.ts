import { dirname, resolve } from 'node:path';
import { AUTHENTICATOR_ID_EXPECTED, isAuthenticatorId } from './authenticator-id.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { LIVE_VENUES } from './live-venues.ts';
import type { Environment } from './reconciliation-overrides.ts';
import {
  type CredentialName,
  type FoundCredentials,
  findCredentials,
  variableOf,
  type WrittenCredentials,
} from './resolve-credentials.ts';
import type {
  ApiKeyCredentials,
  DydxConfiguration,
  SolanaConfiguration,
  VenueConfiguration,
} from './venue-configuration.ts';
import type { WrittenVenue } from './venue-schema.ts';

interface Sources {
  readonly environment: Environment;
  readonly readFile: (path: string) => string;
  /** The configuration's own path, in whose folder relative ones start. */
  readonly path: string;
}

export interface ResolvedVenue {
  /** Null exactly when there are problems. */
  readonly venue: VenueConfiguration | null;
  readonly problems: readonly ConfigurationProblem[];
}

const CREDENTIALS: Readonly<Record<WrittenVenue['kind'], readonly CredentialName[]>> = {
  coinbase: ['keyName', 'privateKey'],
  'coinbase-wallet': ['keyName', 'privateKey'],
  dydx: ['mnemonic', 'privateKey', 'authenticatorId'],
  solana: ['secretKey'],
  statement: [],
};

/** A venue with its credentials in hand and its alternatives decided. `path` is its place in the file. */
export function resolveVenue(written: WrittenVenue, path: string, sources: Sources): ResolvedVenue {
  const credentials: WrittenCredentials = written.kind === 'statement' ? {} : written;
  const key = 'credentials';
  const found = findCredentials(credentials, CREDENTIALS[written.kind], { path, key }, sources);
  const prefix = credentials.credentialsEnv ?? null;
  const place: Place = { path, key, prefix, folder: dirname(sources.path) };
  const trade = findTradeKey(written, place, sources);
  const problems = [...found.problems, ...trade.problems];
  const venue = found.problems.length > 0 ? null : build(written, { found, trade }, place, problems);
  return problems.length > 0 ? { venue: null, problems } : { venue, problems };
}

interface Place {
  readonly path: string;
  /** What the credentials are called there. */
  readonly key: 'credentials' | 'tradeCredentials';
  readonly prefix: string | null;
  /** Where the configuration is. */
  readonly folder: string;
}

function build(
  written: WrittenVenue,
  { found, trade }: { readonly found: FoundCredentials; readonly trade: FoundTradeKey },
  place: Place,
  problems: ConfigurationProblem[],
): VenueConfiguration | null {
  const { id, policy, opening } = written;
  const { markets = [], requestsPerSecond } = written.kind === 'statement' ? {} : written;
  const pace = requestsPerSecond === undefined ? {} : { requestsPerSecond };
  const common = { id, policy, opening, markets, ...pace };
  switch (written.kind) {
    case 'coinbase': {
      const credentials = apiKeyOf(found, place, problems);
      const tradeCredentials = trade.credentials;
      const { portfolio } = written.scope;
      const scope = portfolio === undefined ? {} : { portfolio };
      const { kind, baseUrl, cashAsset, keyRights } = written;
      return (
        credentials && {
          ...common,
          kind,
          cashAsset,
          baseUrl,
          streamUrl: streamUrlOf(written),
          credentials,
          tradeCredentials,
          keyRights,
          scope,
        }
      );
    }
    case 'coinbase-wallet': {
      const credentials = apiKeyOf(found, place, problems);
      return (
        credentials && {
          ...common,
          kind: written.kind,
          baseUrl: written.baseUrl,
          credentials,
          scope: written.scope,
        }
      );
    }
    case 'dydx': {
      const { kind, cashAsset, indexerUrl, validatorUrl, chainId, unsettledFunding, scope } = written;
      const credentials = walletOf(found, place, problems);
      const permission = permissionOf(found, written, place, problems);
      return {
        ...common,
        kind,
        cashAsset,
        indexerUrl,
        streamUrl: streamUrlOf(written),
        validatorUrl,
        chainId,
        credentials,
        permission,
        unsettledFunding,
        scope,
      };
    }
    case 'solana': {
      const { kind, cashAsset, swapUrl, swapPrograms, transfersTo, scope } = written;
      const { priorityFeeMaxLamports, feeReserveLamports } = written;
      const credentials = keyPairOf(found, place, problems);
      requireCustody(written, found, place, problems);
      return {
        ...common,
        kind,
        cashAsset,
        rpcUrls: rpcUrlsOf(written, place, problems),
        swapUrl,
        ...(swapPrograms === undefined ? {} : { swapPrograms }),
        priorityFeeMaxLamports,
        feeReserveLamports,
        transfersTo,
        credentials,
        scope,
      };
    }
    case 'statement': {
      const { kind, file, maxAgeSeconds } = written;
      const path = resolve(place.folder, file);
      return { ...common, kind, file, path, maxAgeMs: maxAgeSeconds * 1_000, credentials: null };
    }
  }
}

/** The live venue's own, where reads go to the live venue; never another's. */
function streamUrlOf(written: Extract<WrittenVenue, { readonly kind: 'coinbase' | 'dydx' }>): string | null {
  if (written.streamUrl !== undefined) return written.streamUrl;
  if (written.kind === 'coinbase')
    return written.baseUrl === LIVE_VENUES.coinbaseBaseUrl ? LIVE_VENUES.coinbaseStreamUrl : null;
  return written.indexerUrl === LIVE_VENUES.dydxIndexerUrl ? LIVE_VENUES.dydxStreamUrl : null;
}

interface FoundTradeKey {
  /** Null where orders go by the key that reads. */
  readonly credentials: ApiKeyCredentials | null;
  readonly problems: readonly ConfigurationProblem[];
}

function findTradeKey(written: WrittenVenue, at: Place, sources: Sources): FoundTradeKey {
  if (written.kind !== 'coinbase') return { credentials: null, problems: [] };
  const { tradeCredentials: credentials, tradeCredentialsEnv: credentialsEnv } = written;
  const place: Place = { ...at, key: 'tradeCredentials', prefix: credentialsEnv ?? null };
  const found = findCredentials({ credentials, credentialsEnv }, CREDENTIALS.coinbase, place, sources);
  const problems = [...found.problems];
  const isUsable = found.isConfigured && problems.length === 0;
  return { credentials: isUsable ? apiKeyOf(found, place, problems) : null, problems };
}

/** Who can sign can take: nothing but the account's own contents limits that, and whoever configures it has to know. */
function requireCustody(
  { custody }: { readonly custody?: 'full' | undefined },
  { isConfigured }: FoundCredentials,
  { path }: Place,
  problems: ConfigurationProblem[],
  alternative = '',
): void {
  if (!isConfigured || custody === 'full') return;
  const expected = `"full" beside the credentials, because whoever has this key can move everything that the account holds: use an account that holds what the bot trades and no more${alternative}`;
  problems.push({ path: `${path}.custody`, expected, found: 'nothing' });
}

function apiKeyOf(
  found: FoundCredentials,
  place: Place,
  problems: ConfigurationProblem[],
): ApiKeyCredentials | null {
  if (!found.isConfigured) {
    problems.push({ path: place.path, expected: 'credentials or credentialsEnv', found: 'neither' });
    return null;
  }
  const { keyName, privateKey } = found.secrets;
  if (keyName === undefined) problems.push(missing(place, ['keyName']));
  if (privateKey === undefined) problems.push(missing(place, ['privateKey']));
  return keyName === undefined || privateKey === undefined ? null : { keyName, privateKey };
}

function walletOf(
  found: FoundCredentials,
  place: Place,
  problems: ConfigurationProblem[],
): DydxConfiguration['credentials'] {
  const { mnemonic, privateKey } = found.secrets;
  if (mnemonic !== undefined && privateKey !== undefined) {
    problems.push({ ...missing(place, ['mnemonic', 'privateKey']), found: 'both' });
  }
  if (mnemonic !== undefined) return { mnemonic };
  if (privateKey !== undefined) return { privateKey };
  if (found.isConfigured) problems.push(missing(place, ['mnemonic', 'privateKey']));
  return null;
}

/** Null where the key is the account's own. */
function permissionOf(
  found: FoundCredentials,
  written: { readonly custody?: 'full' | undefined },
  place: Place,
  problems: ConfigurationProblem[],
): DydxConfiguration['permission'] {
  const authenticatorId = found.secrets.authenticatorId?.reveal();
  if (authenticatorId === undefined) {
    requireCustody(
      written,
      found,
      place,
      problems,
      '; better is a permissioned key, with its authenticatorId',
    );
    return null;
  }
  if (!isAuthenticatorId(authenticatorId)) {
    const { prefix, path, key } = place;
    const at = prefix === null ? `${path}.${key}.authenticatorId` : variableOf(prefix, 'authenticatorId');
    // A key may have been put there: it is not shown.
    problems.push({ path: at, expected: AUTHENTICATOR_ID_EXPECTED, found: 'a value that is not shown' });
  }
  return { authenticatorId, rights: written.custody === 'full' ? 'unchecked' : 'checked' };
}

function keyPairOf(
  found: FoundCredentials,
  place: Place,
  problems: ConfigurationProblem[],
): SolanaConfiguration['credentials'] {
  const { secretKey } = found.secrets;
  if (secretKey !== undefined) return { secretKey };
  if (found.isConfigured) problems.push(missing(place, ['secretKey']));
  return null;
}

function rpcUrlsOf(
  written: { readonly rpcUrl?: string | undefined; readonly rpcUrls?: readonly string[] | undefined },
  place: Place,
  problems: ConfigurationProblem[],
): readonly string[] {
  const { rpcUrl, rpcUrls } = written;
  if (rpcUrl !== undefined && rpcUrls !== undefined) {
    problems.push({ path: place.path, expected: 'rpcUrl or rpcUrls, not both', found: 'both' });
  }
  return rpcUrls ?? [rpcUrl ?? LIVE_VENUES.solanaRpcUrl];
}

/** Says where one of the named credentials was looked for. */
function missing({ path, key, prefix }: Place, names: readonly CredentialName[]): ConfigurationProblem {
  if (prefix === null) {
    const keys = names.map((name) => `"${name}"`).join(' or ');
    return { path: `${path}.${key}`, expected: keys, found: 'nothing' };
  }
  const variables = names.map((name) => variableOf(prefix, name));
  const expected = variables.map((variable) => `${variable} or ${variable}_FILE`).join(', or ');
  return {
    path: `${path}.${key}Env`,
    expected: `the environment variable ${expected}`,
    found: 'nothing',
  };
}
