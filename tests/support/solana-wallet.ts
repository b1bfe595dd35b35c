import type { Exchange } from '../../src/exchanges/exchange.ts';
import { openSolanaExchange, type SolanaOptions } from '../../src/exchanges/solana/solana-exchange.ts';
import { type ScriptedAnswer, type ScriptedServer, serveScript } from './scripted-server.ts';

export interface RpcCall {
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: parameters have the shapes that each method gives them.
  readonly params: readonly any[];
  /** How many calls came before, of any method. */
  readonly earlier: number;
}

/** A JSON-RPC result, an error, or whatever else a server may do. */
export type RpcReply = { readonly result: unknown } | { readonly error: unknown } | ScriptedAnswer;

/** A Solana endpoint on loopback that answers each call as the test says, with the id that it was asked with. */
export function serveSolana(reply: (call: RpcCall) => RpcReply): Promise<ScriptedServer> {
  return serveScript((request) => {
    const { id, method, params } = JSON.parse(request.body);
    const answer = reply({ method, params: params ?? [], earlier: request.earlier });
    if (answer === 'hang' || answer === 'cut' || 'body' in answer) return answer;
    return { body: { jsonrpc: '2.0', id, ...answer } };
  });
}

export const TEST_NOW_MS = 1_700_000_000_000;

export function openTestSolana(
  options: Pick<SolanaOptions, 'rpcUrls' | 'scope'> & Partial<SolanaOptions>,
): Promise<Exchange> {
  return openSolanaExchange({
    venue: 'solana-test',
    swapUrl: null,
    credentials: null,
    tokens: {},
    now: () => TEST_NOW_MS,
    ...options,
  });
}
