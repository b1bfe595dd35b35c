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
        { guard: 'mustAbort', target: 'idle', actions: 'refuseAborted' },
        { guard: 'allReconciled', target: 'planning' },
        { guard: 'allReported', target: 'idle', actions: 'refuseUncertified' },
      ],
      after: { certificationTimeout: { target: 'idle', actions: 'refuseUncertified' } },
    },
    planning: {
      invoke: {
        src: 'makePlan',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.state === 'refused',
            target: 'idle',
            actions: { type: 'refuse', params: ({ event }) => ({ reason: reasonOf(event.output) }) },
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
        { guard: 'mustAbort', target: 'idle', actions: 'refuseAborted' },
        { guard: 'isPlanOnly', target: 'idle', actions: 'announceEndBefore' },
        { guard: 'isApproved', target: 'checking' },
        { target: 'approving' },
      ],
    },
    approving: {
      always: { guard: 'mustAbort', target: 'idle', actions: 'refuseAborted' },
      on: {
        'rebalancing.planDecided': [
          {
            guard: ({ context, event }) =>
              event.planHash === context.made?.plan.hash && event.decision === 'approve',
            target: 'checking',
          },
          {
            guard: ({ context, event }) => event.planHash === context.made?.plan.hash,
            target: 'idle',
            actions: { type: 'refuse', params: ({ event }) => ({ reason: `${event.by} rejected the plan` }) },
          },
        ],
      },
      after: {
        approvalTimeout: {
          target: 'idle',
          actions: { type: 'refuse', params: { reason: 'nobody approved the plan in time' } },
        },
      },
    },
    // Between the plan and its first order, as while a person thinks, the world may have moved.
    checking: {
      invoke: {
        src: 'whyOutdated',
        input: ({ context }) => context,
        onDone: [
          { guard: ({ event }) => event.output === null, target: 'beginning' },
          {
            guard: ({ context }) => mayPlanAgain(context),
            target: 'certifying',
            actions: [
              { type: 'announceOutdated', params: ({ event }) => ({ reason: event.output ?? '' }) },
              'countReplan',
              'askAll',
            ],
          },
          {
            target: 'idle',
            actions: {
              type: 'refuse',
              params: ({ event }) => ({ reason: `the plan does not fit any more: ${event.output}` }),
            },
          },
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
            target: 'idle',
            actions: { type: 'refuse', params: ({ event }) => ({ reason: refusalOf(event.output) }) },
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
