import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { packagesLoadedWith, packagesNamedIn } from './support/module-graph.ts';

const { dependencies, optionalDependencies, bin, exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'actors', 'db'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file.endsWith('.ts'));

/** Only the demo and tests use them, and the demo says so where a package is missing. */
const DEMONSTRATED = /^src\/(?:exchanges\/simulated|demo)\//;

/** Handed on within the bundle, of which they are a small part: whoever installs us does not install them. */
const BUNDLED = new Set(['echarts']);

describe('the package', () => {
  it('names every package that its users need as a dependency', () => {
    const installed = new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)]);
    const missing = files
      .filter((file) => !DEMONSTRATED.test(file))
      .flatMap((file) => packagesNamedIn(file).map((name) => ({ file, name })))
      .filter(({ name }) => !installed.has(name) && !BUNDLED.has(name));
    expect(missing).toEqual([]);
  });

  it("loads no venue's SDK and nothing of the demo's packages with its public API", () => {
    const loaded = packagesLoadedWith(['src/index.ts']);
    for (const name of Object.keys(optionalDependencies)) expect(loaded).not.toContain(name);
    for (const name of [
      '@solana/web3.js',
      '@coinbase/coinbase-sdk',
      'litesvm',
      '@solana/spl-token',
      'commander',
    ])
      expect(loaded).not.toContain(name);
    expect(loaded).toContain('xstate');
  });

  it('starts what it names: the command line and the public API are built from files that are there', () => {
    for (const built of [bin.trueup, exports['.'].default, exports['.'].types]) {
      const source = built.replace(/^(?:\.\/)?dist\//, '').replace(/\.(?:d\.ts|js)$/, '.ts');
      expect(files).toContain(source);
    }
    expect(readFileSync('src/cli/main.ts', 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
