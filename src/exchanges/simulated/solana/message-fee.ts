import type { VersionedMessage } from '@solana/web3.js';

const COMPUTE_BUDGET_PROGRAM = 'ComputeBudget111111111111111111111111111111';
const LAMPORTS_PER_SIGNATURE = 5_000n;
const SET_UNIT_LIMIT = 2;
const SET_UNIT_PRICE = 3;
/** What an instruction may use where the transaction names no limit. */
const UNITS_PER_INSTRUCTION = 200_000n;
const MICRO = 1_000_000n;

/** Lamports that the network takes for a message: by signature, and by the price bid for compute units. */
export function feeOf(message: VersionedMessage): bigint {
  let limit: bigint | null = null;
  let microLamports = 0n;
  let others = 0n;
  for (const { programIdIndex, data } of message.compiledInstructions) {
    if (message.staticAccountKeys[programIdIndex]?.toBase58() !== COMPUTE_BUDGET_PROGRAM) {
      others += 1n;
      continue;
    }
    const bytes = Buffer.from(data);
    if (bytes[0] === SET_UNIT_LIMIT) limit = BigInt(bytes.readUInt32LE(1));
    if (bytes[0] === SET_UNIT_PRICE) microLamports = bytes.readBigUInt64LE(1);
  }
  const units = limit ?? others * UNITS_PER_INSTRUCTION;
  const priority = (units * microLamports + MICRO - 1n) / MICRO;
  return BigInt(message.header.numRequiredSignatures) * LAMPORTS_PER_SIGNATURE + priority;
}
