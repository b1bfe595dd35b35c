import type { CommandContext } from './command-context.ts';

/** Who sits at the terminal, as the audit log names people. */
export const personOf = ({ environment }: CommandContext): string =>
  `person:${environment.USER || environment.USERNAME || 'unknown'}`;
