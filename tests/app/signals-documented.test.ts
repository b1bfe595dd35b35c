import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../src/app/configuration.ts';
import { type SchemaNode, schemaTree } from '../../src/app/schema-tree.ts';
import { aggregationSchema } from '../../src/app/targeting/aggregation-schema.ts';
import { registerSignals } from '../../src/cli/signals-command.ts';
import { runInProcess } from '../cli/command-line.ts';
import { tableUnder } from '../support/markdown-table.ts';

const document = readFileSync('docs/SIGNALS.md', 'utf8');
const blocks = [...document.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, kind = '', text = '']) => ({
  kind,
  text,
}));
const blockOf = (kind: string, index = 0): string =>
  blocks.filter((each) => each.kind === kind)[index]?.text ?? '';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-signals-'));
  writeFileSync(join(folder, 'signals.json'), blockOf('json'));
  writeFileSync(join(folder, 'signals.csv'), blockOf('csv'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (line: string) => {
  const words = line
    .split(' ')
    .map((word) => (/^signals\.(?:json|csv)$/.test(word) ? join(folder, word) : word));
  return runInProcess(words.slice(1), { commands: [registerSignals] });
};

describe('docs/SIGNALS.md', () => {
  it('shows commands that run', async () => {
    const lines = blockOf('').trim().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(await run(line)).toMatchObject({ exitCode: 0, err: '' });
  });

  it('shows what its example prints', async () => {
    const [line = '', ...printed] = blockOf('', 1).split('\n');
    const { out } = await run(line.replace(/^\$ /, ''));
    expect(out).toBe(printed.join('\n'));
  });

  it('has every key of an aggregation, with its default and its meaning', () => {
    const tree = schemaTree(aggregationSchema()).properties ?? {};
    const defaults: Readonly<Record<string, unknown>> = aggregationSchema().parse({});
    const rows = Object.entries(tree).map(([key, node]) => rowOf(key, node, defaults[key]));
    expect(tableUnder(document, '## Settings')).toEqual(rows);
  });

  it('shows a configuration that is right', () => {
    const venues = [
      { id: 'cb', kind: 'coinbase', credentials: { keyName: 'k', privateKey: 's' }, markets: ['BTC-USD'] },
    ];
    const method = JSON.parse(`{${blockOf('json', 1)}}`);
    const text = JSON.stringify({ venues, targets: { BTC: '0.5', CASH: '0.5' }, ...method });
    expect(loadConfiguration({ path: '/etc/c.json', environment: {}, readFile: () => text })).toMatchObject({
      ok: true,
    });
  });
});

function rowOf(key: string, node: SchemaNode, value: unknown): readonly string[] {
  const isShown = value !== undefined && typeof value !== 'object';
  return [`\`${key}\``, isShown ? String(value) : '–', node.description ?? ''];
}
