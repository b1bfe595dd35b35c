import { mayPlanAgain, plannedOf, reasonOf, refusalOf, unfinishedOf, workOf } from './rebalancing-context.ts';
import { rebalancingSetup } from './rebalancing-setup.ts';

/** Moves the portfolio to its targets: plans on certified venues only, sells, waits for confirmed proceeds, then buys. */
export const rebalancingActor = rebalancingSetup.createMachine({
  id: 'rebalancing',
  context: ({ input }) => ({
    ...input,
    request: null,
    asked: new Map(),
    made: null,
    execution: null,
    decisions: [],
    before: null,
    replans: 0,
    approvedBy: null,
    unsent: null,
    requestId: '',
    actions: [],
    lookUpsDueAtMs: new Map(),
  }),
  initial: 'restoring',
  on: {
    'rebalancing.requested': {
      actions: { type: 'refuseSecond', params: ({ event }) => ({ request: event }) },
    },
    'rebalancing.venueReported': {
      actions: { type: 'noteReport', params: ({ event }) => ({ report: event }) },
    },
    'rebalancing.abortRequested': {
      actions: { type: 'takeDecision', params: ({ event }) => ({ decision: event }) },
    },
    'rebalancing.pauseRequested': {
      actions: { type: 'takeDecision', params: ({ event }) => ({ decision: event }) },
    },
    'rebalancing.resumeRequested': {
      actions: { type: 'takeDecision', params: ({ event }) => ({ decision: event }) },
    },
  },
  states: {
    restoring: {
      invoke: {
        src: 'findUnfinished',
        input: ({ context }) => context.work,
        onDone: [
          // In paper nothing is sent, whatever another mode has left unfinished: it waits until that mode is back.
          {
            guard: ({ context, event }) => event.output !== null && context.sendsOrders,
            target: 'executing',
            actions: [{ type: 'resume', params: ({ event }) => unfinishedOf(event.output) }, 'tellUnderWay'],
          },
          { target: 'idle' },
        ],
      },
    },
    idle: {
      entry: ['forgetAll', 'tellIdle'],
      exit: 'tellUnderWay',
      on: {
        'rebalancing.requested': {
          target: 'certifying',
          actions: [{ type: 'takeRequest', params: ({ event }) => ({ request: event }) }, 'askAll'],
        },
        // There is nothing to stop, and what comes later was not meant.
        'rebalancing.abortRequested': {},
        'rebalancing.pauseRequested': {},
        'rebalancing.resumeRequested': {
          target: 'searching',
          actions: { type: 'takeDecision', params: ({ event }) => ({ decision: event }) },
        },
      },
    },
    // What was left to a person is taken up where it stands: its orders are looked up anew.
    searching: {
      invoke: {
        src: 'findLeftToPerson',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ context, event }) => event.output !== null && context.sendsOrders,
            target: 'reopening',
            actions: { type: 'resume', params: ({ event }) => unfinishedOf(event.output) },
          },
          { target: 'idle', actions: 'refuseNothingLeft' },
        ],
      },
    },
    reopening: { invoke: { src: 'reopen', input: ({ context }) => context, onDone: 'executing' } },
    certifying: {
      entry: 'askVenues',
      always: [
        { guard: 'mustAbort', target: 'unsent', actions: 'endAborted' },
        { guard: 'allReconciled', target: 'planning' },
        { guard: 'allReported', target: 'unsent', actions: 'endUncertified' },
      ],
      after: { certificationTimeout: { target: 'unsent', actions: 'endUncertified' } },
    },
    planning: {
      invoke: {
        src: 'makePlan',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.state === 'refused',
            target: 'unsent',
            actions: {
              type: 'endUnsent',
              params: ({ event }) => ({
                unsent: { state: 'refused', reason: reasonOf(event.output), by: null },
              }),
            },
          },
          {
            target: 'planned',
            actions: [
              { type: 'keepPlan', params: ({ event }) => ({ made: plannedOf(event.output) }) },
              'announcePlan',
            ],
          },
        ],
      },
    },
    planned: {
      always: [
        { guard: 'isPlanOnly', target: 'idle', actions: 'announceEndBefore' },
        { guard: 'mustAbort', target: 'unsent', actions: 'endAborted' },
        { guard: 'isApproved', target: 'checking' },
        { target: 'approving' },
      ],
    },
    approving: {
      always: { guard: 'mustAbort', target: 'unsent', actions: 'endAborted' },
      on: {
        'rebalancing.planDecided': [
          {
            guard: ({ context, event }) =>
              event.planHash === context.made?.plan.hash && event.decision === 'approve',
            target: 'recertifying',
            actions: [{ type: 'approve', params: ({ event }) => ({ by: event.by }) }, 'askAll'],
          },
          {
            guard: ({ context, event }) => event.planHash === context.made?.plan.hash,
            target: 'unsent',
            actions: {
              type: 'endUnsent',
              params: ({ event: { by } }) => ({
                unsent: { state: 'rejected', reason: `${by} rejected the plan`, by },
              }),
            },
          },
        ],
      },
      after: {
        approvalTimeout: {
          target: 'unsent',
          actions: {
            type: 'endUnsent',
            params: { unsent: { state: 'expired', reason: 'nobody approved the plan in time', by: null } },
          },
        },
      },
    },
    // While a person thought, prices have grown old and fills may have come: venues are read before it is judged.
    recertifying: {
      entry: 'askVenues',
      always: [
        { guard: 'mustAbort', target: 'unsent', actions: 'endAborted' },
        { guard: 'allReconciled', target: 'checking' },
        { guard: 'allReported', target: 'outdated', actions: 'endUncertifiedAgain' },
      ],
      after: { certificationTimeout: { target: 'outdated', actions: 'endUncertifiedAgain' } },
    },
    checking: {
      invoke: {
        src: 'whyOutdated',
        input: ({ context }) => context,
        onDone: [
          { guard: ({ event }) => event.output === null, target: 'beginning' },
          {
            target: 'outdated',
            actions: { type: 'endOutdated', params: ({ event }) => ({ reason: event.output ?? '' }) },
          },
        ],
      },
    },
    outdated: {
      invoke: {
        src: 'keepUnsent',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ context }) => mayPlanAgain(context),
            target: 'certifying',
            actions: ['announceOutdated', 'countReplan', 'askAll'],
          },
          { target: 'idle', actions: 'announceUnsent' },
        ],
      },
    },
    beginning: {
      invoke: {
        src: 'begin',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.state === 'refused',
            target: 'outdated',
            actions: { type: 'endOutdated', params: ({ event }) => ({ reason: refusalOf(event.output) }) },
          },
          { target: 'executing' },
        ],
      },
    },
    executing: {
      initial: 'choosing',
      states: {
        choosing: {
          entry: 'choose',
          always: [
            { guard: 'mustDecide', target: 'deciding' },
            { guard: 'hasWork', target: 'acting' },
            { guard: 'mustReconcile', target: 'certifying' },
            { guard: 'isFinished', target: '#rebalancing.ending' },
            { target: 'waiting' },
          ],
        },
        acting: {
          invoke: {
            src: 'act',
            input: ({ context }) => ({ ...context, actions: workOf(context) }),
            onDone: {
              target: 'choosing',
              actions: { type: 'keepExecution', params: ({ event }) => ({ execution: event.output }) },
            },
          },
        },
        deciding: {
          invoke: {
            src: 'keepDecided',
            input: ({ context }) => context,
            onDone: {
              target: 'choosing',
              actions: [
                { type: 'keepExecution', params: ({ event }) => ({ execution: event.output.execution }) },
                { type: 'forgetDecided', params: ({ event }) => ({ count: event.output.count }) },
              ],
            },
          },
        },
        waiting: { always: { guard: 'mustDecide', target: 'deciding' }, after: { untilLookUp: 'choosing' } },
        certifying: {
          entry: 'askVenues',
          always: [
            { guard: 'mustDecide', target: 'deciding' },
            { guard: 'allReconciled', target: 'certified' },
            { guard: 'allReported', target: 'uncertified' },
          ],
          after: { certificationTimeout: 'uncertified' },
        },
        certified: {
          invoke: {
            src: 'keepCertified',
            input: ({ context }) => context,
            onDone: {
              target: 'choosing',
              actions: { type: 'keepExecution', params: ({ event }) => ({ execution: event.output }) },
            },
          },
        },
        // What did reconcile counts; the others are asked again after a while, for as long as it takes.
        uncertified: {
          always: { guard: 'mustDecide', target: 'deciding' },
          after: { lookUpInterval: 'certified' },
        },
      },
    },
    unsent: {
      invoke: {
        src: 'keepUnsent',
        input: ({ context }) => context,
        onDone: { target: 'idle', actions: 'announceUnsent' },
      },
    },
    ending: {
      invoke: {
        src: 'end',
        input: ({ context }) => context,
        onDone: [
          {
            guard: 'mustPlanAgain',
            target: 'certifying',
            actions: ['announceShort', 'countReplan', 'askAll'],
          },
          { target: 'idle', actions: 'announceEnd' },
        ],
      },
    },
  },
});
