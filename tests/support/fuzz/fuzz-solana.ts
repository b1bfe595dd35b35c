import { type Amount, add, amount, fromAtoms } from '../../../src/domain/money/amount.ts';
import { instruct, JUP, startTestChain, USDC } from '../solana-chain.ts';
import { TEST_NOW_MS } from '../solana-wallet.ts';
import type { FuzzVenue, SaidDocument } from './fuzz-venue.ts';
import { openFuzzWires } from './fuzz-wires.ts';

const signal = new AbortController().signal;
const NOTHING = /$^/;
/** As providers put it into the address of an endpoint. */
const PROVIDER_KEY = 'f00dfeed0123456789abcdef';

/** A wallet with tokens of both programs, a swap and transfers behind it, at two endpoints and a swap service. */
export async function openFuzzSolana(): Promise<FuzzVenue> {
  const chain = await startTestChain();
  const { server } = chain;
  server.deposit(USDC, amount('1'));
  const prepared = await chain.exchange.prepareOrder(instruct('SOL/USDC', 'sell', '1', '149'), signal);
  if (prepared.state !== 'prepared') throw new Error(JSON.stringify(prepared));
  const { order } = prepared;
  await chain.exchange.submitOrder(order, signal);
  const never = await chain.exchange.prepareOrder(instruct('SOL/USDC', 'sell', '2', '149', 'never'), signal);
  if (never.state !== 'prepared') throw new Error(JSON.stringify(never));
  server.deposit(JUP, amount('3.5'));
  const { rpcUrl = '', secondRpcUrl = '', swapUrl = '' } = server.urls;
  const wires = await openFuzzWires(
    { first: rpcUrl, second: secondRpcUrl, swaps: swapUrl },
    `/${PROVIDER_KEY}`,
  );
  const { first = '', second = '', swaps = '' } = wires.urls;
  const open = () => chain.open({ rpcUrls: [first, second], swapUrl: swaps });
  return {
    ...wires,
    venue: 'solana',
    nowMs: TEST_NOW_MS,
    secrets: [server.secretKey, PROVIDER_KEY],
    cases: [
      {
        name: 'observe',
        method: 'observe',
        open,
        call: (exchange, by) => exchange.observe({ fillsSinceMs: null }, by),
        amounts: /"getBalance".* result\.value$|info\.tokenAmount\.amount$/,
        totalsSaid,
      },
      {
        name: 'observe, second endpoint',
        method: 'observe',
        open,
        call: (exchange, by) => exchange.observe({ fillsSinceMs: null, read: 1 }, by),
        amounts: /"getBalance".* result\.value$|info\.tokenAmount\.amount$/,
        totalsSaid,
      },
      {
        name: 'readActivity',
        method: 'readActivity',
        open,
        call: (exchange, by) => exchange.readActivity({ sinceMs: 0, assets: [USDC, 'SOL'] }, by),
        amounts: NOTHING,
      },
      {
        name: 'readMarkets',
        method: 'readMarkets',
        open,
        call: (exchange, by) => exchange.readMarkets(['SOL/USDC'], by),
        markets: ['SOL/USDC'],
        amounts: NOTHING,
      },
      {
        name: 'findOrder',
        method: 'findOrder',
        open,
        call: (exchange, by) => exchange.findOrder(order, by),
        amounts: NOTHING,
      },
      {
        name: 'findOrder, never sent',
        method: 'findOrder',
        open,
        call: (exchange, by) => exchange.findOrder(never.order, by),
        amounts: NOTHING,
      },
    ],
    async close() {
      await wires.close();
      await server.close();
    },
  };
}

interface TokenRow {
  readonly pubkey: string;
  readonly account: {
    readonly data: {
      readonly parsed: {
        readonly info: {
          readonly mint: string;
          readonly tokenAmount: { readonly amount: string; readonly decimals: number };
        };
      };
    };
  };
}

/** Lamports, and the atoms of each mint's accounts over ten to its decimals. */
function totalsSaid(documents: readonly SaidDocument[]): Readonly<Record<string, string>> | null {
  const totals = new Map<string, Amount>();
  const accounts = new Set<string>();
  for (const { key, document } of documents) {
    const { value } = (document as { readonly result: { readonly value: unknown } }).result;
    if (key.includes('"getBalance"')) totals.set('SOL', fromAtoms(BigInt(value as number), 9));
    if (!key.includes('"getTokenAccountsByOwner"')) continue;
    for (const { pubkey, account } of value as readonly TokenRow[]) {
      // An account that is listed twice is one account.
      if (accounts.has(pubkey)) continue;
      accounts.add(pubkey);
      const { mint, tokenAmount } = account.data.parsed.info;
      const said = fromAtoms(tokenAmount.amount, tokenAmount.decimals);
      totals.set(mint, add(totals.get(mint) ?? amount('0'), said));
    }
  }
  return Object.fromEntries([...totals].filter(([, total]) => total !== '0'));
}
