import { RpcError, type RpcMethods } from './rpc-methods.ts';

/** What one endpoint of the chain may say against the truth, in the shape of an honest answer. */
export type ChainLie =
  /** A mint, and every account of it, with other decimals. */
  | { readonly kind: 'decimals'; readonly mint: string; readonly decimals: number }
  /** Nothing is known of a signature. */
  | { readonly kind: 'neverSeen'; readonly signature: string }
  /** The record begins at a slot, and says nothing of what was before it. */
  | { readonly kind: 'forgets'; readonly before: number }
  /** Everything finalized lies so many blocks further than it does. */
  | { readonly kind: 'ahead'; readonly blocks: number }
  /** Heights come from a replica so many blocks behind, which refuses what it has not seen yet. */
  | { readonly kind: 'behind'; readonly blocks: number }
  /** Statuses are looked up in a replica that stopped at a slot. */
  | { readonly kind: 'statusesFrom'; readonly slot: number };

// biome-ignore lint/suspicious/noExplicitAny: answers have the shapes of their methods.
type Answer = any;

/** The methods of an endpoint that tells these lies; more may be added while it serves. */
export function lyingMethods(honest: RpcMethods, lies: readonly ChainLie[]): RpcMethods {
  return (method, params) =>
    lies.reduce<Answer>((answer, lie) => told(lie, method, params, answer), honest(method, params));
}

function told(lie: ChainLie, method: string, params: readonly unknown[], answer: Answer): Answer {
  switch (lie.kind) {
    case 'decimals':
      return withDecimals(lie, method, params, structuredClone(answer));
    case 'neverSeen': {
      if (method === 'getTransaction') return params[0] === lie.signature ? null : answer;
      if (method !== 'getSignatureStatuses') return answer;
      const asked = params[0] as readonly string[];
      const value = answer.value.map((one: Answer, index: number) =>
        asked[index] === lie.signature ? null : one,
      );
      return { ...answer, value };
    }
    case 'forgets':
      return method === 'getFirstAvailableBlock' ? lie.before : answer;
    case 'ahead': {
      if (method !== 'getEpochInfo') return answer;
      return { ...answer, blockHeight: answer.blockHeight + lie.blocks };
    }
    case 'behind': {
      if (method !== 'getBlockHeight') return answer;
      const { minContextSlot = 0 } = (params[0] ?? {}) as { readonly minContextSlot?: number };
      const height = answer - lie.blocks;
      if (minContextSlot <= height) return height;
      throw new RpcError(-32016, 'Minimum context slot has not been reached', { contextSlot: height });
    }
    case 'statusesFrom': {
      if (method !== 'getSignatureStatuses') return answer;
      return { context: { ...answer.context, slot: lie.slot }, value: answer.value.map(() => null) };
    }
  }
}

function withDecimals(
  { mint, decimals }: ChainLie & { readonly kind: 'decimals' },
  method: string,
  params: readonly unknown[],
  answer: Answer,
): Answer {
  const shown: readonly (readonly [unknown, Answer])[] =
    method === 'getAccountInfo'
      ? [[params[0], answer.value]]
      : method === 'getMultipleAccounts'
        ? answer.value.map((one: Answer, index: number) => [(params[0] as readonly unknown[])[index], one])
        : method === 'getTokenAccountsByOwner'
          ? answer.value.map((row: Answer) => [row.pubkey, row.account])
          : [];
  for (const [address, account] of shown) {
    const parsed = account?.data?.parsed;
    if (parsed?.type === 'mint' && address === mint) parsed.info.decimals = decimals;
    if (parsed?.type === 'account' && parsed.info.mint === mint) parsed.info.tokenAmount.decimals = decimals;
  }
  return answer;
}
