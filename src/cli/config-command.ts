import type { Command } from 'commander';
import type { SettingInForce } from '../app/settings-in-force.ts';
import { type CommandContext, commandGroup, withCommonHelp } from './command-context.ts';
import { EXIT, EXIT_CODES_EXPLAINED } from './exit-code.ts';
import { loadForCommand } from './read-configuration.ts';
import { reconciliationFlagsOf, withReconciliationFlags } from './reconciliation-flags.ts';
import { printable, tableLines } from './table.ts';

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
    .description(
      'Check a configuration, with its environment variables and flags, and name every problem, or what is in force. What is wrong with a file of returns or signals is told, and no problem of the configuration.',
    )
    .argument('<file>', 'the configuration')
    .action((file: string, options: object) => checkFile(file, options, context));
  withReconciliationFlags(check);
  withCommonHelp(
    check,
    ['trueup config check trueup.json', 'trueup config check trueup.json --threshold-usd 25 --json'],
    EXIT_CODES_EXPLAINED,
  );
}

async function printExample(context: CommandContext): Promise<void> {
  const { configurationExample } = await import('../app/configuration-example.ts');
  const example = configurationExample();
  if (context.output.isJson) context.output.document(example);
  else context.output.line(JSON.stringify(example, null, 2));
  context.finish(EXIT.done);
}

async function checkFile(file: string, options: object, context: CommandContext): Promise<void> {
  const { output } = context;
  const { configuration, reconciliation } = await loadForCommand(
    file,
    context,
    reconciliationFlagsOf(options),
  );
  const venues = configuration.venues.map(({ id, kind }) => ({ id, kind }));
  const { findFileProblems } = await import('../app/targeting/find-file-problems.ts');
  const fileProblems = await findFileProblems(configuration, context.clock.now());
  if (output.isJson) output.document({ valid: true, venues, fileProblems, reconciliation });
  const names = venues.map(({ id, kind }) => `${id} (${kind})`).join(', ') || 'none';
  output.line(`${output.style.good('valid')}  ${file}`);
  output.line(`venues: ${names}`);
  for (const problem of fileProblems)
    output.line(`${output.style.warning('not used yet')}  ${printable(problem)}`);
  output.line();
  for (const line of tableLines(SETTING_COLUMNS, reconciliation.map(settingRow))) output.line(line);
  context.finish(EXIT.done);
}

const SETTING_COLUMNS = [{ title: 'Reconciliation' }, { title: 'In force' }, { title: 'From' }];

const settingRow = ({ key, value, source }: SettingInForce): readonly string[] => [
  key,
  String(value),
  'name' in source ? source.name : source.from,
];
