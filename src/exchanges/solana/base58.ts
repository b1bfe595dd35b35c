const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Bytes in Bitcoin's base 58, as Solana writes keys and signatures. */
export function encodeBase58(bytes: Uint8Array): string {
  let value = bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let digits = '';
  for (; value > 0n; value /= 58n) digits = `${ALPHABET[Number(value % 58n)]}${digits}`;
  return '1'.repeat(leading(bytes, 0)) + digits;
}

/** Null where the text is not base 58. */
export function decodeBase58(text: string): Uint8Array | null {
  let value = 0n;
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return null;
    value = value * 58n + BigInt(digit);
  }
  const hex = value === 0n ? '' : value.toString(16);
  const tail = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Uint8Array.from([...new Uint8Array(leading(text, '1')), ...tail]);
}

/** Leading zero bytes are leading ones in text: the number itself does not show them. */
function leading<T>(items: ArrayLike<T>, zero: T): number {
  let count = 0;
  while (count < items.length && items[count] === zero) count += 1;
  return count;
}
