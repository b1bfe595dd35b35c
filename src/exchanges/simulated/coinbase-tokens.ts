import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';

export interface TokenChecker {
  /** Why the request is not authorised, or null. `uri` is "GET host/path" as the token must claim it. */
  refusalOf(authorization: string | undefined, uri: string): string | null;
}

export interface TokenCheckerOptions {
  readonly keyName: string;
  readonly publicKey: KeyObject;
  /** Real time: tokens are dated by the machine's clock, not by a simulated one. */
  readonly machineNow: () => number;
  /** Advanced Trade claims one `uri`, the developer platform a list of `uris`. */
  readonly claim: 'uri' | 'uris';
  /** How far ahead of ours the clock that dated a token may be: 5 s unless told otherwise. */
  readonly clockToleranceSeconds?: number;
}

/** Longest life that the venue grants a token. */
const LIFE_MAX_SECONDS = 120;
/** More than are alive at one time. */
const NONCES_MAX = 10_000;

/** Checks tokens as the venue does: key, signature, time, nonce, and that they were made for this very request. */
export function tokenChecker(options: TokenCheckerOptions): TokenChecker {
  const { clockToleranceSeconds = 5 } = options;
  const algorithm = options.publicKey.asymmetricKeyType === 'ed25519' ? 'EdDSA' : 'ES256';

  const nonces = new Set<string>();

  function isRepeated(nonce: string): boolean {
    if (nonces.has(nonce)) return true;
    nonces.add(nonce);
    for (const oldest of nonces) {
      if (nonces.size <= NONCES_MAX) break;
      nonces.delete(oldest);
    }
    return false;
  }

  function isSigned(signed: string, signature: string): boolean {
    const bytes = Buffer.from(signature, 'base64url');
    return algorithm === 'EdDSA'
      ? verify(null, Buffer.from(signed), options.publicKey, bytes)
      : verify('sha256', Buffer.from(signed), { key: options.publicKey, dsaEncoding: 'ieee-p1363' }, bytes);
  }

  return {
    refusalOf(authorization, uri) {
      const [header, payload, signature, ...more] = (authorization ?? '').replace(/^Bearer /, '').split('.');
      if (!header || !payload || !signature || more.length > 0) return 'there is no token';
      const head = decode(header);
      const claims = decode(payload);
      if (head === null || claims === null) return 'the token is not readable';
      if (head.alg !== algorithm || head.kid !== options.keyName) return 'the key is not known';
      if (typeof head.nonce !== 'string' || head.nonce === '') return 'the token has no nonce';
      if (!isSigned(`${header}.${payload}`, signature)) return 'the signature does not fit';
      if (claims.iss !== 'cdp' || claims.sub !== options.keyName)
        return 'the token is of another issuer or key';
      const nowSeconds = options.machineNow() / 1_000;
      const { nbf, exp } = claims;
      if (typeof nbf !== 'number' || typeof exp !== 'number') return 'the token has no dates';
      if (nbf > nowSeconds + clockToleranceSeconds) return 'the token is not valid yet';
      if (exp < nowSeconds) return 'the token has expired';
      if (exp - nbf > LIFE_MAX_SECONDS) return 'the token lives too long';
      const claimed =
        options.claim === 'uri' ? claims.uri : Array.isArray(claims.uris) ? claims.uris[0] : undefined;
      if (claimed !== uri) return `the token is for ${String(claimed)}, not for ${uri}`;
      return isRepeated(head.nonce) ? 'the token has a nonce that was used before' : null;
    },
  };
}

export interface SimulatedKey {
  readonly credentials: { readonly keyName: string; readonly privateKey: string };
  readonly publicKey: KeyObject;
}

/** A fresh key as the venue would give one out. Random: it belongs in no journal and no output. */
export function createSimulatedKey(keyName = 'organizations/simulated/apiKeys/demo'): SimulatedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  return { credentials: { keyName, privateKey: pem }, publicKey };
}

function decode(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
