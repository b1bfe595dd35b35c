import type { Command } from 'commander';
import type { TargetsDocument } from '../app/targeting/read-targets.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { EXIT } from './exit-code.ts';
import { readConfiguration } from './read-configuration.ts';
import { registerTargetsConfirm } from './targets-confirm-command.ts';

/** `trueup targets`: what the portfolio is moved to, whose it is, and how that came about. */
export function registerTargets(program: Command, context: CommandContext): void {
  const command = program
    .command('targets')
    .description(
      'Show the targets as they stand: by strategy and asset, with their method, sources and caps.',
    )
    .requiredOption('--config <file>', 'the configuration')
    .action((options: { readonly config: string }) => targets(options.config, context));
  withCommonHelp(
    command,
    ['trueup targets --config trueup.json', 'trueup targets --config trueup.json --json'],
    [
      'Weights are in parts per million. Reads the files of the method and the book, where there is one, beside a running',
      '"trueup run". Asks no venue and writes nothing. What needs a confirmation is not traded live.',
      '',
      'Exit codes: 0 resolved, 1 failed, 2 wrong usage or configuration, 3 no targets can be derived',
    ].join('\n'),
  );
  registerTargetsConfirm(command, context);
}

async function targets(config: string, context: CommandContext): Promise<void> {
  const { output, clock } = context;
  const configuration = await readConfiguration(config, context);
  const { readTargets } = await import('../app/targeting/read-targets.ts');
  const onProblem = (problem: string) => output.note(`trueup: ${problem}`);
  const document: TargetsDocument = await readTargets(configuration, { nowMs: clock.now(), onProblem });
  if (output.isJson) output.document(document);
  else (await import('./print-targets.ts')).printTargets(document, output);
  context.finish(document.targets.state === 'refused' ? EXIT.inconclusive : EXIT.done);
}
