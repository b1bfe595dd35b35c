import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPortfolio } from '../../src/app/open-portfolio.ts';
import type { Portfolio } from '../../src/app/portfolio-api.ts';
import { tableUnder } from '../support/markdown-table.ts';
import { type Family, parseExposition } from '../support/parse-exposition.ts';
import { realTimeConfiguration, realTimeExchange } from '../support/real-time-venue.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const OPERATING = readFileSync('docs/OPERATING.md', 'utf8');

let folder: DatabaseFolder;
let portfolio: Portfolio;
beforeEach(async () => {
  folder = new DatabaseFolder();
  portfolio = await openPortfolio({
    configuration: realTimeConfiguration({ more: { metrics: { port: 0 } } }),
    database: folder.path(),
    journal: folder.path('run.jsonl'),
    exchanges: { coinbase: realTimeExchange().exchange },
    environment: {},
    onProblem: () => undefined,
  });
});
afterEach(async () => {
  await portfolio.close();
  await folder.clean();
});

it('documents exactly the metrics that are served, with their types, labels and help', async () => {
  await portfolio.reports();
  const families = parseExposition(await (await fetch(String(portfolio.metricsUrl))).text());
  const documented = tableUnder(OPERATING, '## Metrics');
  expect(documented.map(([name]) => name)).toEqual([...families.keys()].map((name) => `\`${name}\``).sort());
  for (const [name = '', type, labels, meaning] of documented) {
    const family = families.get(name.replaceAll('`', '')) as Family;
    expect([name, type, labels, meaning]).toEqual([name, family.type, labelsOf(family), family.help]);
  }
});

it('names only metrics that are documented in the example of alerts', () => {
  const [, rules = ''] = /```yaml\n(groups:.*?)```/s.exec(OPERATING) ?? [];
  const named = rules.match(/trueup_\w+/g) ?? [];
  const documented = tableUnder(OPERATING, '## Metrics').map(([name = '']) => name.replaceAll('`', ''));
  expect(named.length).toBeGreaterThanOrEqual(2);
  for (const name of named) expect(documented).toContain(name);
});

function labelsOf({ samples }: Family): string {
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
  labels.delete('le');
  return [...labels].map((label) => `\`${label}\``).join(', ');
}
