import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Amount, fromAtoms, sum, ZERO } from '../../domain/money/amount.ts';
import { type PageProof, type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { Balance } from '../../domain/venue/venue.ts';
import { DECIMALS_MAX, type MintFacts, TOKEN_PROGRAMS } from './mint-facts.ts';
import type { RpcEndpoint, Web3 } from './rpc-endpoint.ts';
import { NATIVE_SOL, SOL_DECIMALS, type TokenRegistry } from './token-registry.ts';

/** One token account as it stands at the chain. */
export interface TokenAccount {
  readonly address: string;
  readonly program: string;
  readonly mint: string;
  readonly atoms: string;
  readonly decimals: number;
  /** A frozen account holds its tokens and cannot move them. */
  readonly isFrozen: boolean;
}

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

const tokenAccount = z.object({
  type: z.literal('account'),
  info: z.object({
    mint: z.string().min(32).max(44),
    owner: z.string(),
    state: z.enum(['initialized', 'frozen']),
    tokenAmount: z.object({
      amount: z.string().regex(/^\d{1,20}$/),
      decimals: z.int().min(0).max(DECIMALS_MAX),
    }),
  }),
});

interface CollectInput {
  readonly web3: Web3;
  readonly endpoint: RpcEndpoint;
  readonly owner: string;
  readonly mints: MintFacts;
  readonly signal: AbortSignal;
}

/** Reads lamports and the token accounts of both programs, at the same time. */
export async function collectHoldings(input: CollectInput): Promise<Holdings | Unknown> {
  const { web3, endpoint, owner, mints, signal } = input;
  const key = new web3.PublicKey(owner);
  const [lamports, ...lists] = await Promise.all([
    endpoint.ask(signal, (connection) => connection.getBalanceAndContext(key)),
    ...TOKEN_PROGRAMS.map((program) =>
      endpoint.ask(signal, (connection) =>
        connection.getParsedTokenAccountsByOwner(key, { programId: new web3.PublicKey(program) }),
      ),
    ),
  ]);
  if (lamports.state === 'unanswered') return lamports.unknown;
  const balance = lamports.value.value;
  // Beyond 2^53 a JSON number is no longer the number that was sent.
  if (!Number.isSafeInteger(balance) || balance < 0) {
    return unknown('malformed', `lamports are expected to be an exact integer, found ${balance}`);
  }
  const accounts = new Map<string, TokenAccount>();
  for (const list of lists) {
    if (list.state === 'unanswered') return list.unknown;
    for (const row of list.value.value) {
      const program = row.account.owner.toBase58();
      const account = readTokenAccount(row.pubkey.toBase58(), program, row.account.data.parsed, owner);
      if ('state' in account) return account;
      const changed = mints.pin(account.mint, account.decimals) ?? disagreement(accounts, account);
      if (changed !== null) return changed;
      accounts.set(account.address, account);
    }
  }
  const sorted = [...accounts.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  const answers = [lamports, ...lists.filter((list) => list.state === 'answered')];
  return {
    state: 'collected',
    lamports: BigInt(balance),
    accounts: sorted,
    slots: answers.map((answer) => answer.value.context.slot),
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
  for (const mint of new Set(holdings.accounts.map((account) => account.mint))) {
    const accounts = holdings.accounts.filter((account) => account.mint === mint);
    balances.push({
      asset: mint,
      symbol: registry.symbolOf(mint),
      total: totalOf(accounts),
      available: totalOf(accounts.filter((account) => !account.isFrozen)),
      hold: totalOf(accounts.filter((account) => account.isFrozen)),
    });
  }
  return balances.sort((a, b) => (a.asset < b.asset ? -1 : 1));
}

function totalOf(accounts: readonly TokenAccount[]): Amount {
  return sum(accounts.map(({ atoms, decimals }) => fromAtoms(atoms, decimals)));
}

function readTokenAccount(
  address: string,
  program: string,
  parsed: unknown,
  owner: string,
): TokenAccount | Unknown {
  const row = tokenAccount.safeParse(parsed);
  if (!row.success) {
    const issue = row.error.issues[0];
    return unknown('malformed', `token account ${address}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  if (!TOKEN_PROGRAMS.includes(program)) {
    return unknown('malformed', `token account ${address} belongs to ${program}, which is no token program`);
  }
  const { info } = row.data;
  if (info.owner !== owner) {
    return unknown('wrongScope', `token account ${address} belongs to ${info.owner}, asked for ${owner}`);
  }
  const { amount: atoms, decimals } = info.tokenAmount;
  return { address, program, mint: info.mint, atoms, decimals, isFrozen: info.state === 'frozen' };
}

/** An address is one account, however many lists name it; two contents for it were read at different moments. */
function disagreement(accounts: ReadonlyMap<string, TokenAccount>, account: TokenAccount): Unknown | null {
  const other = accounts.get(account.address);
  if (other === undefined || JSON.stringify(other) === JSON.stringify(account)) return null;
  return unknown('incoherent', `token account ${account.address} was listed twice with different contents`);
}
