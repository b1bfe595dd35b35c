import { assign, fromPromise, setup } from 'xstate';
import { assert } from '../src/domain/assert.ts';
import type { BookEvent } from '../src/domain/book/book-event.ts';
import {
  applyTransferEvent,
  hasEnded,
  isAtStake,
  lookUpWaitMs,
  maySend,
  type TransferIntent,
} from '../src/domain/transfer/transfer-intent.ts';
import { outcomeOf } from '../src/domain/transfer/transfer-outcome.ts';
import type { Address } from './address.ts';
import type { Announcement, TransferChanged } from './messages/announcements.ts';
import type { PortfolioMessage } from './messages/portfolio-messages.ts';
import type { TransferMessage, TransferRequested } from './messages/transfer-messages.ts';
import {
  type Accepted,
  acceptTransfer,
  performTransfer,
  type TransferPorts,
  tellUntilTold,
} from './perform-transfer.ts';

export interface TransferInput extends Omit<TransferPorts, 'tellBook' | 'tell'> {
  readonly portfolio: () => Address<PortfolioMessage>;
  /** Must not throw. */
  readonly announce: (announcement: Announcement) => void;
  /** Between two looks at a transfer that has not ended; longer while its venue is silent. */
  readonly lookUpIntervalMs: number;
}

interface Pending {
  readonly intent: TransferIntent;
  readonly dueAtMs: number;
  /** How often the book was told of one that has happened. */
  readonly tellings: number;
}

interface TransferContext extends TransferInput {
  /** In order of arrival; none is written down yet. */
  readonly waiting: readonly TransferRequested[];
  /** Transfers that have not ended, and those that the book has not heard of, by their id. */
  readonly pending: ReadonlyMap<string, Pending>;
}

/** More requests than this waiting at once is a bug of whoever asks. */
const WAITING_MAX = 1_000;
/** What the book was told this often and does not have, it refuses: the difference is then explained by the venue's record. */
const TELLINGS_MAX = 5;

/** Moves assets to addresses, one step of one transfer at a time, and looks for each until there is evidence of its end. */
export const transferActor = setup({
  types: {
    input: {} as TransferInput,
    context: {} as TransferContext,
    events: {} as TransferMessage,
  },
  actors: {
    findUnfinished: fromPromise<readonly TransferIntent[], TransferContext>(async ({ input }) => [
      ...(await input.work.findUnderWay()),
      ...(await input.work.findUntold()),
    ]),
    accept: fromPromise<Accepted, TransferContext>(({ input, signal }) =>
      acceptTransfer(firstOf(input), portsOf(input), signal),
    ),
    act: fromPromise<Pending, TransferContext>(({ input, signal }) => act(dueOf(input), input, signal)),
  },
  actions: {
    enqueue: assign(({ context }, { request }: { request: TransferRequested }) => {
      assert(context.waiting.length < WAITING_MAX, `at most ${WAITING_MAX} transfers wait`);
      return { waiting: [...context.waiting, request] };
    }),
    restore: assign(({ context }, { found }: { found: readonly TransferIntent[] }) => ({
      pending: new Map(
        found
          .map((intent) => applyTransferEvent(intent, { type: 'restarted' }))
          .filter((intent) => context.sendsTransfers || isAtStake(intent) || hasEnded(intent))
          .map((intent) => [intent.request.transferId, pendingAt(intent, context.clock.now())]),
      ),
    })),
    dropRequest: assign(({ context }) => ({ waiting: context.waiting.slice(1) })),
    takeUp: assign(({ context }, { accepted }: { accepted: Accepted }) => {
      if (accepted.state === 'refused') return {};
      const intent = standingOf(accepted.intent, context);
      const { transferId } = intent.request;
      if (hasEnded(intent) || context.pending.get(transferId)?.intent === intent) return {};
      const pending = pendingAt(intent, context.clock.now());
      return { pending: new Map(context.pending).set(transferId, pending) };
    }),
    answer: ({ context }, { accepted }: { accepted: Accepted }) => {
      const { requestId, request } = firstOf(context);
      const atMs = context.clock.now();
      if (accepted.state === 'refused') {
        const { reason } = accepted;
        context.announce({ type: 'transferRefused', atMs, requestId, request, reason });
        return;
      }
      context.announce(transferChanged(standingOf(accepted.intent, context), atMs));
    },
    keep: assign(({ context }, { after }: { after: Pending }) => {
      const pending = new Map(context.pending);
      const { intent, tellings } = after;
      if (hasEnded(intent) && tellings >= TELLINGS_MAX) pending.delete(intent.request.transferId);
      else pending.set(intent.request.transferId, after);
      return { pending };
    }),
  },
  guards: {
    hasRequest: ({ context }) => context.waiting.length > 0,
    hasDue: ({ context }) => nextOf(context) !== null && untilDueMs(context) === 0,
    hasPending: ({ context }) => context.pending.size > 0,
  },
  delays: { untilDue: ({ context }) => untilDueMs(context) },
}).createMachine({
  id: 'transfer',
  context: ({ input }) => ({ ...input, waiting: [], pending: new Map() }),
  initial: 'restoring',
  on: {
    'transfer.requested': { actions: { type: 'enqueue', params: ({ event }) => ({ request: event }) } },
  },
  states: {
    restoring: {
      invoke: {
        src: 'findUnfinished',
        input: ({ context }) => context,
        onDone: {
          target: 'choosing',
          actions: { type: 'restore', params: ({ event }) => ({ found: event.output }) },
        },
      },
    },
    choosing: {
      always: [
        { guard: 'hasRequest', target: 'accepting' },
        { guard: 'hasDue', target: 'acting' },
        { guard: 'hasPending', target: 'waiting' },
        { target: 'idle' },
      ],
    },
    accepting: {
      invoke: {
        src: 'accept',
        input: ({ context }) => context,
        onDone: {
          target: 'choosing',
          actions: [
            { type: 'answer', params: ({ event }) => ({ accepted: event.output }) },
            { type: 'takeUp', params: ({ event }) => ({ accepted: event.output }) },
            'dropRequest',
          ],
        },
      },
    },
    acting: {
      invoke: {
        src: 'act',
        input: ({ context }) => context,
        onDone: {
          target: 'choosing',
          actions: { type: 'keep', params: ({ event }) => ({ after: event.output }) },
        },
      },
    },
    waiting: {
      always: { guard: 'hasRequest', target: 'accepting' },
      after: { untilDue: 'choosing' },
    },
    idle: { always: { guard: 'hasRequest', target: 'accepting' } },
  },
});

function firstOf({ waiting: [first] }: TransferContext): TransferRequested {
  assert(first, 'a guard has found a request');
  return first;
}

function dueOf(context: TransferContext): Pending {
  const next = nextOf(context);
  assert(next, 'a guard has found a transfer that is due');
  return next;
}

/** One that goes on here already is known better here than in its row. */
function standingOf(intent: TransferIntent, { pending }: TransferContext): TransferIntent {
  const known = pending.get(intent.request.transferId)?.intent;
  return known !== undefined && !hasEnded(known) ? known : intent;
}

/** The one that is due first; of equals the one that was asked for first. */
const nextOf = ({ pending }: TransferContext): Pending | null =>
  [...pending.values()].reduce<Pending | null>(
    (first, each) => (first === null || each.dueAtMs < first.dueAtMs ? each : first),
    null,
  );

const untilDueMs = (context: TransferContext): number =>
  Math.max(0, (nextOf(context)?.dueAtMs ?? 0) - context.clock.now());

const pendingAt = (intent: TransferIntent, dueAtMs: number): Pending => ({ intent, dueAtMs, tellings: 0 });

async function act(pending: Pending, context: TransferContext, signal: AbortSignal): Promise<Pending> {
  const { clock, lookUpIntervalMs, setAtStake } = context;
  const ports = portsOf(context);
  if (hasEnded(pending.intent)) {
    const isTold = await tellUntilTold(pending.intent, ports);
    const tellings = isTold ? TELLINGS_MAX : pending.tellings + 1;
    if (tellings >= TELLINGS_MAX) setAtStake(pending.intent, false);
    return { ...pending, tellings, dueAtMs: clock.now() + lookUpIntervalMs };
  }
  const intent = await performTransfer(pending.intent, ports, signal);
  return { ...pending, intent, dueAtMs: clock.now() + waitMs(intent, context) };
}

/** At once: what was prepared is sent, what a look-up has not found is sent again, and of what has ended the book is told. */
function waitMs(intent: TransferIntent, { lookUpIntervalMs, sendsTransfers }: TransferContext): number {
  if (hasEnded(intent) || (maySend(intent) && sendsTransfers)) return 0;
  return isAtStake(intent) ? lookUpWaitMs(intent, lookUpIntervalMs) : lookUpIntervalMs;
}

const portsOf = (context: TransferContext): TransferPorts => ({
  ...context,
  tellBook: (event: BookEvent) => context.portfolio().send(event),
  tell: (intent) => context.announce(transferChanged(intent, context.clock.now())),
});

function transferChanged(intent: TransferIntent, atMs: number): TransferChanged {
  const { request, status, prepared, landed, detail } = intent;
  return {
    type: 'transferChanged',
    atMs,
    request,
    status,
    outcome: outcomeOf(intent),
    reference: prepared?.reference ?? null,
    arrives: prepared?.arrives ?? null,
    fee: landed?.fee ?? prepared?.fee ?? null,
    detail,
  };
}
