import { amount } from '../../src/domain/money/amount.ts';
import type { OrderInstruction, PreparedOrder } from '../../src/domain/venue/order.ts';
import type { DydxCredentials } from '../../src/exchanges/dydx/dydx-exchange.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import type { SimulatedAuthenticator } from '../../src/exchanges/simulated/dydx-authenticators.ts';
import { dydxChainFace } from '../../src/exchanges/simulated/dydx-chain-face.ts';
import { dydxIndexerFace } from '../../src/exchanges/simulated/dydx-indexer-face.ts';
import { createDydxSubaccounts } from '../../src/exchanges/simulated/dydx-subaccounts.ts';
import type { FaceAnswer, FaceRequest } from '../../src/exchanges/simulated/http-face.ts';
import { createSimulatedVenue } from '../../src/exchanges/simulated/venue-engine.ts';
import { openTestDydx, TEST_ADDRESS, TEST_PRIVATE_KEY } from './dydx-account.ts';
import { DYDX_START_MS, perpetual } from './dydx-venue.ts';
import { type ScriptedAnswer, type ScriptedRequest, serveScript } from './scripted-server.ts';

const faceRequest = ({ method, path, query, body }: ScriptedRequest): FaceRequest => ({
  method,
  path,
  query,
  headers: {},
  body,
  endpoint: `${method} ${path}`,
});

export interface AbciQuery {
  readonly path: string;
  readonly height?: string;
}

/** A simulated dYdX whose every request is kept, and whose validator answers a broadcast as the test says. */
export async function recordedDydx(
  options: {
    readonly credentials?: DydxCredentials;
    readonly authenticators?: readonly SimulatedAuthenticator[];
    readonly unsettledFunding?: 'included' | 'apart';
  } = {},
) {
  const { credentials = { privateKey: TEST_PRIVATE_KEY }, authenticators = [], ...overrides } = options;
  let nowMs = DYDX_START_MS;
  const venue = createSimulatedVenue({
    venue: 'dydx',
    now: () => nowMs,
    prices: { priceAt: (asset) => amount(asset === 'USDC' ? '1' : '60000') },
    markets: [perpetual('BTC', '0.0001', '1')],
    balances: { USDC: amount('10000') },
  });
  const subaccounts = createDydxSubaccounts({
    venue,
    address: TEST_ADDRESS,
    subaccountNumber: 0,
    children: {},
  });
  const onIndexer = dydxIndexerFace(subaccounts);
  const onChain = dydxChainFace({ subaccounts, chainId: 'dydx-mainnet-1', authenticators });
  const transactions: string[] = [];
  const methods: string[] = [];
  const queries: AbciQuery[] = [];
  let onBroadcast: (taken: () => FaceAnswer) => ScriptedAnswer = (taken) => taken();
  let onQuery: (taken: () => FaceAnswer, query: AbciQuery) => ScriptedAnswer = (taken) => taken();

  const indexer = await serveScript((request) => onIndexer(faceRequest(request)));
  const validator = await serveScript((request) => {
    const { method, params } = JSON.parse(request.body) as {
      method: string;
      params: AbciQuery & { tx?: string };
    };
    methods.push(method);
    const taken = () => onChain(faceRequest(request));
    if (method === 'abci_query') {
      queries.push(params);
      return onQuery(taken, params);
    }
    if (params.tx === undefined) return taken();
    transactions.push(params.tx);
    return onBroadcast(taken);
  });
  const exchange: Exchange = await openTestDydx(indexer.url, {
    validatorUrl: validator.url,
    credentials,
    now: () => nowMs,
    ...overrides,
  });

  return {
    venue,
    exchange,
    indexer,
    validatorUrl: validator.url,
    /** What was broadcast, in base 64. */
    transactions,
    /** Methods that the validator was asked for. */
    methods,
    /** What the validator was asked of the chain's state. */
    queries,
    answerBroadcasts(answer: typeof onBroadcast) {
      onBroadcast = answer;
    },
    answerQueries(answer: typeof onQuery) {
      onQuery = answer;
    },
    passTime(ms: number) {
      nowMs += ms;
    },
    async prepare(changes: Partial<Record<keyof OrderInstruction, unknown>>): Promise<PreparedOrder> {
      const instruction = {
        intentId: `intent-${changes.clientOrderId}`,
        venue: 'dydx',
        market: 'BTC-USD',
        side: 'buy',
        quantity: amount('0.01'),
        limitPrice: amount('50000'),
        timeInForce: 'goodTilCancelled',
        reduceOnly: false,
        ...changes,
      } as OrderInstruction;
      const prepared = await exchange.prepareOrder(instruction, new AbortController().signal);
      if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
      return prepared.order;
    },
    async close() {
      await exchange.close();
      await indexer.close();
      await validator.close();
    },
  };
}
