/** Length of a token account; a mint with extensions is padded to it, so that neither is taken for the other. */
export const ACCOUNT_BYTES = 165;

/** What the byte after the account says that the account is. */
export const ACCOUNT_TYPE = { mint: 1, account: 2 } as const;

/** An extension is two bytes of type, two of length, and its content. */
const HEADER_BYTES = 4;

export interface TokenExtension {
  readonly type: number;
  /** Where its content begins and ends; the end may lie beyond bytes that are cut. */
  readonly start: number;
  readonly end: number;
}

/** The extensions of a mint or an account of Token-2022, in their order. What follows the last one is padding. */
export function* extensionsOf(bytes: Buffer): Generator<TokenExtension> {
  let at = ACCOUNT_BYTES + 1;
  while (at + HEADER_BYTES <= bytes.length) {
    const type = bytes.readUInt16LE(at);
    if (type === 0) return;
    const start = at + HEADER_BYTES;
    const end = start + bytes.readUInt16LE(at + 2);
    yield { type, start, end };
    at = end;
  }
}
