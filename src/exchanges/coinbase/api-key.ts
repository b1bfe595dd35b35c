import { createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface CoinbaseCredentials {
  readonly keyName: string;
  /** PEM (SEC1 or PKCS8; "\n" may be written out), or base64 of an Ed25519 seed and public key. */
  readonly privateKey: string;
}

export interface ApiKey {
  readonly name: string;
  readonly algorithm: 'ES256' | 'EdDSA';
  readonly key: KeyObject;
}

/** The longest life of a token that Coinbase accepts. */
export const TOKEN_LIFE_MAX_MS = 120_000;

/** Reads a key of either kind that Coinbase gives out. Throws for anything else; the message never holds key material. */
export function openApiKey(credentials: CoinbaseCredentials): ApiKey {
  if (credentials.keyName === '')
    throw new Error('credentials.keyName is expected to be the name of an API key, found an empty text');
  const key = readPrivateKey(credentials.privateKey);
  if (key?.asymmetricKeyType === 'ed25519') return { name: credentials.keyName, algorithm: 'EdDSA', key };
  const isP256 = key?.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (isP256) return { name: credentials.keyName, algorithm: 'ES256', key };
  throw new Error(
    'credentials.privateKey is expected to be a PEM of a P-256 or Ed25519 key, or base64 of 64 bytes (Ed25519 seed and public key); found neither',
  );
}

/**
 * The bearer token of one request; without a `uri`, of one message to a stream.
 *
 * `nowMs` is the machine's time, which the venue checks, not the service's clock. Tokens differ by nonce on every call.
 */
export function signToken(apiKey: ApiKey, request: { uri?: string; nowMs: number; lifeMs: number }): string {
  const issuedAtSeconds = Math.floor(request.nowMs / 1_000);
  const header = {
    alg: apiKey.algorithm,
    kid: apiKey.name,
    nonce: randomBytes(16).toString('hex'),
    typ: 'JWT',
  };
  const claims = {
    iss: 'cdp',
    sub: apiKey.name,
    nbf: issuedAtSeconds,
    exp: issuedAtSeconds + Math.floor(request.lifeMs / 1_000),
    ...(request.uri !== undefined && { uri: request.uri }),
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature =
    apiKey.algorithm === 'EdDSA'
      ? sign(null, Buffer.from(signed), apiKey.key)
      : sign('sha256', Buffer.from(signed), { key: apiKey.key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function readPrivateKey(text: string): KeyObject | null {
  const unescaped = text.trim().replaceAll('\\n', '\n');
  try {
    if (unescaped.startsWith('-----BEGIN')) return createPrivateKey(unescaped);
    const bytes = Buffer.from(unescaped, 'base64');
    if (bytes.length !== 64) return null;
    const jwk = {
      kty: 'OKP',
      crv: 'Ed25519',
      d: bytes.subarray(0, 32).toString('base64url'),
      x: bytes.subarray(32).toString('base64url'),
    };
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    // The reason of node:crypto is dropped on purpose: some of its messages quote the input.
    return null;
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
