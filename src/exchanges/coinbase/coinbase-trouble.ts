import { type Unknown, type UnknownReason, unknown } from '../../domain/venue/observation.ts';

const DETAIL_LENGTH_MAX = 500;

/** Trouble at the venue or on the way to it, thrown inside the adapter and turned into a value at its edge. */
export class CoinbaseTrouble extends Error {
  override readonly name = 'CoinbaseTrouble';
  readonly unknown: Unknown;

  constructor(trouble: Unknown) {
    super(`${trouble.reason}: ${trouble.detail}`);
    this.unknown = trouble;
  }
}

export const malformed = (detail: string): CoinbaseTrouble => trouble('malformed', detail);
export const incomplete = (detail: string): CoinbaseTrouble => trouble('incomplete', detail);

/** Runs a read; trouble becomes its `Unknown`, a bug stays a throw. */
export async function orUnknown<T>(read: () => Promise<T>): Promise<T | Unknown> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CoinbaseTrouble) return error.unknown;
    throw error;
  }
}

/** What the venue wrote may be in a detail, and is cut where it is longer than anyone reads. */
export function trouble(reason: UnknownReason, detail: string): CoinbaseTrouble {
  return new CoinbaseTrouble(unknown(reason, detail.slice(0, DETAIL_LENGTH_MAX)));
}
