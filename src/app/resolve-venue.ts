import type { ConfigurationProblem } from './configuration-problem.ts';
import { LIVE_VENUES } from './live-venues.ts';
import type { Environment } from './reconciliation-overrides.ts';
import {
  type CredentialName,
  type FoundCredentials,
  findCredentials,
  variableOf,
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
}

export interface ResolvedVenue {
  /** Null exactly when there are problems. */
  readonly venue: VenueConfiguration | null;
  readonly problems: readonly ConfigurationProblem[];
}

const CREDENTIALS: Readonly<Record<WrittenVenue['kind'], readonly CredentialName[]>> = {
  coinbase: ['keyName', 'privateKey'],
  'coinbase-wallet': ['keyName', 'privateKey'],
  dydx: ['mnemonic', 'privateKey'],
  solana: ['secretKey'],
};

/** A venue with its credentials in hand and its alternatives decided. `path` is its place in the file. */
export function resolveVenue(written: WrittenVenue, path: string, sources: Sources): ResolvedVenue {
  const found = findCredentials(written, CREDENTIALS[written.kind], path, sources);
  const place: Place = { path, prefix: written.credentialsEnv ?? null };
  const problems = [...found.problems];
  const venue = found.problems.length > 0 ? null : build(written, found, place, problems);
  return problems.length > 0 ? { venue: null, problems } : { venue, problems };
}

interface Place {
  readonly path: string;
  readonly prefix: string | null;
}

function build(
  written: WrittenVenue,
  found: FoundCredentials,
  place: Place,
  problems: ConfigurationProblem[],
): VenueConfiguration | null {
  const { id, policy, opening, markets } = written;
  const common = { id, policy, opening, markets };
  switch (written.kind) {
    case 'coinbase': {
      const credentials = apiKeyOf(found, place, problems);
      const { portfolio } = written.scope;
      const scope = portfolio === undefined ? {} : { portfolio };
      const { kind, baseUrl, cashAsset } = written;
      return credentials && { ...common, kind, cashAsset, baseUrl, credentials, scope };
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
      const { kind, cashAsset, indexerUrl, validatorUrl, chainId, scope } = written;
      const credentials = walletOf(found, place, problems);
      return { ...common, kind, cashAsset, indexerUrl, validatorUrl, chainId, credentials, scope };
    }
    case 'solana': {
      const { kind, cashAsset, swapUrl, scope } = written;
      const credentials = keyPairOf(found, place, problems);
      return {
        ...common,
        kind,
        cashAsset,
        rpcUrls: rpcUrlsOf(written, place, problems),
        swapUrl,
        credentials,
        scope,
      };
    }
  }
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
function missing({ path, prefix }: Place, names: readonly CredentialName[]): ConfigurationProblem {
  if (prefix === null) {
    const keys = names.map((name) => `"${name}"`).join(' or ');
    return { path: `${path}.credentials`, expected: keys, found: 'nothing' };
  }
  const variables = names.map((name) => variableOf(prefix, name));
  const expected = variables.map((variable) => `${variable} or ${variable}_FILE`).join(', or ');
  return {
    path: `${path}.credentialsEnv`,
    expected: `the environment variable ${expected}`,
    found: 'nothing',
  };
}
