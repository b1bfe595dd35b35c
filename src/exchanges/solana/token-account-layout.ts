import { encodeBase58 } from './base58.ts';

/** The fields of a token account that a swap may or may not change. */
export interface TokenAccountFields {
  readonly mint: string;
  readonly owner: string;
  readonly atoms: bigint;
  readonly hasDelegate: boolean;
  readonly hasCloseAuthority: boolean;
  /** Everything but the amount: who owns, may spend, may close, and every extension. */
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
    rest: `${bytes.toString('hex', 0, AMOUNT_OFFSET)}${bytes.toString('hex', AMOUNT_END)}`,
  };
}
