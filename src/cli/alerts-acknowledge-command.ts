import type { Command } from 'commander';
import type { DecisionAnswer } from '../app/portfolio-api.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { idBeginning } from './id-beginning.ts';
import { personOf } from './person-of.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

const TIMEOUT_MS = 30_000;

interface AcknowledgeOptions {
  readonly config?: string;
  readonly reason?: string;
}

/** `trueup alerts acknowledge`: a person knows of it, and it is not repeated until it worsens or is resolved. */
export function registerAlertsAcknowledge(alerts: Command, context: CommandContext): void {
  const command = alerts
    .command('acknowledge')
    .description('Say that you know of an alert: it is not told again until it worsens or is resolved.')
    .argument('<id>', 'the alert, or the beginning of its id')
    // Given before or after the name of the command, it is the one of "alerts" that commander fills.
    .option('--config <file>', 'the configuration')
    .option('--reason <text>', 'why, for the audit log; needed')
    .action((id: string, _: unknown, self: Command) =>
      acknowledge(id, self.optsWithGlobals<AcknowledgeOptions>(), context),
    );
  withCommonHelp(
    command,
    ['trueup alerts acknowledge 1f2e3d4c --config trueup.json --reason "the venue has announced it"'],
    [
      'A running "trueup run" is asked to keep it. "trueup alerts" lists the ids.',
      '',
      'Exit codes: 0 acknowledged, 1 failed or refused, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function acknowledge(
  id: string,
  { config, reason }: AcknowledgeOptions,
  context: CommandContext,
): Promise<void> {
  const { output, clock, finish } = context;
  if (config === undefined) throw new CommandFailure('usage', 'expected --config, found nothing');
  if (reason === undefined || reason.trim() === '')
    throw new CommandFailure('usage', '--reason: expected why, found nothing');
  const { database } = await readConfiguration(config, context);
  const alertId = await wholeId(idBeginning('id', id), config, context);
  const { askOwner } = await import('../app/ask-owner.ts');
  const command = { kind: 'acknowledgeAlert', body: { alertId, reason, by: personOf(context) } } as const;
  const answer = await askOwner(database, command, { clock, timeoutMs: TIMEOUT_MS });
  if (answer === null)
    throw new CommandFailure('failed', `no "trueup run" owns ${database}: nobody is told while that is so`);
  if (answer.status === 'refused') throw new CommandFailure('failed', `refused: ${answer.reason}`);
  const said = answer.result as DecisionAnswer;
  if (output.isJson) output.document({ id: alertId, status: said.status, reason: said.reason });
  output.line(printable(said.reason));
  finish(EXIT.done);
}

function wholeId(beginning: string, config: string, context: CommandContext): Promise<string> {
  return withExistingBook({ config }, context, async ({ db }) => {
    const { findAlertsBeginningWith } = await import('../../db/alert-repository.ts');
    const [found, another] = await findAlertsBeginningWith(db, { beginning, limit: 2 });
    if (found === undefined)
      throw new CommandFailure('usage', `id: expected one of "trueup alerts", found ${beginning}`);
    if (another !== undefined)
      throw new CommandFailure(
        'usage',
        `id: expected more of it, found the beginning of several: ${beginning}`,
      );
    return found.id;
  });
}
