import { canonicalJson } from '../../src/domain/canonical-json.ts';
import type { Known, Snapshot, UnknownReason } from '../../src/domain/venue/observation.ts';
import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import type { Activity } from '../../src/domain/venue/venue.ts';
import type { Trouble } from '../support/trouble.ts';
import type { AdapterUnderTest, ContractCase, ContractRig, Read } from './contract.ts';
import { READS } from './contract.ts';
import {
  type Outcome,
  settled,
  shown,
  whyActivityIncomplete,
  whyHeld,
  whyIncomplete,
  whyUncertified,
  whyUnfit,
} from './contract-outcome.ts';

const BROKEN: readonly UnknownReason[] = ['malformed', 'incomplete'];
const WRONG: readonly UnknownReason[] = [...BROKEN, 'incoherent', 'suspectSource', 'wrongScope'];

/** What a read may be unknown for, by its trouble. */
const REASONS: Readonly<Record<Exclude<Trouble, 'lostAnswer'>, readonly UnknownReason[]>> = {
  rateLimited: ['rateLimited'],
  rateLimitedFor7s: ['rateLimited'],
  serverError: ['unreachable'],
  refused: ['refused'],
  hang: ['timedOut'],
  reset: ['unreachable'],
  drip: ['timedOut'],
  huge: BROKEN,
  redirect: ['refused', 'unreachable'],
  emptyBody: BROKEN,
  html: BROKEN,
  cutJson: BROKEN,
  numbers: WRONG,
  nulls: WRONG,
  missing: WRONG,
};

/** Long enough for what comes before the trouble, short enough for a suite. */
const ABORT_AFTER_MS = 60;

/** A read that answers by itself says so, or refuses. */
const BY_ITSELF = new Set(['prepared', 'deniedLocally', 'unknown', 'absent']);

export function* readCases(
  under: AdapterUnderTest,
  rig: ContractRig,
  extent: 'all' | 'short',
): Generator<ContractCase> {
  const serials = { next: 1_000 };
  for (const method of READS) {
    if (rig.exchange[method] === undefined) continue;
    yield { name: `${method}, ok`, run: () => readsWell(under, rig, method, serials) };
    if (!under.asks.has(method)) {
      yield { name: `${method}, by itself`, run: () => answersByItself(rig, method, serials) };
      continue;
    }
    for (const trouble of Object.keys(REASONS) as (keyof typeof REASONS)[]) {
      if (!rig.knows(trouble, method)) continue;
      yield { name: `${method}, ${trouble}`, run: () => readsBadly(rig, method, trouble, serials) };
    }
    if (extent === 'all') yield* partialCases(rig, method, serials);
    yield { name: `${method}, aborted before`, run: () => readsAborted(rig, method, serials) };
  }
}

interface Serials {
  next: number;
}

/** Calls a read with what it needs. An order that is looked for was prepared while all was well. */
function callOf(rig: ContractRig, method: Read, order: PreparedOrder | null, serials: Serials) {
  const { exchange } = rig;
  return async (signal: AbortSignal): Promise<unknown> => {
    switch (method) {
      case 'observe':
        return exchange.observe({ fillsSinceMs: null }, signal);
      case 'readActivity':
        return exchange.readActivity({ sinceMs: 0, assets: rig.assets }, signal);
      case 'readMarkets':
        return exchange.readMarkets(rig.markets, signal);
      case 'prepareOrder':
        serials.next += 1;
        return exchange.prepareOrder(rig.instruct(serials.next), signal);
      case 'findOrder':
        return exchange.findOrder(order ?? stray(rig), signal);
      case 'readKeyRights':
        return exchange.readKeyRights?.(signal);
      case 'readTradeKeyRights':
        return exchange.readTradeKeyRights?.(signal);
    }
  };
}

/** For a venue that prepares no orders. */
const stray = (rig: ContractRig): PreparedOrder => ({
  instruction: rig.instruct(1),
  reference: null,
  payload: '{}',
  expiresAtHeight: null,
});

/** An order that was never sent. */
export async function orderFor(rig: ContractRig, serials: Serials): Promise<PreparedOrder | null> {
  rig.meet(null, 'prepareOrder');
  serials.next += 1;
  const prepared = await settled((signal) => rig.exchange.prepareOrder(rig.instruct(serials.next), signal));
  return prepared.state === 'prepared' ? prepared.order : null;
}

async function readsWell(
  under: AdapterUnderTest,
  rig: ContractRig,
  method: Read,
  serials: Serials,
): Promise<string | null> {
  const order = method === 'findOrder' ? await orderFor(rig, serials) : null;
  rig.meet(null, method);
  const outcome = await settled(callOf(rig, method, order, serials));
  if (!under.asks.has(method))
    return BY_ITSELF.has((outcome as Outcome).state ?? '') ? whyUnfit(outcome, rig) : shown(outcome);
  if ((outcome as Outcome).state === 'unknown' || (outcome as Outcome).state === 'deniedLocally')
    return `expected an answer, found ${shown(outcome)}`;
  if (method === 'findOrder') {
    const isAbsent = (outcome as Outcome).state === 'absent';
    return isAbsent ? null : `expected absent, found ${shown(outcome)}`;
  }
  return whyWrong(rig, method, outcome);
}

/** What is wrong with an answer, if it is one. */
function whyWrong(rig: ContractRig, method: Read, outcome: unknown): string | null {
  if (method === 'observe' || method === 'readActivity') {
    const read = outcome as Known<Snapshot>;
    return (
      whyUncertified(read, rig) ??
      (method === 'observe'
        ? whyIncomplete(read, rig)
        : whyActivityIncomplete(outcome as Known<readonly Activity[]>, rig)) ??
      whyUnfit(read, rig)
    );
  }
  if (method === 'readMarkets') {
    const names = (outcome as readonly { readonly market: string }[]).map(({ market }) => market);
    return canonicalJson([...names].sort()) === canonicalJson([...rig.markets].sort())
      ? null
      : shown(outcome);
  }
  return whyUnfit(outcome, rig);
}

async function answersByItself(rig: ContractRig, method: Read, serials: Serials): Promise<string | null> {
  rig.meet('hang', method);
  const outcome = (await settled(callOf(rig, method, null, serials), ABORT_AFTER_MS)) as Outcome;
  const isRefused = outcome.state !== 'unknown' || outcome.reason === 'refused';
  const asked = rig.asked() ?? 0;
  if (asked > 0) return `expected no request, found ${asked}`;
  return BY_ITSELF.has(outcome.state ?? '') && isRefused ? whyUnfit(outcome, rig) : shown(outcome);
}

async function readsBadly(
  rig: ContractRig,
  method: Read,
  trouble: keyof typeof REASONS,
  serials: Serials,
): Promise<string | null> {
  const order = method === 'findOrder' ? await orderFor(rig, serials) : null;
  const heldBefore = rig.held();
  rig.meet(trouble, method);
  const isEndless = trouble === 'hang' || trouble === 'drip';
  const outcome = (await settled(
    callOf(rig, method, order, serials),
    isEndless ? ABORT_AFTER_MS : undefined,
  )) as Outcome;
  const problem = whyNotUnknown(outcome, trouble) ?? whyUnfit(outcome, rig) ?? rig.overran();
  const asked = rig.asked();
  rig.meet(null, method);
  if (asked === 0) return 'expected the trouble to be met, found no request';
  return problem ?? whyHeld(rig, heldBefore);
}

function whyNotUnknown(outcome: Outcome, trouble: keyof typeof REASONS): string | null {
  const reasons = REASONS[trouble];
  const isExpected = outcome.state === 'unknown' && reasons.some((reason) => reason === outcome.reason);
  // Of an order that was never sent nothing is listed, and so no number either.
  if (trouble === 'numbers' && outcome.state === 'absent' && outcome.isProven === false) return null;
  if (!isExpected) return `expected unknown (${reasons.join(', ')}), found ${shown(outcome)}`;
  const leastMs = trouble === 'rateLimitedFor7s' ? 7_000 : trouble === 'rateLimited' ? 1 : 0;
  return (outcome.retryAfterMs ?? 0) >= leastMs
    ? null
    : `expected to wait ${leastMs} ms, found ${outcome.retryAfterMs}`;
}

async function readsAborted(rig: ContractRig, method: Read, serials: Serials): Promise<string | null> {
  const order = method === 'findOrder' ? await orderFor(rig, serials) : null;
  rig.meet(null, method);
  const call = callOf(rig, method, order, serials);
  const outcome = (await settled(() => call(AbortSignal.abort()))) as Outcome;
  const asked = rig.asked() ?? 0;
  if (asked > 0) return `expected no request, found ${asked}`;
  return outcome.state === 'unknown' && outcome.reason === 'timedOut'
    ? null
    : `expected unknown (timedOut), found ${shown(outcome)}`;
}

/** Troubles of one request among those of a read. */
const PARTIAL = [
  'rateLimitedFor7s',
  'serverError',
  'refused',
  'hang',
  'reset',
  'cutJson',
  'nulls',
  'missing',
  'redirect',
] as const;

/** More requests than a read of these venues makes. */
const REQUESTS_MAX = 20;

function* partialCases(rig: ContractRig, method: Read, serials: Serials): Generator<ContractCase> {
  for (const trouble of PARTIAL)
    if (rig.knows(trouble, method) && rig.asked() !== null)
      yield {
        name: `${method}, ${trouble} of one request`,
        run: () => readsPartly(rig, method, trouble, serials),
      };
}

/** Each request of a read in turn meets the trouble: what comes is unknown, or all of it without that request. */
async function readsPartly(
  rig: ContractRig,
  method: Read,
  trouble: (typeof PARTIAL)[number],
  serials: Serials,
): Promise<string | null> {
  const order = method === 'findOrder' ? await orderFor(rig, serials) : null;
  const call = callOf(rig, method, order, serials);
  rig.meet(null, method);
  const whole = await settled(call);
  const requests = Math.min(rig.asked() ?? 0, REQUESTS_MAX);
  for (let only = 1; only <= requests; only += 1) {
    const heldBefore = rig.held();
    rig.meet(trouble, method, only);
    const outcome = await settled(call, trouble === 'hang' ? ABORT_AFTER_MS : undefined);
    const overran = rig.overran();
    rig.meet(null, method);
    const problem =
      whyLess(rig, method, { outcome, whole, trouble }) ?? overran ?? (await whyHeld(rig, heldBefore));
    if (problem !== null) return `request ${only} of ${requests}: ${problem}`;
  }
  return null;
}

function whyLess(
  rig: ContractRig,
  method: Read,
  at: { readonly outcome: unknown; readonly whole: unknown; readonly trouble: (typeof PARTIAL)[number] },
): string | null {
  const { state, reason, isProven } = at.outcome as Outcome;
  if (state === 'unknown') {
    const reasons = [...REASONS[at.trouble], ...WRONG];
    const isExpected = reasons.some((one) => one === reason);
    return isExpected
      ? whyUnfit(at.outcome, rig)
      : `expected ${reasons.join(', ')}, found ${shown(at.outcome)}`;
  }
  if (method === 'findOrder')
    return state === 'absent' && isProven === false ? null : `expected no proof, found ${shown(at.outcome)}`;
  if (method === 'prepareOrder') return state === 'prepared' ? null : shown(at.outcome);
  if (method === 'observe' || method === 'readActivity') {
    const [found, expected] = [at.outcome as Known<object>, at.whole as Known<object>];
    const isSame = canonicalJson(found.value) === canonicalJson(expected.value);
    return isSame
      ? whyWrong(rig, method, found)
      : `expected ${shown(expected.value)}, found ${shown(found.value)}`;
  }
  const isSame = canonicalJson(at.outcome) === canonicalJson(at.whole);
  return isSame ? null : `expected ${shown(at.whole)}, found ${shown(at.outcome)}`;
}
