// Bundles the library and the command line into dist, beside the declarations that tsc wrote: npm run build
// Some hundred small files, ours and those of two packages, took most of the time that a command takes to start.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const DIST = 'dist';
const LICENSES = join(DIST, 'licenses');
/** Packages of many files that most commands load. All others stay outside and are loaded where they are needed. */
const BUNDLED = ['kysely', 'zod'];

const mains = BUNDLED.map((name) => ({ name, file: fileURLToPath(import.meta.resolve(name)) }));
const { metafile } = await build({
  entryPoints: ['src/index.ts', 'src/cli/main.ts'],
  outbase: '.',
  outdir: DIST,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  // One copy of each module for both entries; what is imported when it is needed stays a file of its own.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  // A package with a path of its own is no longer an external one.
  alias: Object.fromEntries(mains.map(({ name, file }) => [name, file])),
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
});

// What an earlier build wrote would be packed as well.
const written = new Set(Object.keys(metafile.outputs));
for (const file of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
  const path = join(DIST, file);
  if (/\.js(?:\.map)?$/.test(file) && !written.has(path.replaceAll('\\', '/'))) rmSync(path);
}

mkdirSync(LICENSES, { recursive: true });
for (const { name, file } of mains)
  copyFileSync(join(packageFolder(name, file), 'LICENSE'), join(LICENSES, `${name}.txt`));

function packageFolder(name: string, file: string): string {
  const folder = dirname(file);
  try {
    if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === name) return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return packageFolder(name, folder);
}
