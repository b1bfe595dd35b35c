import type { Command } from 'commander';
import { type CommandContext, commandGroup, withCommonHelp } from './command-context.ts';
import { EXIT, EXIT_CODES_EXPLAINED } from './exit-code.ts';
import { readConfiguration } from './read-configuration.ts';

/** `trueup config example` and `trueup config check FILE`. */
export function registerConfig(program: Command, context: CommandContext): void {
  const config = commandGroup(program, 'config', 'Show and check configurations.');
  const example = config
    .command('example')
    .description('Print a complete configuration that explains every key. It can be used as a file.')
    .action(() => printExample(context));
  withCommonHelp(example, ['trueup config example > trueup.json'], EXIT_CODES_EXPLAINED);
  const check = config
    .command('check')
    .description('Check a configuration, with its environment variables, and name every problem.')
    .argument('<file>', 'the configuration')
    .action((file: string) => checkFile(file, context));
  withCommonHelp(check, ['trueup config check trueup.json'], EXIT_CODES_EXPLAINED);
}

async function printExample(context: CommandContext): Promise<void> {
  const { configurationExample } = await import('../app/configuration-example.ts');
  const example = configurationExample();
  if (context.output.isJson) context.output.document(example);
  else context.output.line(JSON.stringify(example, null, 2));
  context.finish(EXIT.done);
}

async function checkFile(file: string, context: CommandContext): Promise<void> {
  const configuration = await readConfiguration(file, context);
  const venues = configuration.venues.map(({ id, kind }) => ({ id, kind }));
  if (context.output.isJson) context.output.document({ valid: true, venues });
  const names = venues.map(({ id, kind }) => `${id} (${kind})`).join(', ') || 'none';
  context.output.line(`${context.output.style.good('valid')}  ${file}`);
  context.output.line(`venues: ${names}`);
  context.finish(EXIT.done);
}
