import { encodeBase58 } from './base58.ts';
import { ACCOUNT_BYTES, ACCOUNT_TYPE, extensionsOf } from './token-extensions.ts';

/** The fields of a token account that a swap may or may not change. */
export interface TokenAccountFields {
  readonly mint: string;
  readonly owner: string;
  readonly atoms: bigint;
  readonly hasDelegate: boolean;
  readonly hasCloseAuthority: boolean;
  /** Everything but amounts that transfers change: who owns, may spend, may close, and every extension. */
  readonly rest: string;
}

const AMOUNT_OFFSET = 64;
const AMOUNT_END = 72;
const DELEGATE_TAG_OFFSET = 72;
const CLOSE_AUTHORITY_TAG_OFFSET = 129;

/** Fees withheld by transfers into the account: every transfer of a mint with a fee adds to them. */
const TRANSFER_FEE_AMOUNT = 2;

/** Null where the bytes are not a token account's. */
export function readTokenAccountBytes(data: Uint8Array): TokenAccountFields | null {
  const isAccount =
    data.length === ACCOUNT_BYTES ||
    (data.length > ACCOUNT_BYTES && data[ACCOUNT_BYTES] === ACCOUNT_TYPE.account);
  if (!isAccount) return null;
  const bytes = Buffer.from(data);
  return {
    mint: encodeBase58(bytes.subarray(0, 32)),
    owner: encodeBase58(bytes.subarray(32, 64)),
    atoms: bytes.readBigUInt64LE(AMOUNT_OFFSET),
    hasDelegate: bytes.readUInt32LE(DELEGATE_TAG_OFFSET) !== 0,
    hasCloseAuthority: bytes.readUInt32LE(CLOSE_AUTHORITY_TAG_OFFSET) !== 0,
    rest: `${bytes.toString('hex', 0, AMOUNT_OFFSET)}${withoutWithheld(bytes).toString('hex', AMOUNT_END)}`,
  };
}

function withoutWithheld(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (const { type, start, end } of extensionsOf(bytes))
    if (type === TRANSFER_FEE_AMOUNT) copy.fill(0, start, Math.min(end, copy.length));
  return copy;
}
