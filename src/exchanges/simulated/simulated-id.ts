import { createHash } from 'node:crypto';

/** Ids as a venue gives them out, in the shape of a UUID: the same venue, seed, kind and counter give the same id. */
export function simulatedId(source: {
  readonly venue: string;
  readonly seed: string;
  readonly kind: string;
  readonly counter: number;
}): string {
  const hex = createHash('sha256')
    .update(`${source.venue}|${source.seed}|${source.kind}|${source.counter}`)
    .digest('hex');
  // Version 8, "custom", and the variant of RFC 9562, so that strict readers of UUIDs accept it.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
