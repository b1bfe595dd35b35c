import type { ChainMint, TransferFeeChange } from './genesis.ts';
import type { SimulatorParts } from './simulator-parts.ts';

const BASIS = 10_000n;
const FEE_ATOMS_MAX = 2n ** 64n - 1n;
/** Bytes behind the account or the mint: its type, and one extension with its header. */
const TYPE_BYTES = 1;
const HEADER_BYTES = 4;
const KIND_OF_MINT = 1;
const KIND_OF_ACCOUNT = 2;

/** The bytes of a Token-2022 mint with a fee on transfers, behind those of the mint itself. */
export function mintWithFee(
  { spl, web3 }: SimulatorParts,
  mint: Uint8Array,
  { bps, change }: { readonly bps: number; readonly change: TransferFeeChange | undefined },
): Buffer {
  const content = Buffer.alloc(spl.TRANSFER_FEE_CONFIG_SIZE);
  const feeOf = (basisPoints: number, epoch: number) => ({
    epoch: BigInt(epoch),
    maximumFee: FEE_ATOMS_MAX,
    transferFeeBasisPoints: basisPoints,
  });
  spl.TransferFeeConfigLayout.encode(
    {
      transferFeeConfigAuthority: web3.PublicKey.default,
      withdrawWithheldAuthority: web3.PublicKey.default,
      withheldAmount: 0n,
      olderTransferFee: feeOf(bps, 0),
      newerTransferFee: change === undefined ? feeOf(bps, 0) : feeOf(change.bps, change.epoch),
    },
    content,
  );
  return extended(spl, mint, { kind: KIND_OF_MINT, type: spl.ExtensionType.TransferFeeConfig, content });
}

/** The bytes of a token account in which fees can be withheld, none so far. */
export function accountWithFee({ spl }: SimulatorParts, account: Uint8Array): Buffer {
  const content = Buffer.alloc(spl.TRANSFER_FEE_AMOUNT_SIZE);
  return extended(spl, account, {
    kind: KIND_OF_ACCOUNT,
    type: spl.ExtensionType.TransferFeeAmount,
    content,
  });
}

/** Fees withheld in a token account; null where its mint has none. */
export function withheldIn({ spl }: SimulatorParts, data: Uint8Array): bigint | null {
  if (data.length <= spl.ACCOUNT_SIZE) return null;
  const tlv = Buffer.from(data).subarray(spl.ACCOUNT_SIZE + TYPE_BYTES);
  const content = spl.getExtensionData(spl.ExtensionType.TransferFeeAmount, tlv);
  return content === null ? null : spl.TransferFeeAmountLayout.decode(content).withheldAmount;
}

/** What must be sent so that an amount arrives, in an epoch. */
export function grossOf(mint: ChainMint, atoms: bigint, epoch: number): bigint {
  const { transferFeeBps = 0, transferFeeChange: change } = mint;
  const kept = BASIS - BigInt(change !== undefined && epoch >= change.epoch ? change.bps : transferFeeBps);
  return (atoms * BASIS + kept - 1n) / kept;
}

function extended(
  spl: SimulatorParts['spl'],
  base: Uint8Array,
  extension: { readonly kind: number; readonly type: number; readonly content: Buffer },
): Buffer {
  const { kind, type, content } = extension;
  const data = Buffer.alloc(spl.ACCOUNT_SIZE + TYPE_BYTES + HEADER_BYTES + content.length);
  data.set(base, 0);
  data[spl.ACCOUNT_SIZE] = kind;
  data.writeUInt16LE(type, spl.ACCOUNT_SIZE + TYPE_BYTES);
  data.writeUInt16LE(content.length, spl.ACCOUNT_SIZE + TYPE_BYTES + 2);
  data.set(content, spl.ACCOUNT_SIZE + TYPE_BYTES + HEADER_BYTES);
  return data;
}
