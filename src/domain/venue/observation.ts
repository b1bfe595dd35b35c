// Known or unknown: what a venue says, with the proof that it said all of it, or why we do not know.
//
// Invariants:
// 1. A `Known` exists only with a certificate, and a certificate only of a complete and coherent read.
// 2. Nothing turns an `Unknown` into zero, into empty or into flat.
// 3. A certificate names the digest of what it vouches for: neither can be changed without the other.

import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import type { HoldingFact } from './holding-fact.ts';
import type { Balance, Fill, OpenOrder, Position, VenueId, VenueKind } from './venue.ts';

export type UnknownReason =
  | 'unreachable'
  | 'timedOut'
  | 'rateLimited'
  | 'refused'
  | 'malformed'
  | 'incomplete'
  | 'incoherent'
  | 'stale'
  | 'wrongScope'
  | 'suspectSource';

export interface Unknown {
  readonly state: 'unknown';
  readonly reason: UnknownReason;
  /** What was expected and what was found, without secrets. */
  readonly detail: string;
  /** Not to be asked again before: what the venue asked us to wait, or how long it is given to recover. */
  readonly retryAfterMs?: number;
}

export interface Known<T> {
  readonly state: 'known';
  readonly value: T;
  readonly certificate: Certificate;
}

export type Observation<T> = Known<T> | Unknown;

/** One page of an answer as it came: what a certificate proves the snapshot with. */
export interface PageProof {
  /** Method and path without host and without secrets, such as "GET /v4/orders". */
  readonly endpoint: string;
  readonly rows: number;
  /** SHA-256 of the body's bytes, in hex. */
  readonly sha256: string;
}

/** Where a venue's own record stood: opaque, equal exactly when nothing happened in between. */
export interface Watermark {
  readonly activity: string;
  /** Block height or slot where the venue has one. */
  readonly height: number | null;
}

declare const certified: unique symbol;

/** The proof that a read is complete, coherent and of the right account. Made by `certify` alone. */
export interface Certificate {
  readonly [certified]: true;
  readonly venue: VenueId;
  readonly kind: VenueKind;
  /** Fingerprint of the account scope, such as "dydx1…/0,1" or a portfolio's id; never a credential. */
  readonly scope: string;
  readonly complete: true;
  readonly coherent: true;
  readonly observedAtMs: number;
  /** The venue's clock minus ours; null where the venue reports no time. */
  readonly clockSkewMs: number | null;
  readonly watermarkBefore: Watermark;
  readonly watermarkAfter: Watermark;
  readonly pages: readonly PageProof[];
  /** The endpoints' origins that answered, such as "https://api.coinbase.com". */
  readonly sources: readonly string[];
  /** SHA-256 of the canonical JSON of what it vouches for, in hex. */
  readonly contentSha256: string;
}

/** Holdings at one venue, read together. Sorted by asset, market or id, so that equal states are equal text. */
export interface Snapshot {
  readonly balances: readonly Balance[];
  readonly positions: readonly Position[];
  readonly openOrders: readonly OpenOrder[];
  /** Fills at or after the time that was asked for; a chain has none, its swaps are activity. */
  readonly fills: readonly Fill[];
  /** Payments that are owed but not settled, such as funding: in no balance, but on top of them. Compared apart. */
  readonly accrued: readonly { readonly asset: string; readonly amount: string }[];
  /** What a venue says of the balances beside their amounts; only where it says such things. Never compared. */
  readonly facts?: readonly HoldingFact[];
}

/** What an adapter collected, before anyone vouches for it. */
export interface Evidence {
  readonly venue: VenueId;
  readonly kind: VenueKind;
  readonly scope: string;
  /** Every list was followed to the venue's own end marker. */
  readonly complete: boolean;
  readonly observedAtMs: number;
  readonly clockSkewMs: number | null;
  readonly watermarkBefore: Watermark;
  readonly watermarkAfter: Watermark;
  readonly pages: readonly PageProof[];
  readonly sources: readonly string[];
}

/** A venue's clock may differ from ours by this much before nothing it says about time is believed. */
export const CLOCK_SKEW_MAX_MS = 2_000;

/** Vouches for a value, or says why not. The only place where a `Known` is made. */
export function certify<T>(value: T, evidence: Evidence): Observation<T> {
  if (!evidence.complete) return unknown('incomplete', 'the venue gave no end marker for every list');
  if (evidence.watermarkBefore.activity !== evidence.watermarkAfter.activity) {
    return unknown(
      'incoherent',
      `activity moved from ${evidence.watermarkBefore.activity} to ${evidence.watermarkAfter.activity} while reading`,
    );
  }
  const skewMs = evidence.clockSkewMs;
  if (skewMs !== null && Math.abs(skewMs) > CLOCK_SKEW_MAX_MS) {
    return unknown(
      'stale',
      `the venue's clock differs from ours by ${skewMs} ms, at most ${CLOCK_SKEW_MAX_MS} ms is accepted`,
    );
  }
  const { complete: _complete, ...rest } = evidence;
  const contentSha256 = sha256Hex(canonicalJson(value));
  const certificate = { ...rest, complete: true, coherent: true, contentSha256 } as unknown as Certificate;
  return { state: 'known', value, certificate };
}

export function unknown(reason: UnknownReason, detail: string, retryAfterMs?: number): Unknown {
  return retryAfterMs === undefined
    ? { state: 'unknown', reason, detail }
    : { state: 'unknown', reason, detail, retryAfterMs };
}
