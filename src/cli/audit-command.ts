import type { Command } from 'commander';
import { type CommandContext, commandGroup, withCommonHelp } from './command-context.ts';
import { EXIT } from './exit-code.ts';

/** `trueup audit verify`: whether the audit log is as it was written. */
export function registerAudit(program: Command, context: CommandContext): void {
  const audit = commandGroup(program, 'audit', 'Check the audit log.');
  const command = audit
    .command('verify')
    .description('Check the chain of hashes over every entry of the audit log, and name the first bad row.')
    .requiredOption('--database <file>', 'the database')
    .action((options: { readonly database: string }) => verify(options.database, context));
  withCommonHelp(
    command,
    ['trueup audit verify --database trueup.sqlite', 'trueup audit verify --database trueup.sqlite --json'],
    'Reads beside a running "trueup run" and writes nothing.\n\nExit codes: 0 verified, 1 not, 2 wrong usage',
  );
}

async function verify(path: string, { output, finish }: CommandContext): Promise<void> {
  const { openExisting } = await import('./open-existing.ts');
  const { verifyAudit } = await import('../../db/verify-audit.ts');
  const database = await openExisting(path);
  try {
    const verdict = await verifyAudit(database.db);
    if (output.isJson) output.document(verdict);
    if (verdict.verified) output.line(`${output.style.good('verified')}: ${verdict.entries} entries`);
    else output.line(`${output.style.bad('not verified')}: row ${verdict.sequence}: ${verdict.problem}`);
    finish(verdict.verified ? EXIT.done : EXIT.failed);
  } finally {
    await database.close();
  }
}
