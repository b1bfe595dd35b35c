import { Command, CommanderError } from 'commander';
import type { ConfigurationProblem } from '../app/configuration-problem.ts';
import { nearestName } from '../app/nearest-name.ts';
import { hideSecrets, type Secret } from '../app/secret.ts';
import type { Clock } from '../platform/clock.ts';
import type { CommandContext, CommandRegistration } from './command-context.ts';
import { CommandFailure, type FailureKind } from './command-failure.ts';
import { EXIT, EXIT_CODES_EXPLAINED, type ExitCode } from './exit-code.ts';
import { createOutput, type Output, type Streams } from './output.ts';
import { NOBODY, type Person } from './person.ts';
import { printable } from './table.ts';

export interface CommandLine {
  /** Without the names of node and of the program. */
  readonly words: readonly string[];
  readonly commands: readonly CommandRegistration[];
  readonly streams: Streams;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Nobody unless told. */
  readonly person?: Person;
  readonly version: string;
  /** Takes the secrets that are in memory, for whoever reports what escapes a command. */
  readonly secrets?: Secret[];
}

/** Runs one command to its end. Never throws: every failure becomes a message and an exit code. */
export async function runCommandLine(line: CommandLine): Promise<ExitCode> {
  const isJson = isJsonWanted(line.words);
  const output = createOutput(line.streams, { isJson, environment: line.environment });
  const secrets = line.secrets ?? [];
  let exitCode: ExitCode = EXIT.done;
  const context: CommandContext = {
    output,
    environment: line.environment,
    clock: line.clock,
    person: line.person ?? NOBODY,
    finish: (code) => {
      exitCode = code;
    },
    protect: (found) => {
      secrets.push(...found);
    },
  };
  try {
    await programOf(line, context, isJson).parseAsync([...line.words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    return reportFailure(withSuggestion(error, line.words), {
      output,
      secrets,
      isDebugging: (line.environment.TRUEUP_DEBUG ?? '') !== '',
    });
  }
}

/** Also for what escapes a command, such as a throw in a callback of a library. */
export function reportFailure(
  error: unknown,
  to: { readonly output: Output; readonly secrets: readonly Secret[]; readonly isDebugging: boolean },
): ExitCode {
  const hide = (text: string): string => hideSecrets(text, to.secrets);
  const failure = failureOf(error);
  const message = hide(failure.message);
  const problems = failure.problems.map((problem) => ({ ...problem, found: hide(problem.found) }));
  if (to.output.isJson && !to.output.hasDocument()) {
    const detail = problems.length > 0 ? { problems } : {};
    to.output.document({ error: { kind: failure.kind, message, ...detail } });
  }
  if (!to.output.isJson) to.output.note(`trueup: ${printableLines(message)}`);
  if (!to.output.isJson) for (const problem of problems) to.output.note(`  ${problemLine(problem)}`);
  if (to.isDebugging && error instanceof Error) to.output.note(hide(error.stack ?? ''));
  return failure.exitCode;
}

/** "venues[0].policy: expected …, found …" */
export function problemLine(problem: ConfigurationProblem): string {
  return printable(`${problem.path}: expected ${problem.expected}, found ${problem.found}`);
}

interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly exitCode: ExitCode;
  readonly problems: readonly ConfigurationProblem[];
}

function failureOf(error: unknown): Failure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof CommanderError) {
    return { kind: 'usage', message: usageMessage(error), exitCode: EXIT.refused, problems: [] };
  }
  const message = error instanceof Error ? error.message : String(error);
  const kind = error instanceof Error && error.name === 'InvariantViolation' ? 'internal' : 'failed';
  return { kind, message, exitCode: EXIT.failed, problems: [] };
}

/** A misspelt option is missed before it is found unknown: the message names it, if it is near. */
function withSuggestion(error: unknown, words: readonly string[]): unknown {
  if (!(error instanceof CommanderError) || error.code !== 'commander.missingMandatoryOptionValue')
    return error;
  const missing = /--[\w-]+/.exec(error.message)?.[0] ?? '';
  const written = words.find((word) => word.startsWith('--') && nearestName(word, [missing]) !== null);
  const hint = written === undefined ? '' : `; did you write ${printable(written)} for it?`;
  return new CommandFailure('usage', usageMessage(error) + hint);
}

function usageMessage(error: CommanderError): string {
  if (error.code === 'commander.help') return 'expected a command; "trueup --help" lists them';
  return error.message.replace(/^error: /, '').replace(/\n\((.*)\)$/, '; $1');
}

function programOf(line: CommandLine, context: CommandContext, isJson: boolean): Command {
  const program = new Command('trueup')
    .description("Keeps a trading bot's book, reconciles it with its venues and moves it to its targets.")
    .version(line.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', `\nExample:\n  $ trueup config example > trueup.json\n\n${EXIT_CODES_EXPLAINED}`)
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => line.streams.out.write(text),
      // What commander says of wrong usage is thrown as well and printed once, by reportFailure.
      writeErr: (text) => {
        if (!isJson && !text.startsWith('error: ')) line.streams.err.write(text);
      },
      outputError: () => undefined,
    });
  for (const register of line.commands) register(program, context);
  return program;
}

function isJsonWanted(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--json');
}

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
