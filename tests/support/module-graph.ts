import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Packages that are loaded with these files, without what is imported only when it is called for. */
export function packagesLoadedWith(files: readonly string[]): ReadonlySet<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, types, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
      if (types !== undefined || specifier.startsWith('node:')) continue;
      if (specifier.startsWith('.')) waiting.push(join(dirname(file), specifier));
      else packages.add(packageOf(specifier));
    }
  }
  return packages;
}

/** Packages that a file may load in whatever way, types aside. */
export function packagesNamedIn(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  const found = [...text.matchAll(STATIC_IMPORT)].flatMap(([, types, specifier = '']) =>
    types ? [] : [specifier],
  );
  const later = [...text.matchAll(/\b(?:import|require)\(\s*'([^']+)'/g)].map(
    ([, specifier = '']) => specifier,
  );
  return [...found, ...later]
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map(packageOf);
}

const STATIC_IMPORT = /^(?:import|export) (type )?[^;]*?from '([^']+)'/gm;

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
