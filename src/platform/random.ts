import { randomBytes } from 'node:crypto';
import { assert } from '../domain/assert.ts';

/** Randomness as the service sees it. Never used for keys or signatures. */
export interface Random {
  /** At least 0 and less than 1, with 53 random bits. */
  next(): number;
}

/** Draws of the operating system. */
export const systemRandom: Random = {
  next: () => unitOf(randomBytes(4).readUInt32LE(), randomBytes(4).readUInt32LE()),
};

/** The same draws for the same seed, on every machine. The seed is a safe integer that is not negative. */
export function seededRandom(seed: number): Random {
  assert(Number.isSafeInteger(seed) && seed >= 0, `a seed is a whole number between 0 and 2^53 - 1: ${seed}`);
  const next64 = splitMix64(BigInt(seed));
  const [low, high] = [next64(), next64()];
  const next32 = xoshiro128StarStar([wordOf(low, 0n), wordOf(low, 32n), wordOf(high, 0n), wordOf(high, 32n)]);
  return { next: () => unitOf(next32(), next32()) };
}

/**
 * xoshiro128** 1.1 by David Blackman and Sebastiano Vigna (public domain, https://prng.di.unimi.it):
 * 32 bits a draw, period 2^128 - 1, for any state but all zeros.
 */
export function xoshiro128StarStar(state: readonly [number, number, number, number]): () => number {
  assert(
    state.some((word) => word !== 0),
    'a state is not all zeros',
  );
  let [a, b, c, d] = state;
  return () => {
    const drawn = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return drawn;
  };
}

/** SplitMix64 by Sebastiano Vigna (public domain, same place): what its authors seed xoshiro with. */
export function splitMix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  };
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
const wordOf = (value: bigint, shift: bigint): number => Number((value >> shift) & 0xffffffffn) | 0;
/** 27 bits of one word above 26 bits of another, as a fraction of 2^53. */
const unitOf = (high: number, low: number): number =>
  ((high >>> 5) * 67_108_864 + (low >>> 6)) / 9_007_199_254_740_992;
