import { generateKeyPairSync } from 'node:crypto';
import type { SimulatedKey } from '../../src/exchanges/simulated/coinbase-tokens.ts';

/** A fresh Ed25519 key in the form that Coinbase gives it out: base64 of seed and public key. */
export function createEd25519Key(keyName = 'organizations/simulated/apiKeys/ed25519'): SimulatedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const bytes = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
  return { credentials: { keyName, privateKey: bytes.toString('base64') }, publicKey };
}
