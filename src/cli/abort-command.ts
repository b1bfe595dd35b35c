import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { registerReasoned } from './decide-with-reason.ts';

/** `trueup abort`: ends a rebalance under way. */
export function registerAbort(program: Command, context: CommandContext): void {
  registerReasoned(program, context, {
    name: 'abort',
    kind: 'abortRebalance',
    description: 'Stop the rebalance under way: nothing more is sent, what is live is followed to its end.',
    question: 'Abort the rebalance under way?',
    example: 'trueup abort --config trueup.json --reason "the market is moving" --yes',
    needsReason: false,
    help: [
      'Asks the running "trueup run", which answers within a second. Where none runs, nothing is sent either, and a',
      'rebalance that was under way goes on when it starts again. Orders at a venue are not cancelled: they are',
      'immediate-or-cancel, and end by themselves.',
      '',
      'Exit codes: 0 it ends, 1 failed, refused or nothing was under way, 2 wrong usage or configuration',
    ],
  });
}
