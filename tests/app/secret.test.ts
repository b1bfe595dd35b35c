import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { concealSecrets } from '../../src/app/conceal-secrets.ts';
import { hideSecrets, Secret, secretsOfUrl } from '../../src/app/secret.ts';
import { unknown } from '../../src/domain/venue/observation.ts';
import { realTimeExchange } from '../support/real-time-venue.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
const LINE = PEM.split('\n')[1] ?? '';
const WORDS = 'mirror actor skill push coach wait confirm orchard';
const TOKEN = '0123456789abcdef0123456789abcdef';

describe('a secret', () => {
  it.each([
    ['as a whole', TOKEN, `at ${TOKEN}!`, 'at [secret]!'],
    ['cut at its end', TOKEN, `at ${TOKEN.slice(0, 13)}`, 'at [secret]'],
    ['cut at its beginning', TOKEN, `${TOKEN.slice(-12)} it was`, '[secret] it was'],
    ['twice', TOKEN, `${TOKEN} ${TOKEN}`, '[secret] [secret]'],
    ['a line of it', PEM, `line ${LINE}.`, 'line [secret].'],
    ['without its lines', PEM, PEM.split('\n').slice(1, -2).join(''), '[secret]'],
    ['in a URL', WORDS, `/x?w=${encodeURIComponent(WORDS)}`, '/x?w=[secret]'],
    ['a few words of it', WORDS, 'it said actor skill push', 'it said[secret]'],
    ['the id in the name of a key', `organizations/${TOKEN}/apiKeys/1`, `key ${TOKEN}`, 'key [secret]'],
  ])('is taken out of a text: %s', (_how, value, text, hidden) => {
    expect(new Secret(value).removeFrom(text)).toBe(hidden);
  });

  it.each([
    ['less than twelve characters of it', TOKEN, TOKEN.slice(0, 11)],
    ['what every key in PEM has', PEM, 'expected -----BEGIN EC PRIVATE KEY-----'],
    ['what every name of a key has', `organizations/${TOKEN}/apiKeys/1`, 'no such organizations/2/apiKeys/2'],
    ['everything, where it is empty', '', 'any text'],
  ])('leaves %s', (_what, value, text) => {
    expect(new Secret(value).removeFrom(text)).toBe(text);
  });

  it('prints as nothing of it', () => {
    const secret = new Secret(TOKEN);
    secret.removeFrom('a text');
    expect(
      `${secret} ${JSON.stringify({ secret })} ${inspect({ secret }, { showHidden: true, depth: 9 })}`,
    ).toBe('[secret] {"secret":"[secret]"} { secret: [secret] }');
  });
});

it('hides what a key has signed, whole or cut', () => {
  const signed = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJjZHAifQ.c2lnbmF0dXJl';
  expect(hideSecrets(`Bearer ${signed}, ${signed.slice(0, 30)}`, [])).toBe('Bearer [secret], [secret]');
});

it('finds tokens in the path and the query of a URL, and none in what is short or a host', () => {
  const revealed = (url: string) => secretsOfUrl(url).map((secret) => secret.reveal());
  expect(revealed(`https://long-name-of-a-host.test/v2/${TOKEN}?api-key=${'k'.repeat(12)}`)).toEqual([
    TOKEN,
    'k'.repeat(12),
  ]);
  expect(revealed('https://api.coinbase.com/platform/v1')).toEqual([]);
  expect(revealed('https://host.test/a%20token%20of%20words')).toContain('a token of words');
});

describe('a venue that quotes secrets', () => {
  const signal = new AbortController().signal;
  const secrets = [new Secret(TOKEN)];
  const { exchange } = realTimeExchange();

  it('is heard without them, and what it certifies is as it was', async () => {
    const concealed = concealSecrets(exchange, secrets);
    const known = await concealed.observe({ fillsSinceMs: null }, signal);
    expect(known).toMatchObject({ state: 'known' });
    const quoting = concealSecrets(
      { ...exchange, observe: async () => unknown('refused', `HTTP 400: no ${TOKEN}`, 7) },
      secrets,
    );
    expect(await quoting.observe({ fillsSinceMs: null }, signal)).toEqual(
      unknown('refused', 'HTTP 400: no [secret]', 7),
    );
  });

  it('throws without them, causes included, and what it throws keeps its class', async () => {
    class Bug extends Error {}
    const bug = new Bug(`a bug with ${TOKEN}`, { cause: new Error(TOKEN) });
    const failing = concealSecrets({ ...exchange, observe: () => Promise.reject(bug) }, secrets);
    const thrown = await failing.observe({ fillsSinceMs: null }, signal).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Bug);
    expect(inspect(thrown)).toContain('a bug with [secret]');
    expect(inspect(thrown)).not.toContain(TOKEN);
  });
});
