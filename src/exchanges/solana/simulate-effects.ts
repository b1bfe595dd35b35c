import type { PublicKey, VersionedTransaction } from '@solana/web3.js';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import { otherCount } from './other-count.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import type { AccountChange, AccountState, Effects } from './swap-effects.ts';
import { type Denial, denied } from './swap-terms.ts';

interface SimulateInput {
  readonly scope: SolanaScope;
  readonly transaction: VersionedTransaction;
  /** What it is called in a reason. */
  readonly what: 'swap' | 'transfer';
  readonly signal: AbortSignal;
}

/**
 * What a transaction does to some accounts, in a simulation. A denial where it fails there. Sends nothing.
 *
 * The slot is the one that the simulation was answered at: the endpoint knew the blockhash there.
 */
export async function simulateEffects(
  { scope, transaction, what, signal }: SimulateInput,
  addresses: readonly string[],
): Promise<(Effects & { readonly slot: number }) | Denial | Unknown> {
  const { web3 } = scope;
  const [endpoint] = scope.endpoints;
  const before = await endpoint.ask(signal, (connection) =>
    connection.getMultipleAccountsInfoAndContext(
      addresses.map((address) => new web3.PublicKey(address)),
      COMMITMENT,
    ),
  );
  if (before.state === 'unanswered') return before.unknown;
  const short = otherCount(before.value.value, addresses);
  if (short !== null) return short;
  const fee = await endpoint.ask(signal, (connection) =>
    connection.getFeeForMessage(transaction.message, COMMITMENT),
  );
  if (fee.state === 'unanswered') return fee.unknown;
  if (fee.value.value === null) return denied(`the ${what}'s blockhash is not known to the endpoint`);
  const after = await endpoint.ask(signal, (connection) =>
    connection.simulateTransaction(transaction, {
      commitment: COMMITMENT,
      sigVerify: false,
      accounts: { encoding: 'base64', addresses: [...addresses] },
    }),
  );
  if (after.state === 'unanswered') return after.unknown;
  const { err, accounts } = after.value.value;
  if (err !== null) return denied(`the ${what} fails in simulation: ${JSON.stringify(err).slice(0, 200)}`);
  if (accounts?.length !== addresses.length) return denied('the simulation shows no accounts');
  const pairs = addresses.map((address, index) => {
    const simulated = accounts[index] ?? null;
    return {
      address,
      before: stateOf(before.value.value[index] ?? null),
      after:
        simulated === null
          ? null
          : stateOf({
              lamports: simulated.lamports,
              owner: simulated.owner,
              data: Buffer.from(simulated.data[0] ?? '', 'base64'),
            }),
    };
  });
  const numbers = [fee.value.value, after.value.context.slot];
  const changes = pairs.filter((one): one is AccountChange => ![one.before, one.after].includes('malformed'));
  if (changes.length < pairs.length || !numbers.every((one) => Number.isSafeInteger(one) && one >= 0)) {
    return unknown('malformed', 'the simulation is expected to show lamports, a fee and a slot as integers');
  }
  return { fee: BigInt(fee.value.value), changes, slot: after.value.context.slot };
}

interface ShownAccount {
  readonly lamports: number;
  readonly owner: PublicKey | string;
  readonly data: Uint8Array;
}

function stateOf(account: ShownAccount | null): AccountState | 'malformed' | null {
  if (account === null) return null;
  const { lamports, owner, data } = account;
  if (!Number.isSafeInteger(lamports) || lamports < 0) return 'malformed';
  return { lamports: BigInt(lamports), program: owner.toString(), data };
}
