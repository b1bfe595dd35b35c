import type { Command } from 'commander';
import type { Configuration } from '../app/configuration.ts';
import type { DecisionAnswer } from '../app/portfolio-api.ts';
import type { CommandContext } from './command-context.ts';
import { registerReasoned } from './decide-with-reason.ts';
import { personOf } from './person-of.ts';

/** `trueup halt`: the kill switch. */
export function registerHalt(program: Command, context: CommandContext): void {
  registerReasoned(program, context, {
    name: 'halt',
    kind: 'haltTrading',
    description:
      'Stop all trading until it is re-armed: every gate closes, and a rebalance under way is aborted.',
    question: 'Stop all trading?',
    example: 'trueup halt --config trueup.json --reason "the key may be known" --yes',
    needsReason: true,
    help: [
      'Venues are reconciled on, and what is live is followed to its end. Also where no "trueup run" runs: the next one',
      'finds it so. "trueup rearm" lets trading go on.',
      '',
      'Exit codes: 0 trading is stopped, 1 failed or stopped already, 2 wrong usage or configuration',
    ],
    alone: (reason, configuration, aloneContext) =>
      turnAlone('haltTrading', reason, configuration, aloneContext),
  });
}

/** `trueup rearm`: trading goes on after `trueup halt`. */
export function registerRearm(program: Command, context: CommandContext): void {
  registerReasoned(program, context, {
    name: 'rearm',
    kind: 'rearmTrading',
    description: 'Let trading go on after "trueup halt", and after a drawdown that halted it.',
    question: 'Let trading go on?',
    example: 'trueup rearm --config trueup.json --reason "the key was changed" --yes',
    needsReason: true,
    help: [
      'A gate opens once its venue is certified. A rebalance that was aborted is not taken up again: plan anew. After a',
      'drawdown the high-water mark starts anew at what the portfolio is now. A loss of the day ends by itself.',
      '',
      'Exit codes: 0 trading may go on, 1 failed or not stopped, 2 wrong usage or configuration',
    ],
    alone: (reason, configuration, aloneContext) =>
      turnAlone('rearmTrading', reason, configuration, aloneContext),
  });
}

async function turnAlone(
  kind: 'haltTrading' | 'rearmTrading',
  reason: string,
  configuration: Configuration,
  context: CommandContext,
): Promise<DecisionAnswer> {
  const { turnSwitchAlone } = await import('../app/turn-switch-alone.ts');
  const { clock, output } = context;
  const onProblem = (problem: string) => output.note(`trueup: ${problem}`);
  return turnSwitchAlone(configuration, { kind, reason }, { by: personOf(context), clock, onProblem });
}
