import { assign, fromPromise, sendTo, setup } from 'xstate';
import type { ExplainedRound } from '../src/domain/reconciliation/explain-round.ts';
import { judgeRound } from '../src/domain/reconciliation/venue-round.ts';
import type { Unknown } from '../src/domain/venue/observation.ts';
import { withDeadline } from '../src/platform/deadline.ts';
import { isWorthRetrying, retryDelayMs } from '../src/resilience/retry-delay.ts';
import { type RetryPorts, retryRead } from '../src/resilience/retry-read.ts';
import type { EndpointClass, ReadRetried } from './messages/announcements.ts';
import type { VenueObserved } from './messages/portfolio-messages.ts';
import type { ReconciliationMessage } from './messages/reconciliation-messages.ts';
import type {
  ComparedRound,
  ReconciliationContext,
  ReconciliationInput,
  VenueRead,
} from './reconciliation-context.ts';

/** A venue in trouble that says "at once" is not asked faster than this, and one that says "next year" not later. */
const PATIENCE_MIN_MS = 1_000;
const PATIENCE_MAX_MS = 600_000;

/** Compares one venue with the book, again and again, and tells the portfolio what it saw. Holds no truth of its own. */
export const reconciliationActor = setup({
  types: {
    input: {} as ReconciliationInput,
    context: {} as ReconciliationContext,
    events: {} as ReconciliationMessage,
  },
  actors: {
    observe: fromPromise<VenueRead, ReconciliationContext>(async ({ input, signal }) => {
      const { exchange, clock, timeoutMs, markets } = input;
      const observation = await withDeadline({ clock, timeoutMs, signal }, (deadline) =>
        exchange.observe({ fillsSinceMs: input.fillsSinceMs(), read: input.settled }, deadline),
      );
      if (observation.state === 'unknown' || markets.length === 0) return { observation, markets: null };
      const prices = await withDeadline({ clock, timeoutMs, signal }, (deadline) =>
        retryRead(retriesOf(input, 'markets'), deadline, () => exchange.readMarkets(markets, deadline)),
      );
      return { observation, markets: 'state' in prices ? null : prices };
    }),
    explain: fromPromise<ExplainedRound, ReconciliationContext>(async ({ input, signal }) => {
      const round = comparedRound(input);
      const { exchange, clock, timeoutMs, activityLookBackMs } = input;
      const assets = [...new Set(round.verdict.comparison.differences.map(({ asset }) => asset))];
      const sinceMs = round.snapshot.certificate.observedAtMs - activityLookBackMs;
      const asked = { sinceMs, assets };
      const activity = await withDeadline({ clock, timeoutMs, signal }, (deadline) =>
        retryRead(retriesOf(input, 'activity'), deadline, () => exchange.readActivity(asked, deadline)),
      );
      return input.explain(round, activity, asked);
    }),
  },
  actions: {
    judge: assign(({ context }, { read }: { read: VenueRead }) => {
      const verdict = judgeRound({
        observation: read.observation,
        standing: context.readStanding(),
        firstForOpening: context.firstForOpening,
        suspect: context.suspect,
        settled: context.settled,
      });
      return {
        read,
        verdict,
        firstForOpening: verdict.kind === 'opening' ? verdict.first : null,
        suspect: verdict.kind === 'distrusted' ? verdict.suspect : null,
      };
    }),
    keepExplained: assign((_, { explained }: { explained: ExplainedRound }) => ({ explained })),
    countSettling: assign(({ context }) => ({ settled: context.settled + 1 })),
    planRetry: assign(({ context: { read, retried, random } }) => {
      const askedMs = read?.observation.state === 'unknown' ? read.observation.retryAfterMs : undefined;
      return { retried: retried + 1, retryInMs: retryDelayMs(retried + 1, random(), askedMs) };
    }),
    tellRetry: ({ context }) => {
      const { read, retryInMs } = context;
      if (read?.observation.state === 'unknown')
        context.announce(retriedOf(context, 'account', read.observation, retryInMs));
    },
    forgetRetries: assign({ retried: 0 }),
    beginRound: assign({
      read: null,
      verdict: null,
      explained: null,
      firstForOpening: null,
      suspect: null,
      settled: 0,
      retried: 0,
    }),
    beginRead: assign(({ context }) => ({
      answering: context.requests,
      hasMoved: false,
      readBeganAtMs: context.clock.now(),
    })),
    noteMoved: assign({ hasMoved: true }),
    remember: assign(({ context }, { requestId }: { requestId: string }) => ({
      requests: [...context.requests, requestId],
    })),
    dropAnswered: assign(({ context }) => ({
      requests: context.requests.filter((id) => !context.answering.includes(id)),
      answering: [],
    })),
    report: sendTo(
      ({ context }) => context.portfolio(),
      ({ context }, { isRoundOver }: { isRoundOver: boolean }): VenueObserved => {
        const { read, verdict, readBeganAtMs } = context;
        if (!read || !verdict) throw new Error('a round is reported after it was judged');
        return {
          type: 'portfolio.venueObserved',
          venue: context.exchange.venue,
          atMs: context.clock.now(),
          readBeganAtMs,
          askedBefore: context.answering,
          observation: read.observation,
          markets: read.markets,
          verdict,
          explained: context.explained,
          isRoundOver,
          answers: isRoundOver ? context.answering : [],
        };
      },
    ),
  },
  guards: {
    mayRetry: ({ context: { read, retried, retryCount } }) =>
      retried < retryCount && read?.observation.state === 'unknown' && isWorthRetrying(read.observation),
    mustSettle: ({ context }) => context.verdict?.next === 'settle',
    mustExplain: ({ context }) => context.verdict?.next === 'explain',
    isRequested: ({ context }) => context.requests.length > 0,
    /** A venue that asks for patience gets it, whatever the book hears. */
    maySettle: ({ context: { hasMoved, read } }) =>
      hasMoved && (read?.observation.state !== 'unknown' || read.observation.retryAfterMs === undefined),
  },
  delays: {
    backoff: ({ context }) => context.retryInMs,
    quietWindow: ({ context }) => context.quietWindowMs(),
    /** A venue that asks for patience gets it, within reason. */
    untilNextRound: ({ context: { read, pollIntervalMs } }) => {
      const retryAfterMs = read?.observation.state === 'unknown' ? read.observation.retryAfterMs : undefined;
      if (retryAfterMs === undefined) return pollIntervalMs;
      return Math.min(Math.max(retryAfterMs, PATIENCE_MIN_MS), Math.max(pollIntervalMs, PATIENCE_MAX_MS));
    },
  },
}).createMachine({
  id: 'reconciliation',
  context: ({ input }) => ({
    ...input,
    read: null,
    verdict: null,
    explained: null,
    firstForOpening: null,
    suspect: null,
    settled: 0,
    retried: 0,
    retryInMs: 0,
    hasMoved: false,
    readBeganAtMs: 0,
    requests: [],
    answering: [],
  }),
  initial: 'observing',
  on: {
    'reconciliation.requested': {
      actions: { type: 'remember', params: ({ event }) => ({ requestId: event.requestId }) },
    },
    'reconciliation.accountMoved': { actions: 'noteMoved' },
  },
  states: {
    observing: {
      entry: 'beginRead',
      invoke: {
        src: 'observe',
        input: ({ context }) => context,
        onDone: {
          target: 'judged',
          actions: { type: 'judge', params: ({ event }) => ({ read: event.output }) },
        },
      },
    },
    judged: {
      always: [
        { guard: 'mayRetry', target: 'backingOff' },
        { guard: 'mustSettle', target: 'settling' },
        { guard: 'mustExplain', target: 'explaining' },
        { target: 'reported' },
      ],
    },
    backingOff: {
      entry: ['planRetry', 'tellRetry'],
      after: { backoff: 'observing' },
    },
    settling: {
      entry: [{ type: 'report', params: { isRoundOver: false } }, 'countSettling', 'forgetRetries'],
      after: { quietWindow: 'observing' },
    },
    explaining: {
      invoke: {
        src: 'explain',
        input: ({ context }) => context,
        onDone: {
          target: 'reported',
          actions: { type: 'keepExplained', params: ({ event }) => ({ explained: event.output }) },
        },
      },
    },
    reported: {
      entry: [{ type: 'report', params: { isRoundOver: true } }, 'dropAnswered'],
      always: [{ guard: 'isRequested', target: 'observing', actions: 'beginRound' }, { target: 'waiting' }],
    },
    waiting: {
      initial: 'resting',
      // The schedule goes on whatever the book hears meanwhile.
      after: { untilNextRound: { target: 'observing', actions: 'beginRound' } },
      on: {
        'reconciliation.requested': {
          target: 'observing',
          actions: [
            { type: 'remember', params: ({ event }) => ({ requestId: event.requestId }) },
            'beginRound',
          ],
        },
      },
      states: {
        resting: { always: { guard: 'maySettle', target: 'lettingSettle' } },
        // What has moved is compared once the venue has had time to show it, and all that comes until then with it.
        lettingSettle: {
          after: { quietWindow: { target: '#reconciliation.observing', actions: 'beginRound' } },
        },
      },
    },
  },
});

const retriesOf = (input: ReconciliationInput, endpointClass: EndpointClass): RetryPorts => ({
  clock: input.clock,
  random: input.random,
  retryCount: input.retryCount,
  onRetry: (failure, retryInMs) => input.announce(retriedOf(input, endpointClass, failure, retryInMs)),
});

function retriedOf(
  { clock, exchange }: ReconciliationInput,
  endpointClass: EndpointClass,
  { reason }: Unknown,
  retryInMs: number,
): ReadRetried {
  return { type: 'readRetried', atMs: clock.now(), venue: exchange.venue, endpointClass, reason, retryInMs };
}

function comparedRound({ read, verdict }: ReconciliationContext): ComparedRound {
  if (read?.observation.state !== 'known' || verdict?.kind !== 'compared') {
    throw new Error('only a certified comparison is explained');
  }
  return { snapshot: read.observation, verdict };
}
