// A swap service is a stranger that hands us a transaction to sign. Before the signature, what it does is looked at.
//
// Invariants:
// 1. Nobody but the owner signs, and the owner pays the fee.
// 2. In simulation at most the input leaves and at least the minimum arrives, fee and rent apart and capped.
// 3. Nothing else of the owner changes: no other account, no delegate, no authority, not the owner's own account.
// 4. The transaction expires: it is not built on a durable nonce.

import type { AccountInfo, AddressLookupTableAccount, VersionedTransaction } from '@solana/web3.js';
import type { Unknown } from '../../domain/venue/observation.ts';
import { associatedTokenAddress } from './associated-token-address.ts';
import { collectHoldings } from './holdings.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import type { SolanaScope } from './solana-scope.ts';
import { type Denial, denied, type SwapTerms } from './swap-terms.ts';
import { readTokenAccountBytes } from './token-account-layout.ts';
import { mintOf, NATIVE_SOL, WRAPPED_SOL_MINT } from './token-registry.ts';

/** Network fee and rent of new accounts together: two accounts and a generous priority fee. */
export const COST_LAMPORTS_MAX = 10_000_000n;
const LOOKUP_TABLES_MAX = 8;
const SYSTEM_PROGRAM = '11111111111111111111111111111111';
/** Index of `AdvanceNonceAccount` among the system program's instructions. */
const ADVANCE_NONCE = 4;

interface InspectInput {
  readonly scope: SolanaScope;
  readonly transaction: VersionedTransaction;
  readonly terms: SwapTerms;
  /** The token program of each mint that is swapped. */
  readonly programs: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/** One account before and after: null where it does not exist. */
interface Change {
  readonly address: string;
  readonly before: AccountState | null;
  readonly after: AccountState | null;
}

interface AccountState {
  readonly lamports: bigint;
  readonly program: string;
  readonly data: Uint8Array;
}

/** Why the transaction must not be signed; null where every invariant holds. */
export async function inspectSwap(input: InspectInput): Promise<Denial | Unknown | null> {
  const { scope, transaction, terms } = input;
  const shape = deniedShape(transaction, scope.owner);
  if (shape !== null) return shape;
  const changes = await simulate(input);
  if ('state' in changes) return changes;
  return deniedEffect(scope.owner, changes, terms);
}

function deniedShape({ message }: VersionedTransaction, owner: string): Denial | null {
  if (message.header.numRequiredSignatures !== 1) {
    return denied(`the swap needs ${message.header.numRequiredSignatures} signatures, only ours is given`);
  }
  if (message.staticAccountKeys[0]?.toBase58() !== owner) {
    return denied(`the swap's fee payer is ${message.staticAccountKeys[0]?.toBase58()}, expected ${owner}`);
  }
  const [first] = message.compiledInstructions;
  const program = first === undefined ? '' : message.staticAccountKeys[first.programIdIndex]?.toBase58();
  if (program === SYSTEM_PROGRAM && first?.data[0] === ADVANCE_NONCE) {
    return denied('the swap is built on a durable nonce and would never expire');
  }
  if (message.addressTableLookups.length > LOOKUP_TABLES_MAX) {
    return denied(
      `the swap uses ${message.addressTableLookups.length} lookup tables, at most ${LOOKUP_TABLES_MAX}`,
    );
  }
  return null;
}

interface Effects {
  readonly fee: bigint;
  readonly changes: readonly Change[];
}

async function simulate(input: InspectInput): Promise<Effects | Denial | Unknown> {
  const { scope, transaction, terms, programs, signal } = input;
  const { web3, owner } = scope;
  const [endpoint] = scope.endpoints;
  const writable = await writableAddresses(input);
  if ('state' in writable) return writable;
  const holdings = await collectHoldings({ ...scope, endpoint, signal });
  if (holdings.state === 'unknown') return holdings;
  const associated = [terms.inputAsset, terms.outputAsset].map(mintOf).map((mint) => {
    return associatedTokenAddress(web3, { owner, mint, program: programs.get(mint) ?? '' });
  });
  const ours = new Set([...holdings.accounts.map((account) => account.address), ...associated]);
  const addresses = [owner, ...[...ours].filter((address) => writable.has(address))];

  const before = await endpoint.ask(signal, (connection) =>
    connection.getMultipleAccountsInfoAndContext(
      addresses.map((address) => new web3.PublicKey(address)),
      COMMITMENT,
    ),
  );
  if (before.state === 'unanswered') return before.unknown;
  const fee = await endpoint.ask(signal, (connection) =>
    connection.getFeeForMessage(transaction.message, COMMITMENT),
  );
  if (fee.state === 'unanswered') return fee.unknown;
  if (fee.value.value === null) return denied("the swap's blockhash is not known to the endpoint");
  const after = await endpoint.ask(signal, (connection) =>
    connection.simulateTransaction(transaction, {
      commitment: COMMITMENT,
      sigVerify: false,
      accounts: { encoding: 'base64', addresses },
    }),
  );
  if (after.state === 'unanswered') return after.unknown;
  const { err, accounts } = after.value.value;
  if (err !== null) return denied(`the swap fails in simulation: ${JSON.stringify(err).slice(0, 200)}`);
  if (accounts?.length !== addresses.length) return denied('the simulation shows no accounts');
  const changes = addresses.map((address, index) => {
    const simulated = accounts[index] ?? null;
    return {
      address,
      before: stateOf(before.value.value[index] ?? null),
      after:
        simulated === null
          ? null
          : {
              lamports: BigInt(simulated.lamports),
              program: simulated.owner,
              data: Buffer.from(simulated.data[0] ?? '', 'base64'),
            },
    };
  });
  return { fee: BigInt(fee.value.value), changes };
}

async function writableAddresses(input: InspectInput): Promise<ReadonlySet<string> | Denial | Unknown> {
  const { message } = input.transaction;
  const tables: AddressLookupTableAccount[] = [];
  for (const { accountKey } of message.addressTableLookups) {
    const table = await input.scope.endpoints[0].ask(input.signal, (connection) =>
      connection.getAddressLookupTable(accountKey),
    );
    if (table.state === 'unanswered') return table.unknown;
    if (table.value.value === null) return denied(`lookup table ${accountKey.toBase58()} does not exist`);
    tables.push(table.value.value);
  }
  const keys = message.getAccountKeys({ addressLookupTableAccounts: tables });
  const writable = new Set<string>();
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys.get(index);
    if (key !== undefined && message.isAccountWritable(index)) writable.add(key.toBase58());
  }
  return writable;
}

/** Pure: what the owner's accounts show, held against the terms. */
function deniedEffect(owner: string, { fee, changes }: Effects, terms: SwapTerms): Denial | null {
  const [own, ...tokenAccounts] = changes;
  if (own?.before == null || own.after === null) return denied(`account ${owner} does not hold any SOL`);
  if (own.after.program !== SYSTEM_PROGRAM || own.after.data.length > 0) {
    return denied("the swap would give the owner's account away");
  }
  const moved = new Map<string, bigint>();
  let rentPaid = 0n;
  for (const change of tokenAccounts) {
    const touched = readTokenChange(owner, change, terms);
    if ('state' in touched) return touched;
    moved.set(touched.mint, (moved.get(touched.mint) ?? 0n) + touched.atoms);
    rentPaid += touched.rent;
  }
  const exchanged = own.after.lamports - own.before.lamports + fee + rentPaid;
  const cost = fee + rentPaid;
  if (cost > COST_LAMPORTS_MAX)
    return denied(`fee and rent are ${cost} lamports, at most ${COST_LAMPORTS_MAX}`);
  const isSolTraded = terms.inputAsset === NATIVE_SOL || terms.outputAsset === NATIVE_SOL;
  const lost = own.before.lamports - own.after.lamports;
  if (!isSolTraded && lost > COST_LAMPORTS_MAX) {
    return denied(`the swap costs ${lost} lamports, at most ${COST_LAMPORTS_MAX}`);
  }
  const change = (asset: string) => (asset === NATIVE_SOL ? exchanged : (moved.get(asset) ?? 0n));
  const paid = -change(terms.inputAsset);
  const received = change(terms.outputAsset);
  if (paid > terms.inAtomsMax) return denied(`the swap takes ${paid} atoms, at most ${terms.inAtomsMax}`);
  if (received < terms.outAtomsMin) {
    return denied(`the swap gives ${received} atoms, expected at least ${terms.outAtomsMin}`);
  }
  return null;
}

interface TokenChange {
  readonly mint: string;
  readonly atoms: bigint;
  readonly rent: bigint;
}

function readTokenChange(
  owner: string,
  { address, before, after }: Change,
  terms: SwapTerms,
): TokenChange | Denial {
  const old = before === null ? null : readTokenAccountBytes(before.data);
  const now = after === null ? null : readTokenAccountBytes(after.data);
  if ((before !== null && old === null) || (after !== null && now === null)) {
    return denied(`the swap makes ${address} something else than a token account`);
  }
  const mint = now?.mint ?? old?.mint ?? '';
  const lamports = (after?.lamports ?? 0n) - (before?.lamports ?? 0n);
  const atoms = (now?.atoms ?? 0n) - (old?.atoms ?? 0n);
  const rent = mint === WRAPPED_SOL_MINT ? lamports - atoms : lamports;
  const isTraded = mint === terms.inputAsset || mint === terms.outputAsset;
  if (atoms !== 0n && !isTraded)
    return denied(`the swap moves ${atoms} atoms of ${mint}, which is not traded`);
  if (old !== null && now === null && (mint !== WRAPPED_SOL_MINT || old.atoms !== 0n)) {
    return denied(`the swap closes account ${address}`);
  }
  if (old !== null && now !== null && old.rest !== now.rest) {
    return denied(`the swap changes who may use account ${address}`);
  }
  if (old === null && now !== null && (now.owner !== owner || now.hasDelegate || now.hasCloseAuthority)) {
    return denied(`the swap opens account ${address} for somebody else`);
  }
  return { mint, atoms, rent };
}

function stateOf(account: AccountInfo<Buffer> | null): AccountState | null {
  if (account === null) return null;
  return { lamports: BigInt(account.lamports), program: account.owner.toBase58(), data: account.data };
}
