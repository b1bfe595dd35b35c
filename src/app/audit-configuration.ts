import { dirname, resolve } from 'node:path';
import type { AuditKeeping } from '../../db/audit-keeper.ts';
import { auditPublicKeysOf, auditSigningKeyOf } from '../../db/audit-signature.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import type { Environment } from './reconciliation-overrides.ts';
import { Secret } from './secret.ts';

/** How the audit log is signed, and where its head is kept besides the database. */
export interface AuditConfiguration {
  /** An Ed25519 key in PEM. Null: checkpoints are not signed. */
  readonly signingKey: Secret | null;
  /** Public keys in PEM, one or more. */
  readonly publicKeys: string | null;
  /** Absolute; null: beside the database. */
  readonly headFile: string | null;
}

export interface WrittenAudit {
  readonly signingKey?: string | undefined;
  readonly signingKeyEnv?: string | undefined;
  readonly signingKeyFile?: string | undefined;
  readonly publicKey?: string | undefined;
  readonly headFile?: string | undefined;
}

interface Sources {
  /** Of the configuration: relative paths start at its folder. */
  readonly path: string;
  readonly environment: Environment;
  readonly readFile: (path: string) => string;
}

const MARKER = '-----BEGIN ';

/** The section with its keys in hand and checked. No problem holds anything of a key. */
export function resolveAudit(
  written: WrittenAudit,
  sources: Sources,
): { readonly audit: AuditConfiguration; readonly problems: readonly ConfigurationProblem[] } {
  const problems: ConfigurationProblem[] = [];
  const given = (['signingKey', 'signingKeyEnv', 'signingKeyFile'] as const).filter(
    (name) => written[name] !== undefined,
  );
  if (given.length > 1) {
    const expected = 'one of signingKey, signingKeyEnv and signingKeyFile';
    problems.push({ path: 'audit', expected, found: given.join(' and ') });
  }
  const { publicKey, headFile } = written;
  const signing = signingText(written, sources, problems);
  if (signing !== null)
    check(
      `audit.${given[0]}`,
      'the PEM of an Ed25519 private key',
      () => auditSigningKeyOf(signing),
      problems,
    );
  const verifying = publicKey === undefined ? null : fileOrPem('publicKey', publicKey, sources, problems);
  if (verifying !== null)
    check('audit.publicKey', 'the PEM of Ed25519 public keys', () => auditPublicKeysOf(verifying), problems);
  return {
    audit: {
      signingKey: signing === null ? null : new Secret(signing),
      publicKeys: verifying,
      headFile: headFile === undefined ? null : resolve(dirname(sources.path), headFile),
    },
    problems,
  };
}

/** How the log of one database is kept. */
export function auditKeepingOf(
  { signingKey, publicKeys, headFile }: AuditConfiguration,
  database: string,
  onProblem: (problem: string) => void,
): AuditKeeping {
  const isKept = database !== ':memory:';
  return {
    signingKey: signingKey && auditSigningKeyOf(signingKey.reveal()),
    publicKeys: publicKeys === null ? [] : auditPublicKeysOf(publicKeys),
    headFile: isKept ? (headFile ?? `${database}.head`) : null,
    onProblem,
  };
}

function signingText(
  { signingKey, signingKeyEnv, signingKeyFile }: WrittenAudit,
  sources: Sources,
  problems: ConfigurationProblem[],
): string | null {
  if (signingKey !== undefined) return withLines(signingKey);
  if (signingKeyFile !== undefined) return fileOrPem('signingKeyFile', signingKeyFile, sources, problems);
  if (signingKeyEnv === undefined) return null;
  const value = sources.environment[signingKeyEnv];
  if (value !== undefined && value.trim() !== '') return withLines(value);
  problems.push({ path: signingKeyEnv, expected: 'the PEM of an Ed25519 private key', found: 'nothing' });
  return null;
}

function fileOrPem(
  name: 'publicKey' | 'signingKeyFile',
  value: string,
  { path, readFile }: Sources,
  problems: ConfigurationProblem[],
): string | null {
  if (value.includes(MARKER)) return withLines(value);
  try {
    return readFile(resolve(dirname(path), value));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const found = typeof code === 'string' ? code : 'none';
    problems.push({ path: `audit.${name}`, expected: 'the path of a file that can be read', found });
    return null;
  }
}

/** Environment variables often hold a key with "\n" written out. */
const withLines = (pem: string): string => pem.replaceAll('\\n', '\n');

function check(path: string, expected: string, parse: () => unknown, problems: ConfigurationProblem[]): void {
  try {
    parse();
  } catch {
    problems.push({ path, expected, found: 'something else' });
  }
}
