import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { webhookSignature } from '../../../src/app/alerts/webhook-channel.ts';
import { alertCodes, termsOf } from '../../../src/domain/alerts/alert-codes.ts';
import { tableUnder } from '../../support/markdown-table.ts';

const ALERTS = readFileSync('docs/ALERTS.md', 'utf8');

it('documents exactly the codes that there are, with their level and what they are', () => {
  const documented = tableUnder(ALERTS, '## Codes').map(([code, level]) => `${code} ${level}`);
  const known = alertCodes.map((code) => {
    const { level, kind } = termsOf(code);
    return `\`${code}\`${kind === 'occurrence' ? ' ◇' : ''} ${level}`;
  });
  expect(documented.sort()).toEqual(known.sort());
});

it('shows a receiver how to tell who a message is from, and that works', () => {
  const [, snippet = ''] = /```js\n(.*?)```/s.exec(ALERTS) ?? [];
  const body = snippet.replace(/^import .*$/m, '').replace('export function', 'return function');
  const isFromTrueup = new Function('createHmac', 'timingSafeEqual', 'Buffer', body)(
    createHmac,
    (a: Buffer, b: Buffer) => a.equals(b),
    Buffer,
  );
  const headers = {
    'x-trueup-timestamp': '1700000000',
    'x-trueup-signature': webhookSignature('key', '1700000000', '{"id":"1"}'),
  };
  const given = { headers, body: '{"id":"1"}', key: 'key', nowSeconds: 1_700_000_010 };
  expect(isFromTrueup(given)).toBe(true);
  expect(isFromTrueup({ ...given, body: '{"id":"2"}' })).toBe(false);
  expect(isFromTrueup({ ...given, key: 'other' })).toBe(false);
  expect(isFromTrueup({ ...given, nowSeconds: 1_700_000_301 })).toBe(false);
  expect(isFromTrueup({ ...given, headers: {} })).toBe(false);
});
