import * as z from 'zod';
import { answerCommand, type Command, readRequestedCommands } from '../../db/command-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import type { Clock } from '../platform/clock.ts';
import type { Portfolio } from './portfolio-api.ts';

export const COMMAND_POLL_MS = 1_000;
/** A command that waited for longer was left by someone who has stopped waiting for its answer. */
export const COMMAND_AGE_MAX_MS = 600_000;

const by = z.string().min(1).max(200);
const correction = z.object({ correctionId: z.string().min(1), by });
const reasoned = z.object({ reason: z.string().min(1), by });
const BODIES = {
  reconcile: z.object({ venue: z.string().nullable() }),
  openVenue: z.object({ venue: z.string().min(1), by }),
  approveCorrection: correction,
  rejectCorrection: correction,
  reverseCorrection: correction,
  acceptDiscrepancy: z.object({ discrepancyId: z.string().min(1), by }),
  confirmToken: z.object({ strategy: z.string().min(1), asset: z.string().min(1), by }),
  addNote: z.object({ text: z.string(), venue: z.string().nullable(), on: z.string().nullable(), by }),
  transfer: z.object({
    transferId: z.string(),
    venue: z.string(),
    asset: z.string(),
    amount: z.string(),
    to: z.string(),
    toVenue: z.string().nullable(),
    by,
  }),
  acknowledgeAlert: z.object({ alertId: z.string().min(1), reason: z.string().min(1).max(1_000), by }),
  plan: z.object({}),
  rebalance: z.object({ reason: z.string().min(1).max(1_000), by }),
  approvePlan: z.object({ planHash: z.string().min(1), by }),
  rejectPlan: z.object({ planHash: z.string().min(1), by }),
  abortRebalance: reasoned,
  pauseRebalance: reasoned,
  resumeRebalance: reasoned,
  haltTrading: reasoned,
  rearmTrading: reasoned,
};

export type CommandKind = keyof typeof BODIES;

/** What the owner answers: the result, or why there is none. */
export type OwnerAnswer =
  | { readonly status: 'done'; readonly result: unknown }
  | { readonly status: 'refused'; readonly reason: string };

export interface CommandDeskPorts {
  readonly portfolio: Portfolio;
  readonly database: OpenDatabase;
  readonly clock: Clock;
  readonly onProblem: (problem: string) => void;
}

/** Does for other processes what they leave in the database, one look a second. */
export class CommandDesk {
  readonly #ports: CommandDeskPorts;
  readonly #underWay = new Map<string, Promise<void>>();
  #timer: unknown = null;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(ports: CommandDeskPorts) {
    this.#ports = ports;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.#looking = this.#look().finally(() => this.start());
    }, COMMAND_POLL_MS);
  }

  /** Takes no more. Those under way are answered only if their answer comes before the service ends. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#ports.clock.clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      for (const command of await readRequestedCommands(this.#ports.database.db)) {
        if (this.#underWay.has(command.id) || this.#isStopped) continue;
        this.#underWay.set(
          command.id,
          this.#perform(command).finally(() => this.#underWay.delete(command.id)),
        );
      }
    } catch (error) {
      this.#ports.onProblem(`commands cannot be read: ${String(error)}`);
    }
  }

  async #perform(command: Command): Promise<void> {
    const { database, clock, onProblem } = this.#ports;
    const answer = await this.#answerTo(command);
    // Left unanswered, the next start does it.
    if (this.#isStopped) return;
    try {
      await answerCommand(database.db, { id: command.id, answer, atMs: clock.now() });
    } catch (error) {
      onProblem(`a command cannot be answered: ${String(error)}`);
    }
  }

  async #answerTo(command: Command): Promise<OwnerAnswer> {
    const { clock, portfolio } = this.#ports;
    if (clock.now() - command.requestedAtMs > COMMAND_AGE_MAX_MS) return refused('it waited for too long');
    if (!Object.hasOwn(BODIES, command.kind))
      return refused(`expected a known command, found ${command.kind}`);
    try {
      return await perform(command.kind as CommandKind, command.body, portfolio);
    } catch (error) {
      return refused(error instanceof Error ? error.message : String(error));
    }
  }
}

async function perform(kind: CommandKind, body: unknown, portfolio: Portfolio): Promise<OwnerAnswer> {
  switch (kind) {
    case 'reconcile': {
      const { venue } = BODIES.reconcile.parse(body);
      return { status: 'done', result: await portfolio.reconcile(venue ?? undefined) };
    }
    case 'plan':
      return { status: 'done', result: await portfolio.plan() };
    case 'rebalance': {
      const { reason, by: person } = BODIES.rebalance.parse(body);
      return { status: 'done', result: await portfolio.requestRebalance(reason, person) };
    }
    case 'openVenue': {
      const { venue, by: person } = BODIES.openVenue.parse(body);
      return answered(await portfolio.decide({ kind, venue }, person));
    }
    case 'acceptDiscrepancy': {
      const { discrepancyId, by: person } = BODIES.acceptDiscrepancy.parse(body);
      return answered(await portfolio.decide({ kind, discrepancyId }, person));
    }
    case 'confirmToken': {
      const { strategy, asset, by: person } = BODIES.confirmToken.parse(body);
      return answered(await portfolio.decide({ kind, strategy, asset }, person));
    }
    case 'acknowledgeAlert': {
      const { alertId, reason, by: person } = BODIES.acknowledgeAlert.parse(body);
      return answered(await portfolio.decide({ kind, alertId, reason }, person));
    }
    case 'addNote': {
      const { by: person, ...added } = BODIES.addNote.parse(body);
      await portfolio.note(added, person);
      return { status: 'done', result: null };
    }
    case 'transfer': {
      const { by: person, toVenue, ...wanted } = BODIES.transfer.parse(body);
      const result = await portfolio.transfer({ ...wanted, ...(toVenue !== null && { toVenue }) }, person);
      return { status: 'done', result };
    }
    case 'approvePlan':
    case 'rejectPlan': {
      const { planHash, by: person } = BODIES[kind].parse(body);
      return answered(await portfolio.decide({ kind, planHash }, person));
    }
    case 'abortRebalance':
    case 'pauseRebalance':
    case 'resumeRebalance':
    case 'haltTrading':
    case 'rearmTrading': {
      const { reason, by: person } = BODIES[kind].parse(body);
      return answered(await portfolio.decide({ kind, reason }, person));
    }
    default: {
      const { correctionId, by: person } = BODIES[kind].parse(body);
      return answered(await portfolio.decide({ kind, correctionId }, person));
    }
  }
}

const refused = (reason: string): OwnerAnswer => ({ status: 'refused', reason });

const answered = (answer: { readonly status: 'done' | 'refused'; readonly reason: string }): OwnerAnswer =>
  answer.status === 'done' ? { status: 'done', result: answer } : refused(answer.reason);
