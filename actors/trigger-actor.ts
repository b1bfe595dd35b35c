import { enqueueActions, fromPromise, sendTo, setup } from 'xstate';
import type { VenueId } from '../src/domain/venue/venue.ts';
import type { Address } from './address.ts';
import type { RebalancingMessage, RebalancingRequested } from './messages/rebalancing-messages.ts';
import type { ReconciliationMessage } from './messages/reconciliation-messages.ts';

export interface TriggerInput {
  /** Checks every trigger and commits what it must know at the next check. Null where nothing is asked for. */
  readonly check: () => Promise<RebalancingRequested | null>;
  readonly rebalancing: () => Address<RebalancingMessage>;
  readonly reconciliation: (venue: VenueId) => Address<ReconciliationMessage>;
  /** Venues whose prices are older than a plan would take. */
  readonly venuesWithStalePrices: () => readonly VenueId[];
  readonly now: () => number;
  readonly checkIntervalMs: number;
  /** How long venues are waited for. */
  readonly refreshTimeoutMs: number;
}

/** Between two looks at whether a venue has answered. */
const REFRESH_LOOK_MS = 1_000;

/**
 * Looks at the triggers now and then, and asks for a rebalance where they say so. It holds nothing. Venues whose prices
 * have grown old since their last round are asked for one first: on a schedule that is slower than prices are taken for,
 * a trigger would never be judged. A venue that does not answer in time leaves what needs it undecidable.
 */
export const triggerActor = setup({
  types: { input: {} as TriggerInput, context: {} as TriggerInput },
  actors: {
    check: fromPromise<RebalancingRequested | null, TriggerInput>(({ input }) => input.check()),
  },
  actions: {
    askVenues: enqueueActions(({ context, enqueue }) => {
      for (const venue of context.venuesWithStalePrices())
        enqueue.sendTo(context.reconciliation(venue), {
          type: 'reconciliation.requested',
          requestId: `trigger-prices-${context.now()}`,
        });
    }),
    ask: sendTo(
      ({ context }: { context: TriggerInput }) => context.rebalancing(),
      (_, { request }: { request: RebalancingRequested }) => request,
    ),
  },
  guards: { arePricesFresh: ({ context }) => context.venuesWithStalePrices().length === 0 },
  delays: {
    checkInterval: ({ context }) => context.checkIntervalMs,
    refreshTimeout: ({ context }) => context.refreshTimeoutMs,
    refreshLook: REFRESH_LOOK_MS,
  },
}).createMachine({
  id: 'triggers',
  context: ({ input }) => input,
  initial: 'resting',
  states: {
    resting: { after: { checkInterval: 'refreshing' } },
    refreshing: {
      entry: 'askVenues',
      always: { guard: 'arePricesFresh', target: 'checking' },
      after: { refreshTimeout: 'checking' },
      initial: 'waiting',
      states: { waiting: { after: { refreshLook: { target: 'waiting', reenter: true } } } },
    },
    checking: {
      invoke: {
        src: 'check',
        input: ({ context }) => context,
        onDone: [
          { guard: ({ event }) => event.output === null, target: 'resting' },
          {
            target: 'resting',
            actions: { type: 'ask', params: ({ event }) => ({ request: requestOf(event.output) }) },
          },
        ],
      },
    },
  },
});

function requestOf(request: RebalancingRequested | null): RebalancingRequested {
  if (request === null) throw new Error('a guard has found a request');
  return request;
}
