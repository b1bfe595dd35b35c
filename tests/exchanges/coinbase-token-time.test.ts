import { afterEach, describe, expect, it } from '@jest/globals';
import { CLOCK_SKEW_MAX_MS } from '../../src/domain/venue/observation.ts';
import { openApiKey } from '../../src/exchanges/coinbase/api-key.ts';
import { readClockSkew } from '../../src/exchanges/coinbase/server-clock.ts';
import { signedRequests } from '../../src/exchanges/coinbase/signed-requests.ts';
import { type TokenTime, tokenTime } from '../../src/exchanges/coinbase/token-time.ts';
import { TEST_CREDENTIALS } from '../support/coinbase-account.ts';
import { type ScriptedServer, serveScript } from '../support/scripted-server.ts';

const NOW_MS = 1_700_000_000_000;
const signal = new AbortController().signal;

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

/** The skew by a service's clock at NOW_MS, of a venue whose time endpoint says this. */
async function skewAt(body: object, time: TokenTime): Promise<number | null> {
  server = await serveScript(() => ({ body }));
  const now = () => NOW_MS;
  const apiKey = openApiKey(TEST_CREDENTIALS);
  const requests = signedRequests({ baseUrl: server.url, apiKey, now, tokenNow: time.now });
  return readClockSkew({ requests, now, tokenTime: time }, signal);
}

describe('the time of tokens', () => {
  it.each<[string, readonly number[], number]>([
    ['the machine’s before anything is measured', [], 0],
    ['the venue’s as it was measured last', [1_500, -700], -700],
    ['the venue’s to the end of what is believed', [CLOCK_SKEW_MAX_MS], CLOCK_SKEW_MAX_MS],
    ['the machine’s where the venue’s is too far ahead to be believed', [1_500, CLOCK_SKEW_MAX_MS + 1], 0],
    ['the machine’s where the venue’s is too far behind', [-3_600_000], 0],
  ])('is %s', (_case, measured, expected) => {
    const time = tokenTime(() => NOW_MS);
    for (const skewMs of measured) time.correct(skewMs);
    expect([time.now() - NOW_MS, time.machineNow()]).toEqual([expected, NOW_MS]);
  });

  it('is measured by the machine’s clock, although the skew that is told is by the service’s', async () => {
    const time = tokenTime(() => NOW_MS + 400);
    expect(await skewAt({ epochMillis: String(NOW_MS + 1_000) }, time)).toBe(1_000);
    expect(time.now()).toBe(NOW_MS + 1_000);
  });

  it('stays as it is where the venue does not tell its time', async () => {
    const time = tokenTime(() => NOW_MS);
    time.correct(1_200);
    expect(await skewAt({ epochMillis: 'soon' }, time)).toBeNull();
    expect(time.now()).toBe(NOW_MS + 1_200);
  });
});
