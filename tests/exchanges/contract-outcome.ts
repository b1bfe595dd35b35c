import { canonicalJson } from '../../src/domain/canonical-json.ts';
import type { Known, Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import type { Activity } from '../../src/domain/venue/venue.ts';
import { snapshotIdOf, verifySnapshot } from '../../src/domain/venue/verify-snapshot.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { ContractRig } from './contract.ts';

/** How long an aborted call may still take, and how long any call may take at most. */
const SETTLES_WITHIN_MS = 1_000;
const CALL_MAX_MS = 10_000;

/** What a call came to, as far as the contract looks at it. */
export interface Outcome {
  readonly state?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly retryAfterMs?: number;
  readonly isProven?: boolean;
}

/** Calls, aborts after a while where told to, and waits no longer than a call may take. */
export async function settled<T>(
  call: (signal: AbortSignal) => Promise<T>,
  abortAfterMs?: number,
): Promise<T> {
  const caller = new AbortController();
  const timers: unknown[] = [];
  const late = new Promise<never>((_resolve, reject) => {
    const withinMs = abortAfterMs === undefined ? CALL_MAX_MS : abortAfterMs + SETTLES_WITHIN_MS;
    timers.push(
      systemClock.setTimeout(() => reject(new Error(`not settled within ${withinMs} ms`)), withinMs),
    );
    if (abortAfterMs !== undefined) timers.push(systemClock.setTimeout(() => caller.abort(), abortAfterMs));
  });
  try {
    return await Promise.race([call(caller.signal), late]);
  } finally {
    for (const timer of timers) systemClock.clearTimeout(timer);
    late.catch(() => {});
  }
}

/** Waits until the venue holds no more requests than before; what is wrong, or null. */
export async function whyHeld(rig: ContractRig, before: number): Promise<string | null> {
  for (let waitedMs = 0; rig.held() > before; waitedMs += 5) {
    if (waitedMs >= SETTLES_WITHIN_MS) return `${rig.held() - before} requests stay open`;
    await new Promise((resolve) => systemClock.setTimeout(resolve, 5));
  }
  return null;
}

/** What is wrong with a certified read by itself; null where nothing is. */
export function whyUncertified(read: Known<unknown>, { exchange }: ContractRig): string | null {
  const { certificate, value } = read;
  const text = { certificate: canonicalJson(certificate), body: canonicalJson(value) };
  const { venue, observedAtMs } = certificate;
  const verdict = verifySnapshot({ ...text, venue, observedAtMs, id: snapshotIdOf(text) });
  if (verdict.verdict === 'altered')
    return `a certificate that does not verify: ${JSON.stringify(verdict.problems)}`;
  if (venue !== exchange.venue || certificate.kind !== exchange.kind) return `a certificate of ${venue}`;
  if (certificate.scope === '') return 'a certificate without a scope';
  return certificate.pages.length === 0 ? 'a certificate without pages' : null;
}

/** What a certified snapshot has more or less than the venue; null where they agree. */
export function whyIncomplete({ value }: Known<Snapshot>, rig: ContractRig): string | null {
  const { totals, fills, openOrders } = rig.truth();
  const read = Object.fromEntries(
    value.balances.filter(({ total }) => total !== '0').map(({ asset, total }) => [asset, total]),
  );
  const [expected, found] = [canonicalJson(totals), canonicalJson(read)];
  if (expected !== found) return `expected ${expected}, found ${found}`;
  if (value.fills.length !== fills) return `expected ${fills} fills, found ${value.fills.length}`;
  const orders = new Set(value.openOrders.map(({ id }) => id)).size;
  return orders === openOrders ? null : `expected ${openOrders} open orders, found ${orders}`;
}

/** What is told of fills, fees and swaps differs from venue to venue; what was moved does not. */
const MOVES: readonly Activity['kind'][] = ['deposit', 'withdrawal', 'transfer', 'funding'];

/** What a certified list of activity has more or less than the venue; null where they agree. */
export function whyActivityIncomplete(
  { value }: Known<readonly Activity[]>,
  rig: ContractRig,
): string | null {
  const moves = value.filter(({ kind }) => MOVES.includes(kind));
  const found = moves.flatMap(({ deltas }) => deltas.map(({ amount }) => amount)).sort();
  const expected = [...rig.truth().moved].sort();
  if (canonicalJson(found) !== canonicalJson(expected))
    return `expected ${expected.length} moves (${shown(expected)}), found ${found.length} (${shown(found)})`;
  const ids = new Set(value.map(({ id }) => id)).size;
  return ids === value.length ? null : `expected each id once, found ${value.length - ids} again`;
}

/** What no outcome may be, whatever the case. */
export function whyUnfit(outcome: unknown, { secrets }: ContractRig): string | null {
  const text = JSON.stringify(outcome);
  if (secrets.some((secret) => text.includes(secret))) return 'a secret in the outcome';
  const { state, detail } = outcome as Outcome;
  const isTold =
    state !== 'unknown' || (typeof detail === 'string' && detail !== '' && detail.length <= 2_000);
  return isTold ? null : `a reason without a readable detail: ${text.slice(0, 200)}`;
}

export const isObservation = (outcome: unknown): outcome is Observation<unknown> =>
  typeof outcome === 'object' &&
  outcome !== null &&
  'state' in outcome &&
  (outcome.state === 'known' || outcome.state === 'unknown');

/** An outcome for a message. */
export const shown = (outcome: unknown): string => JSON.stringify(outcome)?.slice(0, 300) ?? String(outcome);
