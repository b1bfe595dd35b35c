import { encodeBase58 } from './base58.ts';

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

/** Length of an account without extensions; those of Token-2022 follow after it. */
const ACCOUNT_BYTES = 165;
/** Byte after the account in Token-2022: 2 says "account", 1 "mint". */
const ACCOUNT_TYPE = 2;
const AMOUNT_OFFSET = 64;
const AMOUNT_END = 72;
const DELEGATE_TAG_OFFSET = 72;
const CLOSE_AUTHORITY_TAG_OFFSET = 129;

/** An extension is two bytes of type, two of length, and its content. */
const EXTENSION_HEADER = 4;
/** Fees withheld by transfers into the account: every transfer of a mint with a fee adds to them. */
const TRANSFER_FEE_AMOUNT = 2;

/** Null where the bytes are not a token account's. */
export function readTokenAccountBytes(data: Uint8Array): TokenAccountFields | null {
  const isAccount =
    data.length === ACCOUNT_BYTES || (data.length > ACCOUNT_BYTES && data[ACCOUNT_BYTES] === ACCOUNT_TYPE);
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
  let at = ACCOUNT_BYTES + 1;
  while (at + EXTENSION_HEADER <= copy.length) {
    const start = at + EXTENSION_HEADER;
    const end = start + copy.readUInt16LE(at + 2);
    if (copy.readUInt16LE(at) === TRANSFER_FEE_AMOUNT) copy.fill(0, start, Math.min(end, copy.length));
    at = end;
  }
  return copy;
}
