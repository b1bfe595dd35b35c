import { dirname, isAbsolute, resolve } from 'node:path';
import type { ReturnsUse } from '../../domain/targets/usable-returns.ts';
import type { WrittenConfiguration } from '../configuration-schema.ts';

/** A file that is read again while the service runs. `name` is as it was written. */
export interface TargetFile {
  readonly path: string;
  readonly name: string;
}

export interface ReturnsFile extends TargetFile {
  readonly uses: readonly ReturnsUse[];
}

/** What targets and risk are derived from besides the configuration and the venues. */
export interface TargetFiles {
  /** One that serves both is there once. */
  readonly returns: readonly ReturnsFile[];
  readonly signals: TargetFile | null;
}

/** The files that a configuration names; relative paths start at its folder. */
export function targetFilesOf(
  { method, rebalancing }: Pick<WrittenConfiguration, 'method' | 'rebalancing'>,
  configurationPath: string,
): TargetFiles {
  const folder = dirname(configurationPath);
  const fileOf = (name: string): TargetFile => ({
    name,
    path: isAbsolute(name) ? name : resolve(folder, name),
  });
  const named: readonly (readonly [string | undefined, ReturnsUse])[] = [
    [method !== undefined && 'returns' in method ? method.returns.file : undefined, 'targets'],
    [rebalancing.returnsFile, 'covariance'],
  ];
  const returns = new Map<string, ReturnsFile>();
  for (const [name, use] of named) {
    if (name === undefined) continue;
    const file = fileOf(name);
    const { uses, ...first } = returns.get(file.path) ?? { ...file, uses: [] };
    returns.set(file.path, { ...first, uses: [...uses, use] });
  }
  const signals = method?.kind === 'signals' ? method.signals?.file : undefined;
  return { returns: [...returns.values()], signals: signals === undefined ? null : fileOf(signals) };
}
