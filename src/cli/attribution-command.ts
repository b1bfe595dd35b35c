import { type Command, Option } from 'commander';
import { GROUPINGS, type Grouping } from '../domain/attribution/grouping.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { printAttribution } from './print-attribution.ts';

/** `trueup attribution`: whose return it was, and what rebalancing was worth and has cost. */
export function registerAttribution(program: Command, context: CommandContext): void {
  const command = program
    .command('attribution')
    .description(
      'Take a return apart: by strategy, asset or venue, with fees, slippage, funding and cash; linked over periods.',
    )
    .requiredOption('--input <file>', 'values, flows, trades and payments of periods; or weights and returns')
    .addOption(new Option('--by <grouping>', 'whose return it was').choices(GROUPINGS).default('asset'))
    .action((options: AttributionOptions) => attribution(options, context));
  withCommonHelp(
    command,
    [
      'trueup attribution --input periods.json',
      'trueup attribution --input periods.json --by strategy --json',
    ],
    [
      'Nothing is asked of a venue and nothing is written. Contributions sum to the return; what cannot be told, such as',
      'the return of a period that had nothing to earn it, is null with the reason. docs/ATTRIBUTION.md has the file.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage or input',
    ].join('\n'),
  );
}

interface AttributionOptions {
  readonly input: string;
  readonly by: Grouping;
}

async function attribution(
  { input, by }: AttributionOptions,
  { output, finish }: CommandContext,
): Promise<void> {
  const { attributeFile } = await import('../app/attribution-file.ts');
  const attributed = attributeFile(input, by);
  if (attributed.state === 'refused')
    throw new CommandFailure('usage', 'the return cannot be attributed', attributed.problems);
  if (output.isJson) output.document(attributed.document);
  else printAttribution(attributed.document, output);
  finish(EXIT.done);
}
