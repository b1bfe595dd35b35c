import { type ConfigurationProblem, quoted } from './configuration-problem.ts';
import type { Environment } from './reconciliation-overrides.ts';
import { Secret } from './secret.ts';

/** What a credential is called in a file, and what its environment variable ends with. */
const VARIABLE_ENDINGS = {
  keyName: 'KEY_NAME',
  privateKey: 'PRIVATE_KEY',
  mnemonic: 'MNEMONIC',
  secretKey: 'SECRET_KEY',
  /** No secret, and kept beside them: it says which key they are. */
  authenticatorId: 'AUTHENTICATOR_ID',
} as const;

export type CredentialName = keyof typeof VARIABLE_ENDINGS;

export interface WrittenCredentials {
  readonly credentials?: Readonly<Partial<Record<CredentialName, string | undefined>>> | undefined;
  readonly credentialsEnv?: string | undefined;
}

interface Sources {
  readonly environment: Environment;
  readonly readFile: (path: string) => string;
}

export interface FoundCredentials {
  /** What was found, by name; empty where nothing is configured. */
  readonly secrets: Readonly<Partial<Record<CredentialName, Secret>>>;
  readonly isConfigured: boolean;
  readonly problems: readonly ConfigurationProblem[];
}

/** Reads a venue's credentials from where its configuration says they are: `path` is the venue's place, `key` theirs in it. */
export function findCredentials(
  written: WrittenCredentials,
  names: readonly CredentialName[],
  { path, key }: { readonly path: string; readonly key: string },
  sources: Sources,
): FoundCredentials {
  if (written.credentials !== undefined && written.credentialsEnv !== undefined) {
    const expected = `${key} or ${key}Env, not both`;
    return { secrets: {}, isConfigured: true, problems: [{ path, expected, found: 'both' }] };
  }
  if (written.credentials !== undefined) {
    const inFile = written.credentials;
    return { secrets: collect(names, (name) => inFile[name]), isConfigured: true, problems: [] };
  }
  if (written.credentialsEnv === undefined) return { secrets: {}, isConfigured: false, problems: [] };
  return readVariables(written.credentialsEnv, names, sources);
}

/** "CB_KEY_NAME" of the prefix "CB". */
export const variableOf = (prefix: string, name: CredentialName): string =>
  `${prefix}_${VARIABLE_ENDINGS[name]}`;

function readVariables(prefix: string, names: readonly CredentialName[], sources: Sources): FoundCredentials {
  const problems: ConfigurationProblem[] = [];
  const read = (name: CredentialName): string | undefined => {
    const variable = variableOf(prefix, name);
    const value = sources.environment[variable];
    const file = sources.environment[`${variable}_FILE`];
    if (value !== undefined && file !== undefined) {
      problems.push({ path: variable, expected: `${variable} or ${variable}_FILE, not both`, found: 'both' });
    }
    const text = file === undefined ? value : readSecretFile(`${variable}_FILE`, file, sources, problems);
    if (text?.trim() !== '') return text?.trim();
    problems.push({ path: variable, expected: 'a value', found: 'empty text' });
    return undefined;
  };
  return { secrets: collect(names, read), isConfigured: true, problems };
}

function readSecretFile(
  variable: string,
  file: string,
  sources: Sources,
  problems: ConfigurationProblem[],
): string | undefined {
  try {
    return sources.readFile(file);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const found = typeof code === 'string' ? code : 'none';
    problems.push({
      path: variable,
      expected: 'the path of a file that can be read',
      found: `${found} at ${quoted(file)}`,
    });
    return undefined;
  }
}

function collect(
  names: readonly CredentialName[],
  read: (name: CredentialName) => string | undefined,
): Readonly<Partial<Record<CredentialName, Secret>>> {
  const secrets: Partial<Record<CredentialName, Secret>> = {};
  for (const name of names) {
    const value = read(name);
    if (value !== undefined) secrets[name] = new Secret(value);
  }
  return secrets;
}
