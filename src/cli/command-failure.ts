import type { ConfigurationProblem } from '../app/configuration-problem.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

export type FailureKind = 'usage' | 'configuration' | 'failed' | 'internal';

/** Ends a command with a message for people, and no stack. Never holds a secret. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly kind: FailureKind;
  readonly exitCode: ExitCode;
  readonly problems: readonly ConfigurationProblem[];

  constructor(
    kind: FailureKind,
    message: string,
    problems: readonly ConfigurationProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = kind;
    this.exitCode = kind === 'usage' || kind === 'configuration' ? EXIT.refused : EXIT.failed;
    this.problems = problems;
  }
}
