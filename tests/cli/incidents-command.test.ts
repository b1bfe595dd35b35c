import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { registerIncidents } from '../../src/cli/incidents-command.ts';
import { runInProcess } from './command-line.ts';

const run = (...words: readonly string[]) =>
  runInProcess(['incidents', ...words], { commands: [registerIncidents] });

it('prints one document and writes what was given, what was true and what was said on lines apart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'incidents-'));
  try {
    const dump = join(folder, 'dump.jsonl');
    const ended = await run('--count', '3', '--seed', '9', '--dump', dump, '--json');
    expect(ended.exitCode).toBe(0);
    expect(JSON.parse(ended.out)).toMatchObject({ count: 3, seed: 9, wrongCorrections: 0 });
    const lines = readFileSync(dump, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ incident, part }) => `${incident} ${part}`)).toEqual(
      [1, 2, 3].flatMap((number) => [`${number} input`, `${number} truth`, `${number} result`]),
    );
    expect(JSON.stringify(lines[0])).not.toContain('"causes"');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  ['--count', '0'],
  ['--count', 'many'],
  ['--seed', '-1'],
  ['--seed', '1.5'],
])('refuses %s %s', async (option, value) => {
  const ended = await run(`${option}=${value}`);
  expect(ended.exitCode).toBe(2);
  expect(ended.err).toContain(option);
});

it('tells people that nothing was corrected wrongly', async () => {
  const ended = await run('--count', '2');
  expect(ended.out).toContain('nothing was corrected wrongly');
});
