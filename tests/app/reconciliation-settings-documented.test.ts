import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { configurationSchema } from '../../src/app/configuration-schema.ts';
import { RECONCILIATION_SETTINGS } from '../../src/app/reconciliation-settings.ts';
import { type SchemaNode, schemaTree } from '../../src/app/schema-tree.ts';
import { settingsInForce } from '../../src/app/settings-in-force.ts';
import { tableUnder } from '../support/markdown-table.ts';

it('documents every setting of reconciliation with its names, its default and its meaning', () => {
  const { reconciliation } = configurationSchema.parse({ venues: [] });
  const tree = schemaTree(configurationSchema).properties?.reconciliation ?? {};
  const rows = settingsInForce(reconciliation, undefined, { sources: new Map() }).map(({ key, value }) => {
    const setting = RECONCILIATION_SETTINGS.find((each) => each.key === key);
    const names = setting?.variables.map(({ name }) => code(name)).join(', ') ?? '';
    return [code(key), names, setting ? code(setting.flag) : '', code(String(value)), meaningOf(key, tree)];
  });
  expect(tableUnder(readFileSync('docs/OPERATING.md', 'utf8'), '## Settings of reconciliation')).toEqual(
    rows,
  );
});

it('gives a name outside the file only to keys that the file has', () => {
  const keys = Object.keys(schemaTree(configurationSchema).properties?.reconciliation?.properties ?? {});
  for (const { key } of RECONCILIATION_SETTINGS) expect(keys).toContain(key);
});

const code = (text: string): string => `\`${text}\``;

const meaningOf = (key: string, tree: SchemaNode): string | undefined =>
  key.split('.').reduce<SchemaNode | undefined>((node, part) => node?.properties?.[part], tree)?.description;
