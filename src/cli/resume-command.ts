import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { registerReasoned } from './decide-with-reason.ts';

/** `trueup resume`: a rebalance goes on that was paused, or left to a person. */
export function registerResume(program: Command, context: CommandContext): void {
  registerReasoned(program, context, {
    name: 'resume',
    kind: 'resumeRebalance',
    description: 'Go on with the rebalance that was paused, or take up again the last one left to a person.',
    question: 'Go on with the rebalance?',
    example: 'trueup resume --config trueup.json --yes',
    needsReason: false,
    help: [
      'Of a rebalance that was left to a person, the orders of unknown outcome are looked up anew, and nothing is sent',
      'twice. What was not sent before a pause is left to the next plan where its price has moved meanwhile.',
      '',
      'Exit codes: 0 it goes on, 1 failed, refused or nothing to go on with, 2 wrong usage or configuration',
    ],
  });
}
