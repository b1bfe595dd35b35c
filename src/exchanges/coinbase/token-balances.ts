import { malformed, trouble } from './coinbase-trouble.ts';
import { optionalTextAt, type Row, rowAt, textAt } from './row-reader.ts';
import { type BalancesFormat, canonicalAddress, quantityOf, type WalletHolding } from './wallet-pages.ts';
import type { WalletRequests } from './wallet-requests.ts';

/** A network as the platform's newer endpoints name it. */
export interface TokenNetwork {
  readonly chain: 'evm' | 'solana';
  readonly network: string;
  /** Whether only the newer endpoints know it by the name that was given. */
  readonly isOwnName: boolean;
}

const CHAINS: ReadonlyMap<string, 'evm' | 'solana'> = new Map(
  Object.entries({
    base: 'evm',
    'base-sepolia': 'evm',
    ethereum: 'evm',
    solana: 'solana',
    'solana-devnet': 'solana',
  } as const),
);

/** What the newer endpoints write for a chain's own coin, and how the older ones call that coin. */
const NATIVE_COINS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee': 'eth',
    So11111111111111111111111111111111111111111: 'sol',
  }),
);

/** Null where the newer endpoints do not serve the network. */
export function tokenNetworkOf({ network }: { readonly network: string }): TokenNetwork | null {
  const name = network.replace(/-mainnet$/, '');
  const chain = CHAINS.get(name);
  if (chain === undefined) return null;
  return { chain, network: name, isOwnName: name === network && !name.includes('-') };
}

/** `GET /v2/evm/token-balances/{network}/{address}`, and the same for Solana. */
export function tokenBalancesFormat(
  requests: WalletRequests,
  at: { readonly network: string; readonly address: string },
  signal: AbortSignal,
): BalancesFormat {
  const token = tokenNetworkOf(at);
  if (token === null) throw malformed(`${at.network} is no network of the platform's token balances`);
  const { chain, network } = token;
  return {
    address: at.address,
    list: 'balances',
    read: (page) => requests.readTokenBalances({ chain, network, address: at.address }, page, signal),
    holdingOf: (row, place) => readHolding(row, network, place),
    // Without more, the platform leaves the token out or empty: that is its end marker.
    nextOf: (page, endpoint) => optionalTextAt(page, 'nextPageToken', endpoint),
    countOf: () => null,
  };
}

function readHolding(row: Row, network: string, place: string): WalletHolding {
  const token = rowAt(row.token, `${place}.token`);
  const amount = rowAt(row.amount, `${place}.amount`);
  const found = optionalTextAt(token, 'network', `${place}.token`);
  if (found !== null && found !== network)
    throw trouble('wrongScope', `${place}.token.network: expected ${network}, found ${found}`);
  const key = CHAINS.get(network) === 'solana' ? 'mintAddress' : 'contractAddress';
  const contract = canonicalAddress(textAt(token, key, `${place}.token`));
  return {
    asset: NATIVE_COINS.get(contract) ?? contract,
    symbol: optionalTextAt(token, 'symbol', `${place}.token`),
    ...quantityOf(
      { amount: amount.amount, decimals: amount.decimals },
      { amount: `${place}.amount.amount`, decimals: `${place}.amount.decimals` },
    ),
  };
}
