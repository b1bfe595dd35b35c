import { type ConfigurationProblem, quoted } from './configuration-problem.ts';
import { RECONCILIATION_SETTINGS, type ReconciliationFlags } from './reconciliation-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a value came from that counts before the file's. */
export interface OverrideSource {
  readonly from: 'environment' | 'flag';
  /** The name of the variable or of the flag. */
  readonly path: string;
  readonly text: string;
}

export interface ReconciliationOverrides {
  /** What replaces the file's `reconciliation`, before it is checked. */
  readonly section: unknown;
  /** Where a replaced value came from, by key, so that a problem names that place. */
  readonly sources: ReadonlyMap<string, OverrideSource>;
  readonly problems: readonly ConfigurationProblem[];
}

/** Lays the environment and the flags over the file's section. */
export function overrideReconciliation(
  section: unknown,
  environment: Environment,
  flags: ReconciliationFlags,
): ReconciliationOverrides {
  const sources = new Map<string, OverrideSource>();
  const problems: ConfigurationProblem[] = [];
  const changes: Record<string, unknown> = {};
  for (const { key, flag, variables } of RECONCILIATION_SETTINGS) {
    const said = variables.flatMap(({ name, read }): Said[] => {
      const text = environment[name];
      return text === undefined ? [] : [{ from: 'environment', path: name, text, value: read(text) }];
    });
    problems.push(...disagreements(said));
    const flagText = flags[key];
    const winner: Said | undefined =
      flagText === undefined
        ? said[0]
        : { from: 'flag', path: flag, text: flagText, value: variables[0].read(flagText) };
    if (winner === undefined) continue;
    changes[key] = winner.value;
    sources.set(key, winner);
  }
  const isReplaceable =
    section === undefined || (typeof section === 'object' && section !== null && !Array.isArray(section));
  return { section: isReplaceable ? { ...section, ...changes } : section, sources, problems };
}

interface Said extends OverrideSource {
  /** As the file would hold it. */
  readonly value: unknown;
}

function disagreements(said: readonly Said[]): ConfigurationProblem[] {
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
