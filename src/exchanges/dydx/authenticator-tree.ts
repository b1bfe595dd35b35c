import * as z from 'zod';

/** An authenticator as the chain stores it at an account. */
export interface StoredAuthenticator {
  /** Decimal digits. */
  readonly id: string;
  readonly type: string;
  readonly config: Uint8Array;
}

/** What lets a message pass that somebody else signs in the account's place. */
export type Authenticator =
  | { readonly type: 'allOf' | 'anyOf'; readonly members: readonly Authenticator[] }
  | Leaf;

export type Leaf =
  /** Base 64 of a compressed secp256k1 key. */
  | { readonly type: 'signature'; readonly publicKey: string }
  /** Names of messages, each exactly as the chain writes it: with a slash before it. */
  | { readonly type: 'messages'; readonly typeUrls: ReadonlySet<string> }
  /** Of orders alone: every other message passes. */
  | { readonly type: 'subaccounts' | 'clobPairs'; readonly numbers: ReadonlySet<number> }
  | { readonly type: 'unknown'; readonly reason: string };

const SEPARATOR = ',';
const PUBLIC_KEY_BYTES = 33;
const UINT32_MAX = 0xffff_ffff;
const NAME_MAX = 60;

/** The chain reads a member of another form in other ways, and takes no fewer than two. */
const members = z.array(z.strictObject({ type: z.string(), config: z.base64() })).min(2);

/**
 * Reads an authenticator as the chain's `x/accountplus` does. What the chain would not take, or might read otherwise,
 * is `unknown` with the reason, never left out.
 *
 * A member's config is base 64 within its parent's, so that depth is bounded by the size of the whole.
 */
export function parseAuthenticator({ type, config }: Omit<StoredAuthenticator, 'id'>): Authenticator {
  const text = Buffer.from(config).toString('utf8');
  switch (type) {
    case 'AllOf':
      return compositeOf('allOf', text);
    case 'AnyOf':
      return compositeOf('anyOf', text);
    case 'SignatureVerification':
      if (config.length === PUBLIC_KEY_BYTES)
        return { type: 'signature', publicKey: Buffer.from(config).toString('base64') };
      return unknownAs(`a public key of ${PUBLIC_KEY_BYTES} bytes`, `${config.length} bytes`);
    case 'MessageFilter':
      return { type: 'messages', typeUrls: new Set(text.split(SEPARATOR)) };
    case 'SubaccountFilter':
      return numbersOf('subaccounts', text);
    case 'ClobPairIdFilter':
      return numbersOf('clobPairs', text);
    default:
      return unknownAs('a known type of authenticator', shown(type));
  }
}

/** Its parts that hold no others, from left to right. */
export function leavesOf(tree: Authenticator): readonly Leaf[] {
  return 'members' in tree ? tree.members.flatMap(leavesOf) : [tree];
}

function compositeOf(type: 'allOf' | 'anyOf', text: string): Authenticator {
  const parsed = members.safeParse(parseJson(text));
  if (!parsed.success)
    return unknownAs(`JSON of two authenticators or more in ${type}`, `text of ${text.length} characters`);
  const stored = parsed.data.map((member) => ({ ...member, config: Buffer.from(member.config, 'base64') }));
  return { type, members: stored.map(parseAuthenticator) };
}

function numbersOf(type: 'subaccounts' | 'clobPairs', text: string): Authenticator {
  const parts = text.split(SEPARATOR);
  const isRead = parts.every((part) => /^\d{1,20}$/.test(part) && Number(part) <= UINT32_MAX);
  return isRead
    ? { type, numbers: new Set(parts.map(Number)) }
    : unknownAs(`numbers of ${type}`, shown(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const unknownAs = (expected: string, found: string): Authenticator => ({
  type: 'unknown',
  reason: `expected ${expected}, found ${found}`,
});

const shown = (text: string): string => JSON.stringify(text.slice(0, NAME_MAX));
