import { assign, enqueueActions, fromPromise, sendTo, setup } from 'xstate';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Address } from './address.ts';
import type { Announcement } from './messages/announcements.ts';
import type { PortfolioMessage } from './messages/portfolio-messages.ts';
import type { RebalancingMessage, VenueReported } from './messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from './messages/reconciliation-messages.ts';
import { undelivered } from './undelivered.ts';

/** What messages led to, all of it committed. */
export interface PortfolioEffects {
  readonly announcements: readonly Announcement[];
  /** The report that the work ended with; null where there was none. */
  readonly venueReported: VenueReported | null;
  /** Venues at which something has moved: they are compared once it has had time to show. */
  readonly movedVenues: readonly VenueId[];
  /** Venues that have to be read at once, with what the question is called. */
  readonly requestedRounds: readonly { readonly venue: VenueId; readonly requestId: string }[];
}

export interface PortfolioInput {
  /** Does the work of these messages in one transaction. The book changes here and nowhere else. */
  readonly perform: (messages: readonly PortfolioMessage[]) => Promise<PortfolioEffects>;
  readonly rebalancing: () => Address<RebalancingMessage>;
  readonly reconciliation: (venue: VenueId) => Address<ReconciliationMessage>;
  /** How long until a venue may have been silent for too long: its silence is nobody's message. At least 1. */
  readonly untilSilenceMs: () => number;
  /** How long until the portfolio is valued again. At least 1. */
  readonly untilValuationMs: () => number;
  readonly now: () => number;
  /** Tells whoever embeds the service. Must not throw. */
  readonly announce: (announcement: Announcement) => void;
}

interface PortfolioContext extends PortfolioInput {
  readonly waiting: readonly PortfolioMessage[];
  /** How many of those that wait are being worked on, from the first. */
  readonly underWay: number;
}

/** More messages than this waiting means that the bot reports faster than a disk can keep up with: a bug. */
const WAITING_MAX = 50_000;
/** Messages of the bot that one transaction takes together. */
const BATCH_MAX = 500;

/** The only writer of the book: takes messages in order of arrival and tells of them once they are durable. */
export const portfolioActor = setup({
  types: {
    input: {} as PortfolioInput,
    context: {} as PortfolioContext,
    events: {} as PortfolioMessage,
  },
  actors: {
    perform: fromPromise<
      PortfolioEffects,
      { perform: PortfolioInput['perform']; messages: readonly PortfolioMessage[] }
    >(({ input: { perform, messages } }) => perform(messages)),
  },
  actions: {
    enqueue: assign(({ context }, { message }: { message: PortfolioMessage }) => {
      if (context.waiting.length >= WAITING_MAX) throw new Error(`at most ${WAITING_MAX} messages wait`);
      return { waiting: [...context.waiting, message] };
    }),
    takeBatch: assign(({ context }) => ({ underWay: batchSize(context.waiting) })),
    dropBatch: assign(({ context }) => ({ waiting: context.waiting.slice(context.underWay), underWay: 0 })),
    announceAll: ({ context }, { effects }: { effects: PortfolioEffects }) => {
      for (const announcement of effects.announcements) context.announce(announcement);
    },
    announceLost: ({ context }) => {
      for (const message of context.waiting)
        context.announce(undelivered(message, 'portfolio', context.now()));
    },
    crash: (_, { error }: { error: unknown }) => {
      throw error;
    },
    tellRebalancing: sendTo(
      ({ context }) => context.rebalancing(),
      (_, { report }: { report: VenueReported }) => report,
    ),
    tellReconciliation: enqueueActions(({ context, enqueue }, { effects }: { effects: PortfolioEffects }) => {
      for (const venue of effects.movedVenues)
        enqueue.sendTo(context.reconciliation(venue), { type: 'reconciliation.accountMoved' });
      for (const { venue, requestId } of effects.requestedRounds)
        enqueue.sendTo(context.reconciliation(venue), { type: 'reconciliation.requested', requestId });
    }),
  },
  delays: {
    untilSilence: ({ context }) => context.untilSilenceMs(),
    untilValuation: ({ context }) => context.untilValuationMs(),
  },
}).createMachine({
  id: 'portfolio',
  context: ({ input }) => ({ ...input, waiting: [], underWay: 0 }),
  type: 'parallel',
  on: {
    'portfolio.*': { actions: { type: 'enqueue', params: ({ event }) => ({ message: event }) } },
  },
  states: {
    watching: {
      initial: 'looking',
      states: {
        looking: {
          after: {
            untilSilence: {
              target: 'looking',
              reenter: true,
              actions: { type: 'enqueue', params: { message: { type: 'portfolio.gatesDue' } } },
            },
          },
        },
      },
    },
    valuing: {
      initial: 'waiting',
      states: {
        waiting: {
          after: {
            untilValuation: {
              target: 'waiting',
              reenter: true,
              actions: { type: 'enqueue', params: { message: { type: 'portfolio.valuationDue' } } },
            },
          },
        },
      },
    },
    writing: {
      initial: 'resting',
      states: {
        resting: { always: { guard: ({ context }) => context.waiting.length > 0, target: 'working' } },
        working: {
          entry: 'takeBatch',
          invoke: {
            src: 'perform',
            input: ({ context }) => ({
              perform: context.perform,
              messages: context.waiting.slice(0, context.underWay),
            }),
            onDone: [
              {
                guard: ({ event }) => event.output.venueReported !== null,
                target: 'resting',
                actions: [
                  'dropBatch',
                  { type: 'announceAll', params: ({ event }) => ({ effects: event.output }) },
                  { type: 'tellRebalancing', params: ({ event }) => ({ report: reportOf(event.output) }) },
                ],
              },
              {
                target: 'resting',
                actions: [
                  'dropBatch',
                  { type: 'announceAll', params: ({ event }) => ({ effects: event.output }) },
                  { type: 'tellReconciliation', params: ({ event }) => ({ effects: event.output }) },
                ],
              },
            ],
            // Nothing of the batch is in the book, and what waits behind it dies with this actor: say so, then crash.
            onError: {
              actions: ['announceLost', { type: 'crash', params: ({ event }) => ({ error: event.error }) }],
            },
          },
        },
      },
    },
  },
});

/** Messages of the bot go together; everything else is worked on alone. */
function batchSize(waiting: readonly PortfolioMessage[]): number {
  const alone = waiting.findIndex((message) => isWorkedOnAlone(message));
  if (alone === 0) return 1;
  return Math.min(alone === -1 ? waiting.length : alone, BATCH_MAX);
}

const isWorkedOnAlone = ({ type }: PortfolioMessage): boolean =>
  type === 'portfolio.venueObserved' ||
  type === 'portfolio.decisionMade' ||
  type === 'portfolio.gatesDue' ||
  type === 'portfolio.valuationDue' ||
  type === 'portfolio.streamChanged';

function reportOf({ venueReported }: PortfolioEffects): VenueReported {
  if (venueReported === null) throw new Error('a guard has found a report');
  return venueReported;
}
