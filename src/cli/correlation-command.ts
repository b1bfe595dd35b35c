import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { printCorrelation } from './print-correlation.ts';

/** `trueup correlation`: what moves together, and how much of a portfolio is one bet. */
export function registerCorrelation(program: Command, context: CommandContext): void {
  const command = program
    .command('correlation')
    .description('Tell correlations, clusters and how much of a portfolio is one bet, of a file.')
    .requiredOption('--input <file>', 'series of returns or prices, or correlations that are known')
    .action((options: { readonly input: string }) => correlation(options.input, context));
  withCommonHelp(
    command,
    ['trueup correlation --input returns.json', 'trueup correlation --input matrix.json --json'],
    [
      'The file is {"series": {NAME: [...]}, "linkage"} or {"correlation": [[...]], "names", "volatilities", "weights",',
      '"linkage"}. Series are of the same periods, oldest first, null where there is no value. They are read as returns',
      'where any value is not above zero, which no price is, and as prices where all are; "kind": "returns" or "prices"',
      'says it. "linkage" is single, complete, average (unless told) or ward. Weights are equal unless told. What cannot',
      'be known is null, with its reason under "reasons". docs/CORRELATION.md has every key and where its formula is from.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage or input',
    ].join('\n'),
  );
}

async function correlation(input: string, { output, finish }: CommandContext): Promise<void> {
  const { analyseCorrelationFile } = await import('../app/analyse-correlation-file.ts');
  const analysed = analyseCorrelationFile(input);
  if (analysed.state === 'refused')
    throw new CommandFailure('usage', 'the correlation cannot be analysed', analysed.problems);
  if (output.isJson) output.document(analysed.analysis);
  else printCorrelation(analysed.analysis, output);
  finish(EXIT.done);
}
