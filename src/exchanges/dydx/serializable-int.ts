/**
 * An integer as the chain writes it within a message: Go's gob of a `big.Int`, which is a byte of version and sign and
 * then the magnitude, most significant byte first. No bytes at all are zero. Null where it is something else.
 */
export function readSerializableInt(bytes: Uint8Array): bigint | null {
  const [head, ...magnitude] = bytes;
  if (head === undefined) return 0n;
  if (head !== POSITIVE && head !== NEGATIVE) return null;
  const absolute = BigInt(`0x0${Buffer.from(magnitude).toString('hex')}`);
  return head === NEGATIVE ? -absolute : absolute;
}

/** Version 1, shifted by one; the lowest bit is the sign. */
const POSITIVE = 2;
const NEGATIVE = 3;
