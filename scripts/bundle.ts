// Bundles the library and the command line into dist, beside the declarations that tsc wrote: npm run build
// Some hundred small files, ours and those of two packages, took most of the time that a command takes to start.

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const DIST = 'dist';
const LICENSES = join(DIST, 'licenses');
/**
 * Packages of many files that most commands load: bundled, though whoever installs us has them for their types. What is
 * no dependency at all, such as the charts of a report, is bundled too. All others are loaded where they are needed.
 */
const BUNDLED = new Set(['kysely', 'zod']);

const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
const outside = [
  ...Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !BUNDLED.has(name)),
  // The simulated chain is for whoever develops with it, and is not installed with us.
  'litesvm',
];

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
  external: outside.flatMap((name) => [name, `${name}/*`]),
  // A package's modules, where it has both kinds.
  mainFields: ['module', 'main'],
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

// What we hand on, we hand on with its licence, and with its notice where it has one.
rmSync(LICENSES, { recursive: true, force: true });
mkdirSync(LICENSES, { recursive: true });
const folders = new Set(
  Object.keys(metafile.inputs).flatMap((path) => {
    const [folder] = path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/) ?? [];
    return folder === undefined ? [] : [folder];
  }),
);
for (const folder of folders) {
  const name = folder.split('node_modules/').at(-1)?.replace('/', '+');
  const found = ['LICENSE', 'LICENSE.txt', 'LICENSE.md'].find((file) => existsSync(join(folder, file)));
  if (found === undefined) throw new Error(`${folder}: expected a LICENSE to hand on, found none`);
  copyFileSync(join(folder, found), join(LICENSES, `${name}.txt`));
  if (existsSync(join(folder, 'NOTICE')))
    copyFileSync(join(folder, 'NOTICE'), join(LICENSES, `${name}.NOTICE.txt`));
}
