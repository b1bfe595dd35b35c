import { assign, fromPromise, sendTo, setup } from 'xstate';
import type { ExplainedRound } from '../src/domain/reconciliation/explain-round.ts';
import {
  judgeRound,
  type RoundVerdict,
  type VenueStanding,
} from '../src/domain/reconciliation/venue-round.ts';
import type { Known, Observation, Snapshot } from '../src/domain/venue/observation.ts';
import type { Activity } from '../src/domain/venue/venue.ts';
import type { ActivityRequest } from '../src/exchanges/exchange.ts';
import { isWorthRetrying, retryDelayMs } from '../src/resilience/retry-delay.ts';
import type { Address } from './address.ts';
import type { PortfolioMessage, VenueObserved } from './messages/portfolio-messages.ts';
import type { ReconciliationMessage } from './messages/reconciliation-messages.ts';
import { announceRetry, type Read, type ReadPorts, readActivity, readVenue } from './reconciliation-reads.ts';

export interface ReconciliationInput extends ReadPorts {
  readonly portfolio: () => Address<PortfolioMessage>;
  /** What the book and the service know of the venue now. */
  readonly readStanding: () => VenueStanding;
  /** Since when fills are asked for; null asks for all. */
  readonly fillsSinceMs: () => number | null;
  /** Finds causes for what a comparison confirmed, with the venue's activity where that could be read. */
  readonly explain: (
    round: ComparedRound,
    activity: Observation<readonly Activity[]>,
    asked: ActivityRequest,
  ) => Promise<ExplainedRound>;
  readonly markets: readonly string[];
  readonly pollIntervalMs: number;
  /** How long the venue gets to settle, by what it has shown so far. */
  readonly quietWindowMs: () => number;
  /** How far back activity is looked for. */
  readonly activityLookBackMs: number;
}

export interface ComparedRound {
  readonly snapshot: Known<Snapshot>;
  readonly verdict: Extract<RoundVerdict, { kind: 'compared' }>;
}

interface ReconciliationContext extends ReconciliationInput {
  readonly read: Read | null;
  readonly verdict: RoundVerdict | null;
  readonly explained: ExplainedRound | null;
  readonly firstForOpening: Known<Snapshot> | null;
  readonly suspect: Known<Snapshot> | null;
  readonly settled: number;
  /** Reads that failed in passing since the last that did not. */
  readonly retried: number;
  /** How long to wait before the next try. */
  readonly retryInMs: number;
  /** Something has been heard of since the venue was last read. */
  readonly hasMoved: boolean;
  /** When the venue was last begun to be read. */
  readonly readBeganAtMs: number;
  /** Who asked and has not been answered. */
  readonly requests: readonly string[];
  /** Those of them who had asked before the venue was last read: what it said is not older than their question. */
  readonly answering: readonly string[];
}

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
    observe: fromPromise<Read, ReconciliationContext>(({ input, signal }) => {
      const { markets, settled } = input;
      return readVenue(input, { fillsSinceMs: input.fillsSinceMs(), read: settled, markets }, signal);
    }),
    explain: fromPromise<ExplainedRound, ReconciliationContext>(async ({ input, signal }) => {
      const round = comparedRound(input);
      const assets = [...new Set(round.verdict.comparison.differences.map(({ asset }) => asset))];
      const sinceMs = round.snapshot.certificate.observedAtMs - input.activityLookBackMs;
      const asked = { sinceMs, assets };
      return input.explain(round, await readActivity(input, asked, signal), asked);
    }),
  },
  actions: {
    judge: assign(({ context }, { read }: { read: Read }) => {
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
        announceRetry(context, 'account', { failure: read.observation, retryInMs });
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

function comparedRound({ read, verdict }: ReconciliationContext): ComparedRound {
  if (read?.observation.state !== 'known' || verdict?.kind !== 'compared') {
    throw new Error('only a certified comparison is explained');
  }
  return { snapshot: read.observation, verdict };
}
