import type { Command } from 'commander';
import type { CommandKind } from '../app/command-desk.ts';
import type { Configuration } from '../app/configuration.ts';
import type { DecisionAnswer } from '../app/portfolio-api.ts';
import { assertConfirmed } from './assert-confirmed.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { personOf } from './person-of.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

/** A decision that needs a reason and nothing else. */
export interface ReasonedDecision {
  readonly name: string;
  readonly kind: CommandKind &
    ('abortRebalance' | `${'pause' | 'resume'}Rebalance` | `${'halt' | 'rearm'}Trading`);
  readonly description: string;
  readonly question: string;
  readonly example: string;
  /** Whether a reason must be given: "asked for" stands where none is. */
  readonly needsReason: boolean;
  readonly help: readonly string[];
  /** Where no service runs. Without it, nothing is to be done then. */
  readonly alone?: (
    reason: string,
    configuration: Configuration,
    context: CommandContext,
  ) => Promise<DecisionAnswer>;
}

interface Options {
  readonly config: string;
  readonly reason: string;
  readonly yes?: boolean;
}

const TIMEOUT_MS = 30_000;
const REASON = 'why, for the audit log';

/** Registers the command of a decision: asks first, then has the owner of the book decide. */
export function registerReasoned(
  program: Command,
  context: CommandContext,
  decision: ReasonedDecision,
): void {
  const { name, description, example, needsReason, help } = decision;
  const command = program
    .command(name)
    .description(description)
    .requiredOption('--config <file>', 'the configuration');
  if (needsReason) command.requiredOption('--reason <text>', `${REASON}; needed`);
  else command.option('--reason <text>', REASON, 'asked for');
  command.option('--yes', 'do not ask').action((options: Options) => decide(decision, options, context));
  withCommonHelp(command, [example], help.join('\n'));
}

async function decide(
  { name, kind, question, alone }: ReasonedDecision,
  { config, reason, yes }: Options,
  context: CommandContext,
): Promise<void> {
  const { output, person, clock, finish } = context;
  const configuration = await readConfiguration(config, context);
  if (reason.trim() === '') throw new CommandFailure('usage', '--reason: expected why, found nothing');
  if (!yes) await assertConfirmed(person, { question, word: name, otherwise: 'nothing was done' });
  const { askOwner } = await import('../app/ask-owner.ts');
  const { database } = configuration;
  const command = { kind, body: { reason, by: personOf(context) } } as const;
  const answer = await askOwner(database, command, { clock, timeoutMs: TIMEOUT_MS });
  if (answer === null && alone === undefined)
    throw new CommandFailure('failed', `no "trueup run" owns ${database}: nothing is sent while that is so`);
  if (answer?.status === 'refused') throw new CommandFailure('failed', `refused: ${answer.reason}`);
  const said =
    answer === null ? await alone?.(reason, configuration, context) : (answer.result as DecisionAnswer);
  if (said === undefined || said.status === 'refused')
    throw new CommandFailure('failed', `refused: ${said?.reason}`);
  if (output.isJson) output.document({ status: 'done', reason: said.reason });
  output.line(printable(said.reason));
  finish(EXIT.done);
}
