import { canonicalJson } from '../../domain/canonical-json.ts';
import { sha256Hex } from '../../domain/hash.ts';
import type { AssetId } from '../../domain/venue/venue.ts';
import { createTokenRegistry } from '../../exchanges/solana/token-registry.ts';
import type { WantedTransfer } from '../portfolio-api.ts';

/** Digits of a hash: two transfers of one book have the same ones once in 2^64. */
const ID_DIGITS = 16;

/**
 * The id of a transfer that was given none, from its content: a command that is typed twice is one transfer. Paying the
 * same to the same address again takes an id of its own.
 */
export const transferIdOf = (wanted: Omit<WantedTransfer, 'transferId'>): string =>
  sha256Hex(`transfer\n${canonicalJson(wanted)}`).slice(0, ID_DIGITS);

/** The asset that a person means at a Solana venue, by symbol or by mint; null where that is not one. */
export function assetNamed(name: string, tokens: Readonly<Record<string, string>>): AssetId | null {
  const symbols = Object.entries(tokens).map(([mint, symbol]) => [mint, { symbol }] as const);
  return createTokenRegistry(Object.fromEntries(symbols)).assetOf(name);
}
