import { fromPromise, setup } from 'xstate';
import type { AlertChanged, Announcement } from './messages/announcements.ts';

export interface AlertInput {
  /** Looks at everything and commits what becomes of the alerts. */
  readonly check: () => Promise<readonly AlertChanged[]>;
  readonly checkIntervalMs: number;
  /** Tells whoever embeds the service. Must not throw. */
  readonly announce: (announcement: Announcement) => void;
}

/** Looks every few seconds at what people have to know. It holds nothing, asks nobody, and nobody waits for it. */
export const alertActor = setup({
  types: { input: {} as AlertInput, context: {} as AlertInput },
  actors: {
    check: fromPromise<readonly AlertChanged[], AlertInput>(({ input }) => input.check()),
  },
  actions: {
    announceAll: ({ context }, { changes }: { changes: readonly AlertChanged[] }) => {
      for (const change of changes) context.announce(change);
    },
  },
  delays: { checkInterval: ({ context }) => context.checkIntervalMs },
}).createMachine({
  id: 'alerts',
  context: ({ input }) => input,
  initial: 'resting',
  states: {
    resting: { after: { checkInterval: 'checking' } },
    checking: {
      invoke: {
        src: 'check',
        input: ({ context }) => context,
        onDone: {
          target: 'resting',
          actions: { type: 'announceAll', params: ({ event }) => ({ changes: event.output }) },
        },
      },
    },
  },
});
