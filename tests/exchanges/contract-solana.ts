import { amount } from '../../src/domain/money/amount.ts';
import { startSolanaServer } from '../../src/exchanges/simulated/solana-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openWires } from '../support/contract-wires.ts';
import { instruct, USDC } from '../support/solana-chain.ts';
import { openTestSolana } from '../support/solana-wallet.ts';
import { type AdapterUnderTest, rowsOf } from './contract.ts';

const OTHER_OWNER = '9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM';

/** An endpoint may list fewer signatures at a time than it was asked for. */
const SIGNATURES_PER_PAGE = 3;

/** Token accounts come in one answer, signatures in pages. A chain's clock is its slot. */
export const solanaUnderTest: AdapterUnderTest = {
  adapter: 'solana',
  asks: new Set(['observe', 'readActivity', 'readMarkets', 'prepareOrder', 'findOrder', 'submitOrder']),
  rateLimitedOrder: 'outcomeUnknown',
  tellsTime: false,
  namesAccount: true,
  lists: [
    { of: 'token accounts', read: 'observe', counts: [0, 1, 2, 20] },
    { of: 'deposits', read: 'readActivity', counts: [0, 1, 2, 3, 4, 6, 7] },
  ],
  async open(setting) {
    const rows = rowsOf(setting, 'token accounts') ?? 1;
    const server = await startSolanaServer({
      clock: systemClock,
      seed: 'contract',
      mints: [{ mint: USDC, symbol: 'USDC', decimals: 6, program: 'spl-token' }],
      balances: [
        { asset: 'SOL', amount: amount('10') },
        ...(rows === 0 ? [] : [{ asset: USDC, amount: amount('1000.000001'), accounts: rows }]),
      ],
      prices: { priceAt: (asset) => amount(asset === 'SOL' ? '150' : '1') },
    });
    const deposits = Array.from({ length: rowsOf(setting, 'deposits') ?? 0 }, (_, index) =>
      server.deposit('SOL', amount(`0.00000${index + 1}`)),
    );
    const { rpcUrl = '', secondRpcUrl = '' } = server.urls;
    const wires = await openWires({ rpcUrl, secondRpcUrl }, ({ body }) => body.includes('sendTransaction'));
    if (rowsOf(setting, 'deposits') !== null) wires.rewrite(inShortPages);
    if (setting.isForeign) wires.rewrite((body) => body.replaceAll(server.owner, OTHER_OWNER));
    const exchange = await openTestSolana({
      venue: 'solana-test',
      rpcUrls: [wires.urls.rpcUrl, wires.urls.secondRpcUrl],
      swapUrl: wires.urls.rpcUrl,
      credentials: { secretKey: server.secretKey },
      scope: { owner: server.owner },
      now: () => systemClock.now() - setting.skewMs,
    });
    const totals = () =>
      server
        .balances()
        .filter(({ total }) => total !== '0')
        .map(({ asset, total }) => [asset, total] as const);
    return {
      ...wires.rig,
      exchange,
      markets: ['SOL/USDC'],
      assets: ['SOL', USDC],
      secrets: [server.secretKey],
      truth: () => ({
        totals: Object.fromEntries(totals()),
        fills: 0,
        openOrders: 0,
        moved: deposits.flatMap(({ deltas }) => deltas.map((delta) => delta.amount)),
      }),
      instruct: (serial) => instruct('SOL/USDC', 'sell', '0.01', '100', `intent-${serial}`),
      taken: ({ reference }) => statusesOf(rpcUrl, reference ?? ''),
      async close() {
        await exchange.close();
        await wires.close();
        await server.close();
      },
    };
  },
};

/** Every list of signatures, cut to a page. */
function inShortPages(body: string): string {
  const answer = JSON.parse(body) as { readonly result?: unknown };
  const { result } = answer;
  const isList = Array.isArray(result) && result.every((row) => Object(row).signature !== undefined);
  return isList ? JSON.stringify({ ...answer, result: result.slice(0, SIGNATURES_PER_PAGE) }) : body;
}

/** 1 where the chain itself knows the signature. */
async function statusesOf(rpcUrl: string, signature: string): Promise<number> {
  const params = [[signature], { searchTransactionHistory: true }];
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getSignatureStatuses', params });
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const answer = await fetch(rpcUrl, { method: 'POST', headers, body });
  const { result } = (await answer.json()) as { readonly result: { readonly value: readonly unknown[] } };
  return result.value.filter((status) => status !== null).length;
}
