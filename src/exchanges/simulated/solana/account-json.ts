import type { ChainAccount, SimulatedChain } from './simulated-chain.ts';
import type { SimulatorParts } from './simulator-parts.ts';
import { withheldIn } from './transfer-fee.ts';

/** Accounts as JSON-RPC shows them. */
export interface AccountJson {
  /** Null for an account that does not exist. */
  show(account: ChainAccount | null, encoding: string, slice?: DataSlice): unknown;
  tokenAccount(account: ChainAccount | null): ParsedTokenAccount | null;
  decimalsOf(mint: string): number | null;
  supplyOf(mint: string): unknown;
  tokenAmount(atoms: bigint, decimals: number): TokenAmountJson;
}

/** The part of an account's bytes that is asked for. */
export interface DataSlice {
  readonly offset: number;
  readonly length: number;
}

export interface ParsedTokenAccount {
  readonly mint: string;
  readonly owner: string;
  readonly atoms: bigint;
  readonly decimals: number;
  readonly isFrozen: boolean;
  readonly info: unknown;
}

interface TokenAmountJson {
  readonly amount: string;
  readonly decimals: number;
  readonly uiAmount: number;
  readonly uiAmountString: string;
}

const MINT_BYTES = 82;
/** What nodes write for an account that no longer pays rent: 2^64 - 1, as a JSON number. */
const RENT_EPOCH = 18446744073709552000;

export function createAccountJson(parts: SimulatorParts, chain: SimulatedChain): AccountJson {
  const { spl } = parts;
  const programs = new Map([
    [spl.TOKEN_PROGRAM_ID.toBase58(), 'spl-token'],
    [spl.TOKEN_2022_PROGRAM_ID.toBase58(), 'spl-token-2022'],
  ]);
  const isTyped = (data: Uint8Array, type: number) =>
    data.length > spl.ACCOUNT_SIZE && data[spl.ACCOUNT_SIZE] === type;
  const mintOf = (account: ChainAccount | null) => {
    if (account === null || !programs.has(account.owner)) return null;
    if (account.data.length !== MINT_BYTES && !isTyped(account.data, 1)) return null;
    return spl.MintLayout.decode(account.data.slice(0, MINT_BYTES));
  };

  function tokenAccount(account: ChainAccount | null): ParsedTokenAccount | null {
    if (account === null || !programs.has(account.owner)) return null;
    if (account.data.length !== spl.ACCOUNT_SIZE && !isTyped(account.data, 2)) return null;
    const row = spl.AccountLayout.decode(account.data.slice(0, spl.ACCOUNT_SIZE));
    const mint = row.mint.toBase58();
    const decimals = mintOf(chain.account(mint))?.decimals;
    if (decimals === undefined || row.state === spl.AccountState.Uninitialized) return null;
    const owner = row.owner.toBase58();
    const isFrozen = row.state === spl.AccountState.Frozen;
    const withheld = withheldIn(parts, account.data);
    const info = {
      mint,
      owner,
      isNative: row.isNativeOption === 1,
      state: isFrozen ? 'frozen' : 'initialized',
      tokenAmount: tokenAmount(row.amount, decimals),
      ...(row.isNativeOption === 1 ? { rentExemptReserve: tokenAmount(row.isNative, decimals) } : {}),
      ...(row.delegateOption === 1
        ? { delegate: row.delegate.toBase58(), delegatedAmount: tokenAmount(row.delegatedAmount, decimals) }
        : {}),
      ...(withheld === null
        ? {}
        : { extensions: [{ extension: 'transferFeeAmount', state: { withheldAmount: Number(withheld) } }] }),
    };
    return { mint, owner, atoms: row.amount, decimals, isFrozen, info };
  }

  function parsed(account: ChainAccount): unknown {
    const program = programs.get(account.owner);
    const space = account.data.length;
    const token = tokenAccount(account);
    if (token !== null) return { program, space, parsed: { type: 'account', info: token.info } };
    const mint = mintOf(account);
    if (mint === null) return null;
    const info = {
      decimals: mint.decimals,
      supply: mint.supply.toString(),
      isInitialized: mint.isInitialized,
      mintAuthority: mint.mintAuthorityOption === 1 ? mint.mintAuthority.toBase58() : null,
      freezeAuthority: mint.freezeAuthorityOption === 1 ? mint.freezeAuthority.toBase58() : null,
    };
    return { program, space, parsed: { type: 'mint', info } };
  }

  return {
    tokenAccount,
    tokenAmount,
    decimalsOf: (mint) => mintOf(chain.account(mint))?.decimals ?? null,
    supplyOf(mint) {
      const row = mintOf(chain.account(mint));
      return row === null ? null : tokenAmount(row.supply, row.decimals);
    },
    show(account, encoding, slice) {
      if (account === null) return null;
      const { offset, length } = slice ?? { offset: 0, length: account.data.length };
      const base64 = [Buffer.from(account.data.slice(offset, offset + length)).toString('base64'), 'base64'];
      return {
        lamports: Number(account.lamports),
        owner: account.owner,
        executable: account.isExecutable,
        rentEpoch: RENT_EPOCH,
        space: account.data.length,
        data: (encoding === 'jsonParsed' ? parsed(account) : null) ?? base64,
      };
    },
  };
}

function tokenAmount(atoms: bigint, decimals: number): TokenAmountJson {
  const digits = atoms.toString().padStart(decimals + 1, '0');
  const split = digits.length - decimals;
  const fraction = digits.slice(split).replace(/0+$/, '');
  const text = digits.slice(0, split) + (fraction === '' ? '' : `.${fraction}`);
  return { amount: atoms.toString(), decimals, uiAmount: Number(text), uiAmountString: text };
}
