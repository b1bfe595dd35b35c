import { openCoinbaseExchange } from '../../src/exchanges/coinbase/coinbase-exchange.ts';
import { openCoinbaseWalletExchange } from '../../src/exchanges/coinbase/coinbase-wallet-exchange.ts';
import { openDydxExchange } from '../../src/exchanges/dydx/dydx-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { Pace } from '../../src/exchanges/pace.ts';
import { openSolanaExchange } from '../../src/exchanges/solana/solana-exchange.ts';
import { TEST_CREDENTIALS } from './coinbase-account.ts';
import { TEST_ADDRESS } from './dydx-account.ts';

const now = (): number => 0;
const SOLANA_OWNER = '11111111111111111111111111111111';

type Open = (url: string, pace: Pace) => Exchange | Promise<Exchange>;

/** Every adapter that asks somebody, with all of its addresses at one server. */
export const PACED_ADAPTERS: readonly (readonly [string, Open])[] = [
  [
    'coinbase',
    (baseUrl, pace) =>
      openCoinbaseExchange({
        venue: 'v',
        baseUrl,
        credentials: TEST_CREDENTIALS,
        scope: {},
        now,
        pace,
      }),
  ],
  [
    'coinbase-wallet',
    (baseUrl, pace) =>
      openCoinbaseWalletExchange({
        venue: 'v',
        baseUrl,
        credentials: TEST_CREDENTIALS,
        scope: { network: 'base-mainnet', addresses: ['0xabc1'] },
        now,
        pace,
      }),
  ],
  [
    'dydx',
    (url, pace) =>
      openDydxExchange({
        venue: 'v',
        indexerUrl: url,
        validatorUrl: url,
        credentials: null,
        scope: { address: TEST_ADDRESS, subaccountNumbers: [0] },
        now,
        pace,
      }),
  ],
  [
    'solana',
    (url, pace) =>
      openSolanaExchange({
        venue: 'v',
        rpcUrls: [url],
        swapUrl: `${url}/swap`,
        credentials: null,
        scope: { owner: SOLANA_OWNER },
        tokens: {},
        now,
        pace,
      }),
  ],
];
