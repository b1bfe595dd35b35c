/** A fee on transfers as the mint has it: in force from the start of an epoch on. */
export interface EpochFee {
  readonly epoch: bigint;
  readonly maximumAtoms: bigint;
  readonly bps: number;
}

/** The fee that was set last, and the one that holds until its epoch begins. */
export interface TransferFeeConfig {
  readonly older: EpochFee;
  readonly newer: EpochFee;
}

/** A mint with extensions is padded to the length of an account, so that neither is taken for the other. */
const PADDED_BYTES = 165;
/** Byte after that: 1 says "mint", 2 "account". */
const MINT_TYPE = 1;
/** An extension is two bytes of type, two of length, and its content. */
const EXTENSION_HEADER = 4;
const TRANSFER_FEE_CONFIG = 1;
/** Two authorities and what is withheld in the mint; then both fees of epoch, maximum and basis points. */
const OLDER_OFFSET = 72;
const NEWER_OFFSET = 90;
const CONFIG_BYTES = 108;
const BPS_MAX = 10_000;

/** Null where the bytes are not those of a mint of Token-2022 with a fee on transfers, or the fee cannot be one. */
export function readTransferFeeConfig(data: Uint8Array): TransferFeeConfig | null {
  if (data[PADDED_BYTES] !== MINT_TYPE) return null;
  const bytes = Buffer.from(data);
  let at = PADDED_BYTES + 1;
  while (at + EXTENSION_HEADER <= bytes.length) {
    const [type, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    const start = at + EXTENSION_HEADER;
    if (type === TRANSFER_FEE_CONFIG) return configOf(bytes.subarray(start, start + length));
    at = start + length;
  }
  return null;
}

function configOf(content: Buffer): TransferFeeConfig | null {
  if (content.length !== CONFIG_BYTES) return null;
  const feeAt = (offset: number): EpochFee => ({
    epoch: content.readBigUInt64LE(offset),
    maximumAtoms: content.readBigUInt64LE(offset + 8),
    bps: content.readUInt16LE(offset + 16),
  });
  const [older, newer] = [feeAt(OLDER_OFFSET), feeAt(NEWER_OFFSET)];
  const isFee = ({ bps, epoch }: EpochFee) => bps <= BPS_MAX && epoch <= BigInt(Number.MAX_SAFE_INTEGER);
  return isFee(older) && isFee(newer) ? { older, newer } : null;
}
