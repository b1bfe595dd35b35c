import { fromPromise, sendTo, setup } from 'xstate';
import type { Address } from './address.ts';
import type { RebalancingMessage, RebalancingRequested } from './messages/rebalancing-messages.ts';

export interface TriggerInput {
  /** Checks every trigger and commits what it must know at the next check. Null where nothing is asked for. */
  readonly check: () => Promise<RebalancingRequested | null>;
  readonly rebalancing: () => Address<RebalancingMessage>;
  readonly checkIntervalMs: number;
}

/** Looks at the triggers now and then, and asks for a rebalance where they say so. It holds nothing. */
export const triggerActor = setup({
  types: { input: {} as TriggerInput, context: {} as TriggerInput },
  actors: {
    check: fromPromise<RebalancingRequested | null, TriggerInput>(({ input }) => input.check()),
  },
  actions: {
    ask: sendTo(
      ({ context }: { context: TriggerInput }) => context.rebalancing(),
      (_, { request }: { request: RebalancingRequested }) => request,
    ),
  },
  delays: { checkInterval: ({ context }) => context.checkIntervalMs },
}).createMachine({
  id: 'triggers',
  context: ({ input }) => input,
  initial: 'resting',
  states: {
    resting: { after: { checkInterval: 'checking' } },
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
