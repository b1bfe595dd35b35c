import { expect, it } from '@jest/globals';
import { openApiKey, signToken } from '../../../src/exchanges/coinbase/api-key.ts';
import { createSimulatedKey, tokenChecker } from '../../../src/exchanges/simulated/coinbase-tokens.ts';
import { createEd25519Key } from '../../support/coinbase-keys.ts';
import { START_MS } from './example-venue.ts';

const uri = 'GET host/path';

it.each([createSimulatedKey(), createEd25519Key()])(
  'a token is good once: the nonce of another one is its own',
  (key) => {
    const { keyName } = key.credentials;
    const now = { machineNow: () => START_MS, claim: 'uri' } as const;
    const checker = tokenChecker({ ...now, keyName, publicKey: key.publicKey });
    const sign = () =>
      `Bearer ${signToken(openApiKey(key.credentials), { uri, nowMs: START_MS, lifeMs: 30_000 })}`;
    const token = sign();
    expect([checker.refusalOf(token, uri), checker.refusalOf(sign(), uri)]).toEqual([null, null]);
    expect(checker.refusalOf(token, uri)).toBe('the token has a nonce that was used before');
  },
);

it.each([
  ['ahead', 1_000, 0, 'the token is not valid yet'],
  ['ahead within the tolerance', 5_000, 5, null],
  ['ahead beyond the tolerance', 6_000, 5, 'the token is not valid yet'],
  ['behind by its life', -31_000, 5, 'the token has expired'],
] as const)('a token that is dated %s', (_case, aheadMs, clockToleranceSeconds, refusal) => {
  const { credentials, publicKey } = createSimulatedKey();
  const checker = tokenChecker({
    keyName: credentials.keyName,
    publicKey,
    machineNow: () => START_MS,
    claim: 'uri',
    clockToleranceSeconds,
  });
  const token = signToken(openApiKey(credentials), { uri, nowMs: START_MS + aheadMs, lifeMs: 30_000 });
  expect(checker.refusalOf(`Bearer ${token}`, uri)).toBe(refusal);
});
