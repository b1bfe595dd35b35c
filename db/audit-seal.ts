import { sha256Hex } from '../src/domain/hash.ts';

/** What the first entry follows. */
export const GENESIS_HASH = '0'.repeat(64);

/** An entry as it is sealed: with its body in canonical text. */
export interface SealedContent {
  readonly sequence: number;
  readonly atMs: number;
  readonly actor: string;
  readonly kind: string;
  readonly body: string;
  readonly previousHash: string;
}

/**
 * SHA-256 of the previous hash and the canonical JSON of {actor, atMs, body, kind, sequence}. The body is canonical
 * text already and goes in as it stands, so that a single changed byte shows.
 */
export function sealOf({ sequence, atMs, actor, kind, body, previousHash }: SealedContent): string {
  return sha256Hex(
    `${previousHash}{"actor":${quoted(actor)},"atMs":${atMs},"body":${body},"kind":${quoted(kind)},"sequence":${sequence}}`,
  );
}

/** Actors and kinds are few: their text in JSON is made once. */
const QUOTED_MAX = 1_000;
const known = new Map<string, string>();

function quoted(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  const made = JSON.stringify(text);
  if (known.size < QUOTED_MAX) known.set(text, made);
  return made;
}
