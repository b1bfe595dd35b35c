import { createHash } from 'node:crypto';
import type { AddressLookupTableAccount, VersionedMessage } from '@solana/web3.js';
import { encodeBase58 } from '../../solana/base58.ts';
import type { ChainAccount, SimulatedChain } from './simulated-chain.ts';
import type { SimulatorParts } from './simulator-parts.ts';

const LOOKUP_TABLE_PROGRAM = 'AddressLookupTab1e1111111111111111111111111';
/** Kind, slots of deactivation and extension, authority: the addresses follow. */
const META_BYTES = 56;
const NEVER = 2n ** 64n - 1n;

/** Writes a table as the chain's own program would have: usable from the next slot on, changed by nobody. */
export function writeLookupTable(
  { web3 }: SimulatorParts,
  chain: SimulatedChain,
  name: string,
  addresses: readonly string[],
): string {
  const address = encodeBase58(createHash('sha256').update(`${name}:${addresses.join()}`).digest());
  const data = Buffer.alloc(META_BYTES + 32 * addresses.length);
  data.writeUInt32LE(1, 0);
  data.writeBigUInt64LE(NEVER, 4);
  for (const [index, one] of addresses.entries()) {
    data.set(new web3.PublicKey(one).toBytes(), META_BYTES + 32 * index);
  }
  chain.setAccount({ address, lamports: chain.rentOf(data.length), owner: LOOKUP_TABLE_PROGRAM, data });
  return address;
}

/** Every address of a message, those of its tables resolved; null where a table is not there. */
export function addressesOf(
  { web3 }: SimulatorParts,
  message: VersionedMessage,
  account: (address: string) => ChainAccount | null,
): readonly string[] | null {
  const tables: AddressLookupTableAccount[] = [];
  for (const { accountKey } of message.addressTableLookups) {
    const table = account(accountKey.toBase58());
    if (table === null) return null;
    const state = web3.AddressLookupTableAccount.deserialize(table.data);
    tables.push(new web3.AddressLookupTableAccount({ key: accountKey, state }));
  }
  const keys = message.getAccountKeys({ addressLookupTableAccounts: tables });
  return Array.from({ length: keys.length }, (_, index) => keys.get(index)?.toBase58() ?? '');
}
