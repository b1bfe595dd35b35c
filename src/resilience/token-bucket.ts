// A venue's rate limit as a value: who may ask now, and who has to wait.
//
// Written here because bottleneck and p-queue count by the machine's clock and cannot keep a share for a class: a priority
// in a queue says who is next, not what is left for whom.
//
// Invariants, each held by a property test of the same name:
// 1. In any span of time no more is taken than the burst and what flowed in meanwhile.
// 2. Trading never takes what is kept for reconciliation and cancels, and reconciliation never what is kept for cancels.
// 3. Whoever waits as long as it is told, while nobody else takes anything, may then take.

/** What a request is for: the smaller its share of trouble, the deeper it may reach. */
export type RequestClass = 'cancel' | 'reconcile' | 'trade';

export interface BucketSize {
  /** Requests that may go out at once. */
  readonly burst: number;
  readonly perSecond: number;
}

export interface TokenBucket extends BucketSize {
  readonly tokens: number;
  readonly atMs: number;
}

/** The share of the burst that a class leaves to others: 10 % are kept for cancels, and 30 % more for reconciliation. */
const LEFT_FOR_OTHERS: Readonly<Record<RequestClass, number>> = { cancel: 0, reconcile: 0.1, trade: 0.4 };

export function fullBucket(size: BucketSize, atMs: number): TokenBucket {
  return { ...size, tokens: size.burst, atMs };
}

export type Taking =
  | { readonly state: 'taken'; readonly bucket: TokenBucket }
  | { readonly state: 'wait'; readonly bucket: TokenBucket; readonly waitMs: number };

/** Takes one token for a request of a class, or says how long until there is one for it. */
export function takeToken(before: TokenBucket, requestClass: RequestClass, nowMs: number): Taking {
  const bucket = refilled(before, nowMs);
  const needed = 1 + Math.min(LEFT_FOR_OTHERS[requestClass] * bucket.burst, bucket.burst - 1);
  if (bucket.tokens >= needed) return { state: 'taken', bucket: { ...bucket, tokens: bucket.tokens - 1 } };
  const waitMs = Math.ceil(((needed - bucket.tokens) / bucket.perSecond) * 1_000);
  return { state: 'wait', bucket, waitMs: Math.max(1, waitMs) };
}

/** The bucket with what has flowed in until now. */
export function refilled(bucket: TokenBucket, nowMs: number): TokenBucket {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  const tokens = Math.min(bucket.burst, bucket.tokens + (passedMs / 1_000) * bucket.perSecond);
  return { ...bucket, tokens, atMs: Math.max(bucket.atMs, nowMs) };
}
