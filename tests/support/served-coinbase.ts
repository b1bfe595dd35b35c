import { type CoinbaseServerOptions, serveCoinbase } from '../../src/exchanges/simulated/coinbase-server.ts';
import { createSimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { realTimeConfiguration, realTimeVenue } from './real-time-venue.ts';

const PORTFOLIO = 'portfolio-1';
const ORDERS = 'POST /api/v3/brokerage/orders';

/** A simulated Coinbase on loopback in real time that counts every request which could place or cancel an order. */
export async function servedCoinbase({ intercept }: Pick<CoinbaseServerOptions, 'intercept'> = {}) {
  const { credentials, publicKey } = createSimulatedKey();
  const venue = realTimeVenue('cb');
  const { keyName } = credentials;
  const server = await serveCoinbase({
    venue,
    clock: systemClock,
    portfolio: PORTFOLIO,
    keyName,
    publicKey,
    ...(intercept && { intercept }),
  });
  // A latency of nothing changes nothing, and the server counts whom it meets.
  server.inject({ fault: { kind: 'latency', delayMs: 0 }, endpoint: ORDERS, count: 1_000 });
  return {
    venue,
    server,
    orderRequests: () => server.faultsMet().find(({ endpoint }) => endpoint === ORDERS)?.met ?? 0,
    environment: { CB_KEY_NAME: keyName, CB_PRIVATE_KEY: credentials.privateKey, USER: 'tester' },
    configuration: ({ venue: more, ...changes }: Parameters<typeof realTimeConfiguration>[0] = {}) =>
      realTimeConfiguration({
        ...changes,
        venue: {
          id: 'cb',
          baseUrl: server.urls.baseUrl,
          credentialsEnv: 'CB',
          scope: { portfolio: PORTFOLIO },
          ...more,
        },
        reconciliation: { retryCount: 0, ...changes.reconciliation },
      }),
  };
}
