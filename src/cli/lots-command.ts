import { type Command, Option } from 'commander';
import type { LotMethod } from '../domain/lots/lot-method.ts';
import { LOT_METHODS } from '../domain/lots/lot-method.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { printLots } from './print-lots.ts';

/** `trueup lots`: what was disposed of, from which tax lots, at which gain; and which lots are left. */
export function registerLots(program: Command, context: CommandContext): void {
  const command = program
    .command('lots')
    .description('Account for the tax lots of a file: gains by disposal and by year, and what is held.')
    .requiredOption(
      '--input <file>',
      'acquisitions, disposals and transfers, and the rules they are taxed by',
    )
    .addOption(
      new Option('--method <method>', 'how lots are chosen, instead of the method of the file').choices(
        LOT_METHODS,
      ),
    )
    .action((options: LotsOptions) => lots(options, context));
  withCommonHelp(
    command,
    ['trueup lots --input lots.json', 'trueup lots --input lots.json --method hifo --json'],
    [
      'Asks no venue and writes nothing. docs/LOTS.md has the shape of the file, and the methods. No tax advice.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage or input',
    ].join('\n'),
  );
}

interface LotsOptions {
  readonly input: string;
  readonly method?: LotMethod;
}

async function lots({ input, method }: LotsOptions, { output, finish }: CommandContext): Promise<void> {
  const { accountLotsFile } = await import('../app/account-lots-file.ts');
  const accounted = accountLotsFile(input, method);
  if (accounted.state === 'refused')
    throw new CommandFailure('usage', 'the lots cannot be accounted for', accounted.problems);
  if (output.isJson) output.document(accounted.document);
  else printLots(accounted.document, output);
  finish(EXIT.done);
}
