import type { WrittenConfiguration } from './configuration-schema.ts';
import type { ReconciliationOverrides } from './reconciliation-overrides.ts';

/** One setting as it counts, as a file would hold it, and who said so. */
export interface SettingInForce {
  /** Within its section: "intervalSeconds", "autoCorrect.maxUsd". */
  readonly key: string;
  readonly value: string | number | boolean;
  readonly source:
    | { readonly from: 'file' }
    | { readonly from: 'default' }
    | { readonly from: 'environment' | 'flag'; readonly name: string };
}

/** Every setting of reconciliation, in the schema's order. `file` is the section as it was written, if at all. */
export function settingsInForce(
  checked: WrittenConfiguration['reconciliation'],
  file: unknown,
  { sources }: Pick<ReconciliationOverrides, 'sources'>,
): readonly SettingInForce[] {
  return leaves(checked).map(([path, value]) => {
    const key = path.join('.');
    const override = sources.get(key);
    if (override) return { key, value, source: { from: override.from, name: override.path } };
    return { key, value, source: { from: isWritten(file, path) ? 'file' : 'default' } };
  });
}

type Leaf = readonly [path: readonly string[], value: SettingInForce['value']];

function leaves(section: object, path: readonly string[] = []): readonly Leaf[] {
  return Object.entries(section).flatMap(([key, value]): readonly Leaf[] =>
    typeof value === 'object' ? leaves(value, [...path, key]) : [[[...path, key], value]],
  );
}

function isWritten(file: unknown, path: readonly string[]): boolean {
  let place = file;
  for (const key of path) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, key)) return false;
    place = (place as Readonly<Record<string, unknown>>)[key];
  }
  return true;
}
