// A swap service is a stranger that hands us a transaction to sign. Before the signature, what it does is looked at:
// who signs, what its instructions say, which programs it can reach, and what it does in simulation.
//
// Invariants:
// 1. Nobody but the owner signs, and the owner pays the fee.
// 2. Every address is known: those of lookup tables are read from the chain.
// 3. Nothing that can run is named but programs on the list, neither as an instruction nor for a program to call.

import type { AddressLookupTableAccount, VersionedTransaction } from '@solana/web3.js';
import type { Unknown } from '../../domain/venue/observation.ts';
import { associatedTokenAddress } from './associated-token-address.ts';
import { collectHoldings } from './holdings.ts';
import { allowedPrograms, deniedInstructions, type ResolvedInstruction } from './inspect-instructions.ts';
import { TOKEN_PROGRAM } from './mint-facts.ts';
import { otherCount } from './other-count.ts';
import { COMMITMENT } from './rpc-endpoint.ts';
import { simulateEffects } from './simulate-effects.ts';
import type { SolanaScope } from './solana-scope.ts';
import { deniedEffect } from './swap-effects.ts';
import { type Denial, denied, type SwapTerms } from './swap-terms.ts';
import { mintOf, WRAPPED_SOL_MINT } from './token-registry.ts';

const LOOKUP_TABLES_MAX = 8;
/** Addresses of one transaction; the chain locks at most 64, and a node shows 100 at once. */
const ADDRESSES_MAX = 100;

interface InspectInput {
  readonly scope: SolanaScope;
  readonly transaction: VersionedTransaction;
  /** The terms of the order, or those of the quote where they are tighter. */
  readonly terms: SwapTerms;
  /** The token program of each mint that is swapped. */
  readonly programs: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/** Every invariant holds. */
export interface Inspected {
  readonly state: 'inspected';
  /** The slot at which the endpoint knew the transaction's blockhash. */
  readonly slot: number;
}

/** Looks at a transaction, or says why it must not be signed. */
export async function inspectSwap(input: InspectInput): Promise<Inspected | Denial | Unknown> {
  const { scope, transaction, terms, programs, signal } = input;
  const { web3, owner, limits } = scope;
  const shape = deniedShape(transaction, owner);
  if (shape !== null) return shape;
  const resolved = await resolve(input);
  if ('state' in resolved) return resolved;

  const holdings = await collectHoldings({ ...scope, endpoint: scope.endpoints[0], signal });
  if (holdings.state === 'unknown') return holdings;
  const mintByAccount = new Map(holdings.accounts.map(({ address, mint }) => [address, mint]));
  for (const mint of [terms.inputAsset, terms.outputAsset].map(mintOf)) {
    const program = programs.get(mint) ?? '';
    mintByAccount.set(associatedTokenAddress(web3, { owner, mint, program }), mint);
  }
  const wrapped = associatedTokenAddress(web3, { owner, mint: WRAPPED_SOL_MINT, program: TOKEN_PROGRAM });
  const rules = { owner, terms, wrapped, mintByAccount, ...limits };
  const refusal =
    deniedInstructions(resolved.instructions, rules) ?? (await deniedPrograms(input, resolved.addresses));
  if (refusal !== null) return refusal;

  const ours = [...mintByAccount.keys()].filter((address) => resolved.writable.has(address));
  const effects = await simulateEffects({ scope, transaction, what: 'swap', signal }, [owner, ...ours]);
  if ('state' in effects) return effects;
  return deniedEffect(effects, rules) ?? { state: 'inspected', slot: effects.slot };
}

function deniedShape({ message }: VersionedTransaction, owner: string): Denial | null {
  if (message.header.numRequiredSignatures !== 1) {
    return denied(`the swap needs ${message.header.numRequiredSignatures} signatures, only ours is given`);
  }
  if (message.staticAccountKeys[0]?.toBase58() !== owner) {
    return denied(`the swap's fee payer is ${message.staticAccountKeys[0]?.toBase58()}, expected ${owner}`);
  }
  if (message.addressTableLookups.length > LOOKUP_TABLES_MAX) {
    return denied(
      `the swap uses ${message.addressTableLookups.length} lookup tables, at most ${LOOKUP_TABLES_MAX}`,
    );
  }
  return null;
}

interface ResolvedMessage {
  readonly addresses: readonly string[];
  readonly writable: ReadonlySet<string>;
  readonly instructions: readonly ResolvedInstruction[];
}

async function resolve(input: InspectInput): Promise<ResolvedMessage | Denial | Unknown> {
  const { message } = input.transaction;
  const tables: AddressLookupTableAccount[] = [];
  for (const { accountKey, readonlyIndexes, writableIndexes } of message.addressTableLookups) {
    const table = await input.scope.endpoints[0].ask(input.signal, (connection) =>
      connection.getAddressLookupTable(accountKey),
    );
    if (table.state === 'unanswered') return table.unknown;
    if (table.value.value === null) return denied(`lookup table ${accountKey.toBase58()} does not exist`);
    const { length } = table.value.value.state.addresses;
    if ([...readonlyIndexes, ...writableIndexes].some((index) => index >= length)) {
      return denied(`lookup table ${accountKey.toBase58()} holds ${length} addresses, the swap names more`);
    }
    tables.push(table.value.value);
  }
  const keys = message.getAccountKeys({ addressLookupTableAccounts: tables });
  if (keys.length > ADDRESSES_MAX) {
    return denied(`the swap names ${keys.length} addresses, at most ${ADDRESSES_MAX}`);
  }
  const addresses = Array.from({ length: keys.length }, (_, index) => keys.get(index)?.toBase58() ?? '');
  const instructions = message.compiledInstructions.map(({ programIdIndex, accountKeyIndexes, data }) => ({
    program: addresses[programIdIndex] ?? '',
    accounts: accountKeyIndexes.map((index) => addresses[index] ?? ''),
    data,
  }));
  const writable = new Set(addresses.filter((_, index) => message.isAccountWritable(index)));
  return { addresses, writable, instructions };
}

/** A program that is only named for another to call runs all the same: nothing executable but the list is named. */
async function deniedPrograms(
  { scope, signal }: InspectInput,
  addresses: readonly string[],
): Promise<Denial | Unknown | null> {
  const allowed = allowedPrograms(scope.limits.swapPrograms);
  const others = addresses.filter((address) => address !== scope.owner && !allowed.has(address));
  const answer = await scope.endpoints[0].ask(signal, (connection) =>
    connection.getMultipleAccountsInfoAndContext(
      others.map((address) => new scope.web3.PublicKey(address)),
      { commitment: COMMITMENT, dataSlice: { offset: 0, length: 0 } },
    ),
  );
  if (answer.state === 'unanswered') return answer.unknown;
  const short = otherCount(answer.value.value, others);
  if (short !== null) return short;
  const program = others.find((_, index) => answer.value.value[index]?.executable === true);
  return program === undefined ? null : denied(`the swap can reach program ${program}, not allowed`);
}
