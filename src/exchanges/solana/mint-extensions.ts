import {
  type EpochFee,
  TRANSFER_FEE_CONFIG,
  type TransferFeeConfig,
  transferFeeConfigOf,
} from './mint-layout.ts';
import { type Denial, denied } from './swap-terms.ts';
import { ACCOUNT_BYTES, ACCOUNT_TYPE, extensionsOf } from './token-extensions.ts';

/** What a mint itself says of transfers of its tokens. */
export interface TransferableMint {
  readonly state: 'transferable';
  readonly decimals: number;
  /** What the mint keeps back of transfers; null where it keeps nothing. */
  readonly fees: TransferFeeConfig | null;
}

const DECIMALS_OFFSET = 44;
const MINT_BYTES = 82;

/** The extensions of Token-2022 that bear on a transfer by its owner, by their number in the program. */
const NON_TRANSFERABLE = 9;
const TRANSFER_HOOK = { type: 14, program: 32, bytes: 64 } as const;
/**
 * Those that do not: who may close the mint, confidential parts, the state of new accounts, interest and the scale of
 * what is displayed, who may move tokens of anybody, metadata and groups, and a mint that can be paused. What two of
 * them forbid at the moment, a frozen account and a pause, fails in simulation.
 */
const WITHOUT_BEARING = new Set([3, 4, 6, 10, 12, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26]);

/**
 * Pure. Reads the bytes of a mint account; null where they are none.
 *
 * Denied is what cannot be moved, what calls a program of a stranger on the way, and what this program does not know.
 */
export function readMintBytes(data: Uint8Array): TransferableMint | Denial | null {
  const bytes = Buffer.from(data);
  const isExtended = bytes[ACCOUNT_BYTES] === ACCOUNT_TYPE.mint;
  if (bytes.length !== MINT_BYTES && !isExtended) return null;
  let fees: TransferFeeConfig | null = null;
  for (const { type, start, end } of extensionsOf(bytes)) {
    if (end > bytes.length) return null;
    const content = bytes.subarray(start, end);
    if (type === NON_TRANSFERABLE) return denied('the mint does not let its tokens be transferred');
    if (type === TRANSFER_HOOK.type && hasHook(content))
      return denied('the mint has every transfer call a program of its own');
    if (type === TRANSFER_FEE_CONFIG) {
      fees = transferFeeConfigOf(content);
      if (fees === null) return null;
    } else if (type !== TRANSFER_HOOK.type && !WITHOUT_BEARING.has(type)) {
      return denied(`the mint has an extension that is not known here: number ${type}`);
    }
  }
  return { state: 'transferable', decimals: bytes.readUInt8(DECIMALS_OFFSET), fees };
}

/** What the mint withholds of one transfer: rounded up, as the token program has it. */
export function withheldOf(atoms: bigint, { bps, maximumAtoms }: Omit<EpochFee, 'epoch'>): bigint {
  const fee = (atoms * BigInt(bps) + 9_999n) / 10_000n;
  return fee < maximumAtoms ? fee : maximumAtoms;
}

const hasHook = (content: Buffer): boolean =>
  content.length < TRANSFER_HOOK.bytes || content.subarray(TRANSFER_HOOK.program).some((byte) => byte !== 0);
