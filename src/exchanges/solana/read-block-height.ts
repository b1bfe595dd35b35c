import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';

/**
 * The highest height that any endpoint is at: one that is behind, or says so, would let a transaction expire before the
 * chain drops it. The first one has to answer, from where it knew the blockhash.
 */
export async function readBlockHeight(
  { endpoints: [first, ...others] }: SolanaScope,
  slot: number,
  signal: AbortSignal,
): Promise<number | Unknown> {
  const answers = await Promise.all([
    first.ask(signal, (connection) => connection.getBlockHeight(COMMITMENT), slot),
    ...others.map((endpoint) => endpoint.ask(signal, (connection) => connection.getBlockHeight(COMMITMENT))),
  ]);
  const [own] = answers;
  if (own === undefined || own.state === 'unanswered')
    return own?.unknown ?? unknown('unreachable', 'no endpoint was asked');
  if (!Number.isSafeInteger(own.value))
    return unknown('malformed', `a height is expected to be an integer, found ${own.value}`);
  const heights = answers.flatMap((answer) => (answer.state === 'answered' ? [answer.value] : []));
  return Math.max(...heights.filter(Number.isSafeInteger));
}
