import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import { COMMITMENT, type RpcEndpoint } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import { readTransactionDeltas, type TransactionDeltas } from './transaction-deltas.ts';

export interface ReadTransaction {
  readonly state: 'read';
  readonly deltas: TransactionDeltas;
  readonly page: PageProof;
}

/** One landed transaction. Not being there is `incomplete`: whoever asks has seen its signature. */
export async function readTransaction(
  scope: SolanaScope,
  endpoint: RpcEndpoint,
  signature: string,
  signal: AbortSignal,
): Promise<ReadTransaction | Unknown> {
  const answer = await endpoint.ask(signal, (connection) =>
    connection.getParsedTransaction(signature, {
      commitment: COMMITMENT,
      maxSupportedTransactionVersion: 0,
    }),
  );
  if (answer.state === 'unanswered') return answer.unknown;
  if (answer.value === null)
    return unknown('incomplete', `the endpoint does not have transaction ${signature}`);
  const [shown] = answer.value.transaction.signatures;
  if (shown !== signature)
    return unknown('malformed', `asked for transaction ${signature}, another one answered: ${shown}`);
  const deltas = readTransactionDeltas(answer.value, scope.owner, scope.mints);
  if (deltas.state === 'unknown') return deltas;
  const doubt = await scope.mints.confirm(endpoint, [...deltas.tokens.keys()], signal);
  return doubt ?? { state: 'read', deltas, page: answer.page };
}
