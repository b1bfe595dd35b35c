import type { Unknown } from '../../domain/venue/observation.ts';
import { TOKEN_PROGRAMS } from './mint-facts.ts';
import { otherCount } from './other-count.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import { SYSTEM_PROGRAM } from './swap-programs.ts';
import { type Denial, denied } from './swap-terms.ts';

/** A receiver that is a wallet, and the other accounts that were asked for with it; null for those that do not exist. */
export interface Wallet {
  readonly state: 'wallet';
  readonly exists: boolean;
  readonly more: readonly (ShownAccount | null)[];
}

interface ShownAccount {
  readonly program: string;
  readonly data: Uint8Array;
}

/** Looks at who is to receive, and denies what is no wallet: what is sent there may be lost. */
export async function readReceiver(
  { web3, endpoints, seen }: SolanaScope,
  { to, more }: { readonly to: string; readonly more: readonly string[] },
  signal: AbortSignal,
): Promise<Wallet | Denial | Unknown> {
  const addresses = [to, ...more];
  const keys = addresses.map((address) => new web3.PublicKey(address));
  const answer = await endpoints[0].ask(
    signal,
    (connection) => connection.getMultipleAccountsInfoAndContext(keys, { commitment: COMMITMENT }),
    seen.slot(),
  );
  if (answer.state === 'unanswered') return answer.unknown;
  const accounts = answer.value.value;
  const short = otherCount(accounts, addresses);
  if (short !== null) return short;
  const [receiver = null, ...others] = accounts;
  const shown = others.map((account) =>
    account === null ? null : { program: account.owner.toBase58(), data: account.data },
  );
  if (receiver === null) {
    // Nobody has the key to such an address: it is a program's, or a mistake.
    if (!web3.PublicKey.isOnCurve(new web3.PublicKey(to).toBytes()))
      return denied(`${to} is no key of anybody, and there is no account`);
    return { state: 'wallet', exists: false, more: shown };
  }
  const program = receiver.owner.toBase58();
  if (receiver.executable) return denied(`${to} is a program, expected a wallet`);
  if (TOKEN_PROGRAMS.includes(program))
    return denied(`${to} is a token account or a mint, expected the wallet that owns it`);
  if (program !== SYSTEM_PROGRAM || receiver.data.length > 0)
    return denied(`${to} belongs to program ${program}, expected a wallet`);
  return { state: 'wallet', exists: true, more: shown };
}
