// The settings of reconciliation that the environment and flags may change, under the names that earlier users
// know. A flag counts before the environment, the environment before the file.

import { type ConfigurationProblem, quoted } from './configuration-problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Values of flags by the key of the file that they stand for, as text: { intervalSeconds: "60" }. */
export type ReconciliationFlags = Readonly<Partial<Record<ReconciliationKey, string>>>;

type ReconciliationKey =
  | 'enabled'
  | 'intervalSeconds'
  | 'timeoutSeconds'
  | 'retryCount'
  | 'thresholdUsd'
  | 'thresholdPercentage';

interface Variable {
  readonly name: string;
  /** The value as the file would hold it; text that cannot be read stays as it is and fails the schema. */
  readonly read: (text: string) => unknown;
}

interface Setting {
  readonly key: ReconciliationKey;
  readonly flag: string;
  /** Aliases of one another; the first one reads flags as well. */
  readonly variables: readonly [Variable, ...Variable[]];
}

const asText = (text: string): unknown => text;
const asNumber = (text: string): unknown => (/^\d{1,12}(?:\.\d{1,6})?$/.test(text) ? Number(text) : text);
const asMilliseconds = (text: string): unknown => (/^\d{1,12}$/.test(text) ? Number(text) / 1_000 : text);
const asTruth = (text: string): unknown =>
  /^(?:true|1|yes|on)$/i.test(text) ? true : /^(?:false|0|no|off)$/i.test(text) ? false : text;

export const RECONCILIATION_SETTINGS: readonly Setting[] = [
  {
    key: 'enabled',
    flag: '--enabled',
    variables: [{ name: 'RECONCILIATION_ENABLED', read: asTruth }],
  },
  {
    key: 'intervalSeconds',
    flag: '--interval-seconds',
    variables: [{ name: 'RECONCILIATION_INTERVAL_SECONDS', read: asNumber }],
  },
  {
    key: 'thresholdUsd',
    flag: '--threshold-usd',
    variables: [{ name: 'RECONCILIATION_THRESHOLD_USD', read: asText }],
  },
  {
    key: 'thresholdPercentage',
    flag: '--threshold-percentage',
    variables: [{ name: 'RECONCILIATION_THRESHOLD_PERCENTAGE', read: asText }],
  },
  {
    key: 'retryCount',
    flag: '--retry-count',
    variables: [
      { name: 'RECONCILIATION_RETRY_COUNT', read: asNumber },
      { name: 'RECONCILIATION_MAX_RETRIES', read: asNumber },
    ],
  },
  {
    key: 'timeoutSeconds',
    flag: '--timeout-seconds',
    variables: [
      { name: 'RECONCILIATION_TIMEOUT_SECONDS', read: asNumber },
      { name: 'RECONCILIATION_TIMEOUT_MILLISECONDS', read: asMilliseconds },
    ],
  },
];

export interface ReconciliationOverrides {
  /** What replaces the file's `reconciliation`, before it is checked. */
  readonly section: unknown;
  /** Where a replaced value came from, by key, so that a problem names that place. */
  readonly sources: ReadonlyMap<string, { readonly path: string; readonly text: string }>;
  readonly problems: readonly ConfigurationProblem[];
}

/** Lays the environment and the flags over the file's section. */
export function overrideReconciliation(
  section: unknown,
  environment: Environment,
  flags: ReconciliationFlags,
): ReconciliationOverrides {
  const sources = new Map<string, { path: string; text: string }>();
  const problems: ConfigurationProblem[] = [];
  const changes: Record<string, unknown> = {};
  for (const { key, flag, variables } of RECONCILIATION_SETTINGS) {
    const said = variables.flatMap((variable) => {
      const text = environment[variable.name];
      return text === undefined ? [] : [{ path: variable.name, text, value: variable.read(text) }];
    });
    problems.push(...disagreements(said));
    const flagText = flags[key];
    const winner =
      flagText === undefined ? said[0] : { path: flag, text: flagText, value: variables[0].read(flagText) };
    if (winner === undefined) continue;
    changes[key] = winner.value;
    sources.set(key, winner);
  }
  const isReplaceable =
    section === undefined || (typeof section === 'object' && section !== null && !Array.isArray(section));
  return { section: isReplaceable ? { ...section, ...changes } : section, sources, problems };
}

function disagreements(
  said: readonly { path: string; text: string; value: unknown }[],
): ConfigurationProblem[] {
  const [first, ...others] = said;
  if (first === undefined) return [];
  return others
    .filter((other) => other.value !== first.value)
    .map((other) => ({
      path: other.path,
      expected: `the same as ${first.path}, which is ${quoted(first.text)}`,
      found: quoted(other.text),
    }));
}
