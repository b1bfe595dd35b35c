import type { Keypair } from '@solana/web3.js';
import { decodeBase58 } from './base58.ts';
import type { Web3 } from './rpc-endpoint.ts';

/**
 * The key pair of base 58 text or of a JSON array of bytes, as wallets and the Solana CLI write it.
 * Throws where it is neither or belongs to another address; what it says never holds a part of the key.
 */
export function readSecretKey(web3: Web3, text: string, owner: string): Keypair {
  const bytes = bytesOf(text.trim());
  if (bytes === null || bytes.length !== 64) {
    throw new Error('credentials.secretKey is expected to be 64 bytes in base 58 or as a JSON array');
  }
  const keypair = keypairOf(web3, bytes);
  if (keypair.publicKey.toBase58() !== owner) {
    throw new Error(
      `credentials.secretKey is expected to be the key of scope.owner ${owner}, it is another's`,
    );
  }
  return keypair;
}

function keypairOf(web3: Web3, bytes: Uint8Array): Keypair {
  try {
    return web3.Keypair.fromSecretKey(bytes);
  } catch {
    throw new Error('credentials.secretKey is expected to end with the public key of its first 32 bytes');
  }
}

function bytesOf(text: string): Uint8Array | null {
  if (!text.startsWith('[')) return decodeBase58(text);
  try {
    const numbers: unknown = JSON.parse(text);
    const isBytes = Array.isArray(numbers) && numbers.every((n) => Number.isInteger(n) && n >= 0 && n <= 255);
    return isBytes ? Uint8Array.from(numbers as number[]) : null;
  } catch {
    return null;
  }
}
