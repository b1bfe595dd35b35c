import { createHash } from 'node:crypto';
import { type Amount, fromAtoms, sum, ZERO } from '../../domain/money/amount.ts';
import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { Balance } from '../../domain/venue/venue.ts';
import { type MintFacts, TOKEN_PROGRAMS } from './mint-facts.ts';
import type { RpcEndpoint, Web3 } from './rpc-endpoint.ts';
import { readTokenAccount, type TokenAccount } from './token-account-row.ts';
import { NATIVE_SOL, SOL_DECIMALS, type TokenRegistry } from './token-registry.ts';

/** Everything an owner holds, from one round of reads. */
export interface Holdings {
  readonly state: 'collected';
  readonly lamports: bigint;
  /** Sorted by address; an account that both programs list is here once. */
  readonly accounts: readonly TokenAccount[];
  /** The slots that the reads were answered at. */
  readonly slots: readonly number[];
  /** SHA-256 of the content, in hex: equal exactly when nothing changed. */
  readonly hash: string;
  readonly pages: readonly PageProof[];
}

interface CollectInput {
  readonly web3: Web3;
  readonly endpoint: RpcEndpoint;
  readonly owner: string;
  readonly mints: MintFacts;
  readonly signal: AbortSignal;
  /** Nothing is read from before this slot. */
  readonly minContextSlot?: number;
}

/** Reads lamports and the token accounts of both programs, at the same time. */
export async function collectHoldings(input: CollectInput): Promise<Holdings | Unknown> {
  const { web3, endpoint, owner, mints, signal, minContextSlot } = input;
  const key = new web3.PublicKey(owner);
  const [lamports, ...lists] = await Promise.all([
    endpoint.ask(signal, (connection) => connection.getBalanceAndContext(key), minContextSlot),
    ...TOKEN_PROGRAMS.map((program) =>
      endpoint.ask(
        signal,
        (connection) =>
          connection.getParsedTokenAccountsByOwner(key, { programId: new web3.PublicKey(program) }),
        minContextSlot,
      ),
    ),
  ]);
  if (lamports.state === 'unanswered') return lamports.unknown;
  const balance = lamports.value.value;
  // Beyond 2^53 a JSON number is no longer the number that was sent.
  if (!Number.isSafeInteger(balance) || balance < 0) {
    return unknown('malformed', `lamports are expected to be an exact integer, found ${balance}`);
  }
  const slots: number[] = [lamports.value.context.slot];
  const accounts = new Map<string, TokenAccount>();
  for (const list of lists) {
    if (list.state === 'unanswered') return list.unknown;
    slots.push(list.value.context.slot);
    for (const row of list.value.value) {
      const { lamports: held, data } = row.account;
      const [address, program] = [row.pubkey.toBase58(), row.account.owner.toBase58()];
      const account = readTokenAccount({ address, program, lamports: held, parsed: data.parsed }, owner);
      if ('state' in account) return account;
      const changed = mints.pin(account.mint, account.decimals) ?? disagreement(accounts, account);
      if (changed !== null) return changed;
      accounts.set(account.address, account);
    }
  }
  if (!slots.every((slot) => Number.isSafeInteger(slot) && slot >= 0)) {
    return unknown('malformed', `slots are expected to be integers, found ${slots.join(', ')}`);
  }
  const doubt = await mints.confirm(endpoint, mintsOf([...accounts.values()]), signal);
  if (doubt !== null) return doubt;
  const sorted = [...accounts.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  const answers = [lamports, ...lists.filter((list) => list.state === 'answered')];
  return {
    state: 'collected',
    lamports: BigInt(balance),
    accounts: sorted,
    slots,
    hash: createHash('sha256')
      .update(JSON.stringify([balance, sorted]))
      .digest('hex'),
    pages: answers.map((answer) => answer.page),
  };
}

/** Balances per asset, sorted: three accounts of one mint are one balance; an empty account is a balance of zero. */
export function balancesOf(holdings: Holdings, registry: TokenRegistry): readonly Balance[] {
  // The rent of token accounts lies in those accounts, not in the owner's, and is not counted as SOL here.
  const lamports = fromAtoms(holdings.lamports, SOL_DECIMALS);
  const balances: Balance[] = [
    { asset: NATIVE_SOL, symbol: NATIVE_SOL, total: lamports, available: lamports, hold: ZERO },
  ];
  for (const mint of mintsOf(holdings.accounts)) {
    const accounts = holdings.accounts.filter((account) => account.mint === mint);
    balances.push({
      asset: mint,
      symbol: registry.symbolOf(mint),
      total: totalOf(accounts),
      available: totalOf(accounts.filter((account) => account.immovable === null)),
      hold: totalOf(accounts.filter((account) => account.immovable !== null)),
    });
  }
  return balances.sort((a, b) => (a.asset < b.asset ? -1 : 1));
}

/** The mints of some accounts, each once. */
export const mintsOf = (accounts: readonly TokenAccount[]): readonly string[] => [
  ...new Set(accounts.map(({ mint }) => mint)),
];

function totalOf(accounts: readonly TokenAccount[]): Amount {
  return sum(accounts.map(({ atoms, decimals }) => fromAtoms(atoms, decimals)));
}

/** An address is one account, however many lists name it; two contents for it were read at different moments. */
function disagreement(accounts: ReadonlyMap<string, TokenAccount>, account: TokenAccount): Unknown | null {
  const other = accounts.get(account.address);
  if (other === undefined || JSON.stringify(other) === JSON.stringify(account)) return null;
  return unknown('incoherent', `token account ${account.address} was listed twice with different contents`);
}
