import { createHash } from 'node:crypto';
import type { Keypair, PublicKey } from '@solana/web3.js';
import { assert } from '../../../domain/assert.ts';
import { type Amount, toAtoms } from '../../../domain/money/amount.ts';
import type { AssetId } from '../../../domain/venue/venue.ts';
import { NATIVE_SOL, SOL_DECIMALS, WRAPPED_SOL_MINT } from '../../solana/token-registry.ts';
import type { SimulatedChain } from './simulated-chain.ts';
import type { SimulatorParts } from './simulator-parts.ts';
import { accountWithFee, mintWithFee } from './transfer-fee.ts';

export interface SimulatedMint {
  /** A real mint's address may be used: the chain is not the real one. */
  readonly mint: string;
  readonly symbol: string;
  readonly decimals: number;
  readonly program: 'spl-token' | 'spl-token-2022';
  /** Basis points of every transfer that stay withheld where it arrives; for Token-2022 alone. */
  readonly transferFeeBps?: number;
  readonly transferFeeChange?: TransferFeeChange;
}

/** What the fee of a mint that has one becomes, from the start of an epoch on. */
export interface TransferFeeChange {
  readonly epoch: number;
  readonly bps: number;
}

/** What the owner starts with. Several accounts share the amount as evenly as whole atoms allow. */
export interface InitialBalance {
  readonly asset: AssetId;
  readonly amount: Amount;
  /** Token accounts of this mint; one where not given. The first is the associated account. */
  readonly accounts?: number;
  readonly isFrozen?: boolean;
}

export interface GenesisOptions {
  readonly seed: string;
  readonly mints: readonly SimulatedMint[];
  readonly balances: readonly InitialBalance[];
}

/** Who lives on the chain from its first slot. */
export interface Genesis {
  readonly owner: Keypair;
  readonly maker: Keypair;
  /** Where deposits come from and withdrawals go to. */
  readonly treasury: Keypair;
  mintOf(asset: AssetId): ChainMint;
  associated(owner: PublicKey, mint: ChainMint): PublicKey;
}

export interface ChainMint extends SimulatedMint {
  readonly key: PublicKey;
  readonly programKey: PublicKey;
}

/** What maker and treasury hold of every mint. */
const RESERVE_ATOMS = 1n << 62n;
const RESERVE_LAMPORTS = 1_000_000_000_000_000n;

/** Writes the first state of the chain. The same seed gives the same addresses. */
export function writeGenesis(parts: SimulatorParts, chain: SimulatedChain, options: GenesisOptions): Genesis {
  const { web3, spl } = parts;
  const keypair = (name: string) =>
    web3.Keypair.fromSeed(createHash('sha256').update(`${options.seed}:${name}`).digest());
  const owner = keypair('owner');
  const maker = keypair('maker');
  const treasury = keypair('treasury');
  const wrapped: SimulatedMint = {
    mint: WRAPPED_SOL_MINT,
    symbol: 'wSOL',
    decimals: SOL_DECIMALS,
    program: 'spl-token',
  };
  const mints = new Map<string, ChainMint>();
  for (const one of [wrapped, ...options.mints]) {
    const programKey = one.program === 'spl-token' ? spl.TOKEN_PROGRAM_ID : spl.TOKEN_2022_PROGRAM_ID;
    mints.set(one.mint, { ...one, key: new web3.PublicKey(one.mint), programKey });
  }
  const mintOf = (asset: AssetId): ChainMint => {
    const mint = mints.get(asset === NATIVE_SOL ? WRAPPED_SOL_MINT : asset);
    assert(mint !== undefined, `the simulated chain has mint ${asset}`);
    return mint;
  };
  const associated = (holder: PublicKey, mint: ChainMint) =>
    spl.getAssociatedTokenAddressSync(mint.key, holder, false, mint.programKey);

  function writeLamports(key: PublicKey, lamports: bigint): void {
    const address = key.toBase58();
    chain.setAccount({
      address,
      lamports,
      owner: web3.SystemProgram.programId.toBase58(),
      data: new Uint8Array(),
    });
  }

  function writeMint(mint: ChainMint): void {
    const plain = Buffer.alloc(spl.MINT_SIZE);
    spl.MintLayout.encode(
      {
        mintAuthorityOption: 1,
        mintAuthority: maker.publicKey,
        supply: RESERVE_ATOMS * 2n,
        decimals: mint.decimals,
        isInitialized: true,
        freezeAuthorityOption: 1,
        freezeAuthority: maker.publicKey,
      },
      plain,
    );
    const { transferFeeBps: bps, transferFeeChange: change } = mint;
    const data = bps === undefined ? plain : mintWithFee(parts, plain, { bps, change });
    chain.setAccount({
      address: mint.mint,
      lamports: chain.rentOf(data.length),
      owner: mint.programKey.toBase58(),
      data,
    });
  }

  interface TokenAccountInit {
    readonly address: PublicKey;
    readonly mint: ChainMint;
    readonly holder: PublicKey;
    readonly atoms: bigint;
    readonly delegate?: PublicKey;
    readonly isFrozen?: boolean;
  }

  function writeTokenAccount(init: TokenAccountInit): void {
    const plain = Buffer.alloc(spl.ACCOUNT_SIZE);
    const isNative = init.mint.mint === WRAPPED_SOL_MINT;
    const rent = chain.rentOf(plain.length);
    spl.AccountLayout.encode(
      {
        mint: init.mint.key,
        owner: init.holder,
        amount: init.atoms,
        delegateOption: init.delegate === undefined ? 0 : 1,
        delegate: init.delegate ?? web3.PublicKey.default,
        delegatedAmount: init.delegate === undefined ? 0n : RESERVE_ATOMS,
        state: init.isFrozen === true ? spl.AccountState.Frozen : spl.AccountState.Initialized,
        isNativeOption: isNative ? 1 : 0,
        isNative: isNative ? rent : 0n,
        closeAuthorityOption: 0,
        closeAuthority: web3.PublicKey.default,
      },
      plain,
    );
    const data = init.mint.transferFeeBps === undefined ? plain : accountWithFee(parts, plain);
    const lamports = isNative ? rent + init.atoms : chain.rentOf(data.length);
    const address = init.address.toBase58();
    chain.setAccount({ address, lamports, owner: init.mint.programKey.toBase58(), data });
  }

  for (const one of [maker, treasury]) writeLamports(one.publicKey, RESERVE_LAMPORTS);
  for (const mint of mints.values()) {
    const isNative = mint.mint === WRAPPED_SOL_MINT;
    if (!isNative) writeMint(mint);
    const atoms = isNative ? RESERVE_LAMPORTS : RESERVE_ATOMS;
    for (const { publicKey: holder } of [maker, treasury]) {
      // The owner may draw on the maker's accounts, so that a swap needs the owner's signature alone.
      const delegate = holder.equals(maker.publicKey) ? { delegate: owner.publicKey } : {};
      writeTokenAccount({ address: associated(holder, mint), mint, holder, atoms, ...delegate });
    }
  }
  writeLamports(owner.publicKey, 0n);
  for (const { asset, amount, accounts = 1, isFrozen = false } of options.balances) {
    if (asset === NATIVE_SOL) {
      writeLamports(owner.publicKey, toAtoms(amount, SOL_DECIMALS));
      continue;
    }
    const mint = mintOf(asset);
    const atoms = toAtoms(amount, mint.decimals);
    const share = atoms / BigInt(accounts);
    for (let index = 0; index < accounts; index += 1) {
      const address =
        index === 0 ? associated(owner.publicKey, mint) : keypair(`account:${mint.mint}:${index}`).publicKey;
      const rest = index === 0 ? atoms - share * BigInt(accounts) : 0n;
      writeTokenAccount({ address, mint, holder: owner.publicKey, atoms: share + rest, isFrozen });
    }
  }
  return { owner, maker, treasury, mintOf, associated };
}
