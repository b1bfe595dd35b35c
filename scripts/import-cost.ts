// How much longer `trueup status --json` takes than bare node where no venue is configured, and what it loads:
// npm run import-cost -- [--runs 15] [--json]
// Builds first, and ends with 1 where it takes too long or an SDK of a venue is loaded.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openDatabase } from '../db/database.ts';

const DIST = resolve('dist');
const CLI = join(DIST, 'src/cli/main.js');
const EXTRA_MAX_MS = 250;
/** Packages that only an adapter needs, and only where its venue is configured. */
const SDKS = /^(?:@coinbase\/|@dydxprotocol\/|@solana\/|@cosmjs\/|axios$|ethers$|viem$|litesvm$)/;

/** Writes down every file that is loaded: modules by a hook as they are resolved, what is required when it ends. */
const WITNESS = `
import { appendFileSync } from 'node:fs';
import Module, { register } from 'node:module';
const keep = (urls) => appendFileSync(process.env.LOADED_FILE, urls.map((url) => url + '\\n').join(''));
const hook = \`
import { appendFileSync } from 'node:fs';
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  appendFileSync(process.env.LOADED_FILE, resolved.url + '\\\\n');
  return resolved;
}\`;
register('data:text/javascript,' + encodeURIComponent(hook));
process.on('exit', () => keep(Object.keys(Module._cache)));
`;

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
});
const runs = Number(values.runs);
// Another build than that of this source would tell nothing.
execFileSync('npm', ['run', 'build'], { stdio: ['ignore', 2, 2] });

const folder = mkdtempSync(join(tmpdir(), 'trueup-import-'));
try {
  const configuration = join(folder, 'trueup.json');
  writeFileSync(configuration, JSON.stringify({ database: 'trueup.sqlite', venues: [] }));
  await (await openDatabase(join(folder, 'trueup.sqlite'), { nowMs: 0 })).close();
  const status = [CLI, 'status', '--json', '--config', configuration];
  // In turn, so that both meet the machine in the same mood.
  const times = Array.from({ length: runs }, () => ({
    bareMs: timeOf(['-e', '0']),
    statusMs: timeOf(status),
  }));
  const bareMs = medianOf(times.map((each) => each.bareMs));
  const statusMs = medianOf(times.map((each) => each.statusMs));
  const packages = packagesLoaded(status);
  const sdks = packages.filter((name) => SDKS.test(name));
  const extraMs = Math.round((statusMs - bareMs) * 10) / 10;
  const result = {
    runs,
    bareMs,
    statusMs,
    extraMs,
    extraMaxMs: EXTRA_MAX_MS,
    ratio: Math.round((statusMs / bareMs) * 100) / 100,
    packages,
    sdks,
  };
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else
    console.log(
      `bare node ${bareMs} ms, status ${statusMs} ms (medians of ${runs}): ${extraMs} ms more, ${result.ratio} times; ` +
        `loads ${packages.join(', ')}; SDKs: ${sdks.join(', ') || 'none'}`,
    );
  if (extraMs >= EXTRA_MAX_MS || sdks.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function timeOf(words: readonly string[]): number {
  const from = performance.now();
  run(words, {});
  return performance.now() - from;
}

function run(words: readonly string[], environment: Readonly<Record<string, string>>): void {
  const { status, stderr } = spawnSync(process.execPath, words, {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(`node ${words.join(' ')}: expected exit code 0, found ${status}: ${stderr}`);
}

/** The packages of all files that a run loads, by name: of those that are bundled, too. */
function packagesLoaded(words: readonly string[]): readonly string[] {
  const file = join(folder, 'loaded.txt');
  writeFileSync(file, '');
  run(['--import', `data:text/javascript,${encodeURIComponent(WITNESS)}`, ...words], { LOADED_FILE: file });
  const loaded = readFileSync(file, 'utf8').split('\n');
  if (!loaded.includes(pathToFileURL(CLI).href))
    throw new Error(`expected ${CLI} among what is loaded, found it not`);
  const ours = loaded.filter((url) => url.startsWith(pathToFileURL(DIST + sep).href));
  const names = [...loaded, ...ours.flatMap((url) => bundledFiles(fileURLToPath(url)))].flatMap(
    (file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  return [...new Set(names)].sort();
}

/** esbuild names each file that it put into another in a comment. */
function bundledFiles(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^\/\/ (.*)$/gm)].map(([, file = '']) => `/${file}`);
}

function medianOf(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}
