import { ACCOUNT_BYTES, ACCOUNT_TYPE, extensionsOf } from './token-extensions.ts';

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

/** Number of the extension in the program. */
export const TRANSFER_FEE_CONFIG = 1;
/** Two authorities and what is withheld in the mint; then both fees of epoch, maximum and basis points. */
const OLDER_OFFSET = 72;
const NEWER_OFFSET = 90;
const CONFIG_BYTES = 108;
const BPS_MAX = 10_000;

/** Null where the bytes are not those of a mint of Token-2022 with a fee on transfers, or the fee cannot be one. */
export function readTransferFeeConfig(data: Uint8Array): TransferFeeConfig | null {
  if (data[ACCOUNT_BYTES] !== ACCOUNT_TYPE.mint) return null;
  const bytes = Buffer.from(data);
  for (const { type, start, end } of extensionsOf(bytes))
    if (type === TRANSFER_FEE_CONFIG) return transferFeeConfigOf(bytes.subarray(start, end));
  return null;
}

/** Whether it matters which of the two fees is in force. */
export const isFeeChanged = ({ older, newer }: TransferFeeConfig): boolean =>
  older.bps !== newer.bps || older.maximumAtoms !== newer.maximumAtoms;

/** As the token program decides: the newer fee from the start of its epoch on, the older one until then. */
export const feeInForce = ({ older, newer }: TransferFeeConfig, epoch: number): EpochFee =>
  BigInt(epoch) >= newer.epoch ? newer : older;

/** Null where the content of the extension is none. */
export function transferFeeConfigOf(content: Buffer): TransferFeeConfig | null {
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
