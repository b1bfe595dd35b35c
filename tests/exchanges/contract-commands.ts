import type { PreparedOrder } from '../../src/domain/venue/order.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Trouble } from '../support/trouble.ts';
import type { AdapterUnderTest, Command, ContractCase, ContractRig } from './contract.ts';
import { COMMANDS } from './contract.ts';
import { type Outcome, settled, shown, whyHeld, whyUnfit } from './contract-outcome.ts';
import { orderFor } from './contract-reads.ts';

/** States that a command may come to. Without a readable answer nobody knows. */
const UNKNOWN_ONLY: readonly string[] = ['outcomeUnknown'];
const REFUSED: readonly string[] = ['rejected', 'outcomeUnknown'];

const STATES: Readonly<Record<Trouble, readonly string[]>> = {
  rateLimited: REFUSED,
  rateLimitedFor7s: REFUSED,
  serverError: UNKNOWN_ONLY,
  refused: REFUSED,
  hang: UNKNOWN_ONLY,
  reset: UNKNOWN_ONLY,
  drip: UNKNOWN_ONLY,
  huge: UNKNOWN_ONLY,
  redirect: REFUSED,
  emptyBody: UNKNOWN_ONLY,
  html: UNKNOWN_ONLY,
  cutJson: UNKNOWN_ONLY,
  // Where no decimal text is read, such an answer is the same as ever.
  numbers: ['accepted', 'requested', 'outcomeUnknown'],
  nulls: UNKNOWN_ONLY,
  missing: UNKNOWN_ONLY,
  lostAnswer: UNKNOWN_ONLY,
};

/** The venue has taken what it was asked for, and only its answer is not readable. */
const TAKEN = new Set<Trouble>(['cutJson', 'numbers', 'nulls', 'missing', 'lostAnswer']);

const ABORT_AFTER_MS = 60;
const MET_WITHIN_MS = 5_000;
const DONE: Readonly<Record<Command, string>> = { submitOrder: 'accepted', cancelOrder: 'requested' };
const DENIED: Readonly<Record<Command, string>> = { submitOrder: 'deniedLocally', cancelOrder: 'rejected' };

export function* commandCases(under: AdapterUnderTest, rig: ContractRig): Generator<ContractCase> {
  const serials = { next: 100_000 };
  const order = () => orderFor(rig, serials);
  for (const method of COMMANDS) {
    if (!under.asks.has(method)) {
      yield { name: `${method}, by itself`, run: async () => deniesByItself(rig, method, await order()) };
      continue;
    }
    yield { name: `${method}, ok`, run: async () => doesWell(rig, method, await order()) };
    for (const trouble of Object.keys(STATES) as (keyof typeof STATES)[]) {
      if (!rig.knows(trouble, method)) continue;
      const run = async () => doesBadly(under, rig, { method, trouble, order: await order() });
      yield { name: `${method}, ${trouble}`, run };
    }
    yield { name: `${method}, aborted before`, run: async () => doesAborted(rig, method, await order()) };
  }
}

/** A command on an order; a cancel is of one that the venue has taken. */
async function commandOn(
  rig: ContractRig,
  method: Command,
  order: PreparedOrder | null,
): Promise<(signal: AbortSignal) => Promise<Outcome>> {
  if (order === null) throw new Error('an adapter that takes commands prepares orders');
  if (method === 'submitOrder') return (signal: AbortSignal) => rig.exchange.submitOrder(order, signal);
  rig.meet(null, 'submitOrder');
  const accepted = await settled((signal) => rig.exchange.submitOrder(order, signal));
  if (accepted.state !== 'accepted') throw new Error(`expected an order to cancel, found ${shown(accepted)}`);
  const id = accepted.venueOrderId ?? '';
  return (signal: AbortSignal) => rig.exchange.cancelOrder(order, id, signal);
}

async function deniesByItself(
  rig: ContractRig,
  method: Command,
  order: PreparedOrder | null,
): Promise<string | null> {
  const { exchange } = rig;
  const any = order ?? {
    instruction: rig.instruct(1),
    reference: null,
    payload: '{}',
    expiresAtHeight: null,
  };
  rig.meet('hang', method);
  const outcome: Outcome = await settled(
    (signal): Promise<Outcome> =>
      method === 'submitOrder' ? exchange.submitOrder(any, signal) : exchange.cancelOrder(any, 'id', signal),
    ABORT_AFTER_MS,
  );
  const asked = rig.asked() ?? 0;
  if (asked > 0) return `expected no request, found ${asked}`;
  return outcome.state === DENIED[method] ? null : `expected ${DENIED[method]}, found ${shown(outcome)}`;
}

async function doesWell(
  rig: ContractRig,
  method: Command,
  order: PreparedOrder | null,
): Promise<string | null> {
  const command = await commandOn(rig, method, order);
  rig.meet(null, method);
  const outcome: Outcome = await settled(command);
  if (outcome.state !== DONE[method]) return `expected ${DONE[method]}, found ${shown(outcome)}`;
  return whyUnfit(outcome, rig) ?? whyNotOnce(rig, order, 1);
}

async function doesBadly(
  under: AdapterUnderTest,
  rig: ContractRig,
  at: {
    readonly method: Command;
    readonly trouble: keyof typeof STATES;
    readonly order: PreparedOrder | null;
  },
): Promise<string | null> {
  const { method, trouble, order } = at;
  const command = await commandOn(rig, method, order);
  const heldBefore = rig.held();
  rig.meet(trouble, method);
  const isEndless = trouble === 'hang' || trouble === 'drip';
  const outcome: Outcome = isEndless ? await abortedOnceMet(rig, command) : await settled(command);
  const [asked, overran] = [rig.asked(), rig.overran()];
  rig.meet(null, method);
  if (asked === 0) return 'expected the trouble to be met, found no request';
  const isOfLimit = trouble === 'rateLimited' || trouble === 'rateLimitedFor7s';
  const states = isOfLimit && method === 'submitOrder' ? [under.rateLimitedOrder] : STATES[trouble];
  if (!states.includes(outcome.state ?? ''))
    return `expected ${states.join(' or ')}, found ${shown(outcome)}`;
  const problem = whyUnfit(outcome, rig) ?? overran ?? (await whyHeld(rig, heldBefore));
  if (problem !== null || method === 'cancelOrder') return problem;
  return (await whyNotOnce(rig, order, TAKEN.has(trouble) ? 1 : 0)) ?? whyNotFound(rig, order, trouble);
}

/** Aborts a while after the trouble was met: what comes before it, such as signing, takes as long as it takes. */
async function abortedOnceMet(
  rig: ContractRig,
  command: (signal: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const caller = new AbortController();
  const outcome = command(caller.signal);
  for (let waitedMs = 0; rig.asked() === 0 && waitedMs < MET_WITHIN_MS; waitedMs += 5)
    await new Promise((resolve) => systemClock.setTimeout(resolve, 5));
  return settled((signal) => {
    signal.addEventListener('abort', () => caller.abort(), { once: true });
    return outcome;
  }, ABORT_AFTER_MS);
}

/** The same bytes again make no second order. */
async function whyNotOnce(
  rig: ContractRig,
  order: PreparedOrder | null,
  expected: number,
): Promise<string | null> {
  if (order === null) return null;
  const taken = await rig.taken(order);
  if (taken !== expected) return `expected ${expected} orders at the venue, found ${taken}`;
  await settled((signal) => rig.exchange.submitOrder(order, signal));
  const after = await rig.taken(order);
  return after <= 1 ? null : `sent twice, the venue has ${after} orders`;
}

/** What was taken is never proven absent. */
async function whyNotFound(
  rig: ContractRig,
  order: PreparedOrder | null,
  trouble: Trouble,
): Promise<string | null> {
  if (order === null || !TAKEN.has(trouble)) return null;
  rig.meet(null, 'findOrder');
  const lookup = await settled((signal) => rig.exchange.findOrder(order, signal));
  return lookup.state === 'absent' && lookup.isProven
    ? `proven absent, though taken: ${shown(lookup)}`
    : null;
}

async function doesAborted(
  rig: ContractRig,
  method: Command,
  order: PreparedOrder | null,
): Promise<string | null> {
  const command = await commandOn(rig, method, order);
  rig.meet(null, method);
  const outcome: Outcome = await settled(() => command(AbortSignal.abort()));
  const asked = rig.asked() ?? 0;
  if (asked > 0) return `expected no request, found ${asked}`;
  const states = [DENIED[method], 'outcomeUnknown'];
  if (!states.includes(outcome.state ?? ''))
    return `expected ${states.join(' or ')}, found ${shown(outcome)}`;
  const isSent = method === 'submitOrder' && order !== null && (await rig.taken(order)) > 0;
  return isSent ? 'sent, though aborted before' : null;
}
