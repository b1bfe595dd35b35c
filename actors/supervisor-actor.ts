import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyStateMachine,
  assign,
  type EventObject,
  type NonReducibleUnknown,
  setup,
} from 'xstate';
import type { Address } from './address.ts';
import type { RestartPolicy } from './supervision/restart-policy.ts';
import { supervised, type WorkerReport } from './supervision/supervised.ts';

export interface WorkerSpec {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly input: NonReducibleUnknown;
  /** Losing a vital worker halts the service; losing any other only degrades it. */
  readonly vital: boolean;
}

export interface SupervisorInput {
  readonly workers: readonly WorkerSpec[];
  readonly policy: RestartPolicy;
  readonly now: () => number;
  readonly random: () => number;
  /** Hears of every crash, restart and loss. Must not throw. */
  readonly onWorkerReport: (report: WorkerReport) => void;
}

interface SupervisorContext {
  readonly vitalNames: ReadonlySet<string>;
  readonly lostNames: readonly string[];
  readonly onWorkerReport: (report: WorkerReport) => void;
  /** Stable for the life of the service: each survives the restarts of the worker behind it. */
  readonly addresses: Readonly<Record<string, Address<EventObject>>>;
}

/** Workers differ in kind, so their logic is given here rather than named in `setup`. */
type SpawnAny = (
  logic: AnyActorLogic,
  options: { readonly id: string; readonly input: unknown },
) => AnyActorRef;

/** The root: one wrapper per worker, restarted one for one; degraded without a venue, halted without a vital worker. */
export const supervisorActor = setup({
  types: {
    context: {} as SupervisorContext,
    input: {} as SupervisorInput,
    events: {} as WorkerReport | { type: 'service.stop' },
  },
  actions: {
    recordLoss: assign({
      lostNames: ({ context }, { name }: { name: string }) => [...context.lostNames, name],
    }),
    forgetLoss: assign({
      lostNames: ({ context }, { name }: { name: string }) =>
        context.lostNames.filter((lost) => lost !== name),
    }),
    tell: ({ context }, { report }: { report: WorkerReport }) => context.onWorkerReport(report),
  },
  guards: {
    isVital: ({ context }, { name }: { name: string }) => context.vitalNames.has(name),
    isLastLost: ({ context }, { name }: { name: string }) => context.lostNames.every((lost) => lost === name),
  },
}).createMachine({
  id: 'supervisor',
  context: ({ input, spawn, self }) => ({
    vitalNames: new Set(input.workers.filter((spec) => spec.vital).map((spec) => spec.name)),
    lostNames: [],
    onWorkerReport: input.onWorkerReport,
    addresses: Object.fromEntries(
      input.workers.map((spec) => [
        spec.name,
        (spawn as unknown as SpawnAny)(supervised(spec.machine), {
          id: spec.name,
          input: {
            name: spec.name,
            policy: input.policy,
            workerInput: spec.input,
            supervisor: self,
            now: input.now,
            random: input.random,
          },
        }) as Address<EventObject>,
      ]),
    ),
  }),
  initial: 'healthy',
  states: {
    healthy: {},
    degraded: {},
    halted: { type: 'final' },
    stopped: { type: 'final' },
  },
  on: {
    'worker.crashed': { actions: { type: 'tell', params: ({ event }) => ({ report: event }) } },
    'worker.finished': { actions: { type: 'tell', params: ({ event }) => ({ report: event }) } },
    'worker.restarted': [
      {
        guard: { type: 'isLastLost', params: ({ event }) => ({ name: event.name }) },
        target: '.healthy',
        actions: [
          { type: 'forgetLoss', params: ({ event }) => ({ name: event.name }) },
          { type: 'tell', params: ({ event }) => ({ report: event }) },
        ],
      },
      {
        actions: [
          { type: 'forgetLoss', params: ({ event }) => ({ name: event.name }) },
          { type: 'tell', params: ({ event }) => ({ report: event }) },
        ],
      },
    ],
    'worker.gaveUp': [
      {
        guard: { type: 'isVital', params: ({ event }) => ({ name: event.name }) },
        target: '.halted',
        actions: [
          { type: 'recordLoss', params: ({ event }) => ({ name: event.name }) },
          { type: 'tell', params: ({ event }) => ({ report: event }) },
        ],
      },
      {
        target: '.degraded',
        actions: [
          { type: 'recordLoss', params: ({ event }) => ({ name: event.name }) },
          { type: 'tell', params: ({ event }) => ({ report: event }) },
        ],
      },
    ],
    'service.stop': '.stopped',
  },
});
