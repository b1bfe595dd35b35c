import type { Command } from 'commander';
import type { Secret } from '../app/secret.ts';
import type { Clock } from '../platform/clock.ts';
import type { ExitCode } from './exit-code.ts';
import type { Output } from './output.ts';
import type { Person } from './person.ts';

/** What every command works with. */
export interface CommandContext {
  readonly output: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly person: Person;
  /** Says how the command ended. */
  finish(exitCode: ExitCode): void;
  /** Secrets that are in memory from now on: no message may hold a part of them. */
  protect(secrets: readonly Secret[]): void;
}

/** Adds one command to the program. What the command runs is imported when it runs. */
export type CommandRegistration = (program: Command, context: CommandContext) => void;

/** The command that holds others, such as "config" of "config check"; made when it is first asked for. */
export function commandGroup(program: Command, name: string, description: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program.command(name).description(description)
  );
}

/** Every command has `--json`, and an example and the exit codes under its help. */
export function withCommonHelp(command: Command, examples: readonly string[], exitCodes: string): Command {
  const title = examples.length === 1 ? 'Example' : 'Examples';
  return command
    .option('--json', 'print one JSON document on stdout and nothing else')
    .addHelpText(
      'after',
      `\n${title}:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n\n${exitCodes}`,
    );
}
