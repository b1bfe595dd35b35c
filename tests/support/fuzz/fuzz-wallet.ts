import { type Amount, add, amount, fromAtoms } from '../../../src/domain/money/amount.ts';
import { openCoinbaseWalletExchange } from '../../../src/exchanges/coinbase/coinbase-wallet-exchange.ts';
import { createSimulatedKey } from '../../../src/exchanges/simulated/coinbase-tokens.ts';
import { fixture } from '../fixture.ts';
import { serveScript } from '../scripted-server.ts';
import { FUZZ_NOW_MS, type FuzzVenue, type SaidDocument } from './fuzz-venue.ts';
import { openFuzzWires } from './fuzz-wires.ts';

const PAGES = fixture('coinbase/wallet-balances.json') as Readonly<Record<string, object>>;
const NEWER = {
  balances: [
    {
      token: {
        network: 'base',
        symbol: 'ETH',
        contractAddress: '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE',
      },
      amount: { amount: '1234567123456789012', decimals: 18 },
    },
    {
      token: { network: 'base', symbol: 'USDC', contractAddress: '0xC0FFEE' },
      amount: { amount: '2500000001', decimals: 6 },
    },
  ],
  nextPageToken: '',
};

/** Two addresses by the older endpoints, over several pages, and one by the newer ones. */
export async function openFuzzWallet(): Promise<FuzzVenue> {
  const { credentials } = createSimulatedKey();
  const server = await serveScript(({ path, query }) => ({
    headers: { date: new Date(FUZZ_NOW_MS).toUTCString() },
    body: path.includes('/v2/') ? NEWER : (PAGES[query.get('page') ?? 'first'] ?? {}),
  }));
  const wires = await openFuzzWires({ platform: server.url });
  const open = (network: string, addresses: readonly string[]) => () =>
    openCoinbaseWalletExchange({
      venue: 'wallet',
      baseUrl: `${wires.urls.platform}/platform`,
      credentials,
      scope: { network, addresses },
      now: () => FUZZ_NOW_MS,
    });
  const observe = (name: string, network: string, addresses: readonly string[]) =>
    ({
      name,
      method: 'observe',
      open: open(network, addresses),
      call: (exchange, signal) => exchange.observe({ fillsSinceMs: null }, signal),
      amounts: / (?:data|balances)\.\d+\.amount(?:\.amount)?$/,
      totalsSaid,
    }) satisfies FuzzVenue['cases'][number];
  return {
    ...wires,
    venue: 'coinbase-wallet',
    nowMs: FUZZ_NOW_MS,
    secrets: credentials.privateKey.split('\n').filter((line) => line.length > 20 && !line.startsWith('-')),
    cases: [
      observe('observe', 'base-mainnet', ['0xabc1', '0xabc2']),
      observe('observe, newer endpoints', 'base', ['0xabc1']),
    ],
    async close() {
      await wires.close();
      await server.close();
    },
  };
}

interface OlderRow {
  readonly amount: string;
  readonly asset: {
    readonly asset_id: string;
    readonly decimals: number;
    readonly contract_address?: string;
  };
}

interface NewerRow {
  readonly amount: { readonly amount: string; readonly decimals: number };
  readonly token: { readonly contractAddress: string };
}

/** Atoms over ten to the decimals, by contract, and by name for what has none. */
function totalsSaid(documents: readonly SaidDocument[]): Readonly<Record<string, string>> | null {
  const totals = new Map<string, Amount>();
  const count = (asset: string, said: Amount) =>
    totals.set(asset, add(totals.get(asset) ?? amount('0'), said));
  for (const { document } of documents) {
    const { data, balances } = document as {
      readonly data?: readonly OlderRow[];
      readonly balances?: readonly NewerRow[];
    };
    if (data === undefined && balances === undefined) return null;
    for (const row of data ?? []) {
      const { asset_id, contract_address, decimals } = row.asset;
      count(nameOf(contract_address || asset_id), fromAtoms(row.amount, decimals));
    }
    for (const { token, amount: said } of balances ?? [])
      count(nameOf(token.contractAddress), fromAtoms(said.amount, said.decimals));
  }
  return Object.fromEntries([...totals].filter(([, total]) => total !== '0'));
}

function nameOf(asset: string): string {
  const name = /^0x[0-9a-f]*$/i.test(asset) ? asset.toLowerCase() : asset;
  return name === `0x${'e'.repeat(40)}` ? 'eth' : name;
}
