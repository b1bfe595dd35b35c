import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from '../src/domain/canonical-json.ts';

/** Where the chain stood: the entry's number, its hash and its time. */
export interface AuditPoint {
  readonly sequence: number;
  readonly hash: string;
  readonly atMs: number;
}

export interface AuditSignature {
  readonly keyId: string;
  /** Ed25519, in base64. */
  readonly signature: string;
}

/** The checkpoint before the one that is signed: a checkpoint that was taken out breaks the signature of the next. */
export interface PreviousCheckpoint {
  readonly sequence: number;
  readonly signature: string | null;
}

export interface AuditPublicKey {
  /** The first 16 hex digits of the SHA-256 of the public key in DER (SPKI). */
  readonly keyId: string;
  readonly key: KeyObject;
}

export interface AuditSigningKey {
  readonly publicKey: AuditPublicKey;
  /** Holds the private key where nothing prints it. */
  readonly sign: (text: string) => AuditSignature;
}

const KEY_ID_LENGTH = 16;
const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----/g;

/**
 * The private key that signs, from PEM (PKCS8).
 *
 * @throws {Error} that names what was expected and holds nothing of the key.
 */
export function auditSigningKeyOf(pem: string): AuditSigningKey {
  const key = parsed(() => createPrivateKey(pem), 'an Ed25519 private key in PEM (PKCS8)');
  const publicKey = identified(createPublicKey(key));
  return {
    publicKey,
    sign: (text) => ({
      keyId: publicKey.keyId,
      signature: sign(null, Buffer.from(text), key).toString('base64'),
    }),
  };
}

/**
 * The public keys of a text with one or more of them in PEM: after a change of keys, the old one stays to verify
 * what it signed.
 *
 * @throws {Error} for a text without any.
 */
export function auditPublicKeysOf(pem: string): readonly AuditPublicKey[] {
  const expected = 'Ed25519 public keys in PEM';
  const blocks = pem.match(PUBLIC_KEY) ?? [];
  if (blocks.length === 0) throw new Error(`expected ${expected}, found none`);
  return blocks.map((block) => identified(parsed(() => createPublicKey(block), expected)));
}

/** What is signed of a checkpoint. */
export const checkpointText = (
  { sequence, hash, atMs }: AuditPoint,
  keyId: string,
  previous: PreviousCheckpoint | null,
): string => `trueup audit checkpoint ${canonicalJson({ sequence, hash, atMs, keyId, previous })}`;

/** What is signed of a line of the head file. */
export const headText = ({ sequence, hash, atMs }: AuditPoint, keyId: string): string =>
  `trueup audit head ${canonicalJson({ sequence, hash, atMs, keyId })}`;

/** Says what is wrong with a signature; null when it holds. */
export function signatureProblem(
  text: string,
  { keyId, signature }: AuditSignature,
  publicKeys: readonly AuditPublicKey[],
): string | null {
  const known = publicKeys.find((each) => each.keyId === keyId);
  if (!known)
    return `expected a key among ${publicKeys.map((each) => each.keyId).join(', ')}, found ${keyId}`;
  const bytes = Buffer.from(signature, 'base64');
  // Base64 has several spellings of the same bytes; only the one that was written counts.
  if (bytes.toString('base64') !== signature) return `expected a signature in base64, found ${signature}`;
  return verify(null, Buffer.from(text), known.key, bytes) ? null : `it is not what key ${keyId} signed`;
}

function parsed(parse: () => KeyObject, expected: string): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    // What the parser says may repeat a part of the key.
    throw new Error(`expected ${expected}, found something else`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new Error(`expected ${expected}, found a key of type ${key.asymmetricKeyType}`);
}

function identified(key: KeyObject): AuditPublicKey {
  const der = key.export({ type: 'spki', format: 'der' });
  return { keyId: createHash('sha256').update(der).digest('hex').slice(0, KEY_ID_LENGTH), key };
}
