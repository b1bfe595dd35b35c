import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { registerReasoned } from './decide-with-reason.ts';

/** `trueup pause`: a rebalance under way waits. */
export function registerPause(program: Command, context: CommandContext): void {
  registerReasoned(program, context, {
    name: 'pause',
    kind: 'pauseRebalance',
    description: 'Pause the rebalance under way: nothing more is begun or sent until it is resumed.',
    question: 'Pause the rebalance under way?',
    example: 'trueup pause --config trueup.json --reason "a release of the bot" --yes',
    needsReason: false,
    help: [
      'What is live is followed to its end. The pause outlives a restart: "trueup resume" ends it, "trueup abort" ends',
      'the rebalance.',
      '',
      'Exit codes: 0 paused, 1 failed, refused or nothing was under way, 2 wrong usage or configuration',
    ],
  });
}
