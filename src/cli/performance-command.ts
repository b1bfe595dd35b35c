import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { printPerformance } from './print-performance.ts';

/** `trueup performance`: what a file of valuations, returns or cash flows says of performance. */
export function registerPerformance(program: Command, context: CommandContext): void {
  const command = program
    .command('performance')
    .description(
      'Performance of a file: return by time and by money, risk, drawdown, and why a figure is missing.',
    )
    .requiredOption('--input <file>', 'valuations with flows, or returns, or cash flows')
    .action((options: { readonly input: string }) => performance(options.input, context));
  withCommonHelp(
    command,
    ['trueup performance --input portfolio.json', 'trueup performance --input returns.json --json'],
    [
      'The file is one of',
      '  {"valuations": [{"at": "2024-01-01", "value": "10000"}, …], "flows": [{"at": "2024-04-01", "amount": "5000"}, …]}',
      '  {"returns": [0.012, -0.008, …]}',
      '  {"cashFlows": [{"at": "2024-01-01", "amount": "-10000"}, …, {"at": "2024-12-31", "amount": "14500"}]}',
      'The first two take "periodsPerYear" (365), "riskFree" (0) and "minimumAcceptableReturn" (0), of a year. A flow is',
      'positive into the portfolio, and a valuation is taken before the flows of its moment; a cash flow is negative',
      'where the investor pays. Returns and falls are signed fractions. docs/PERFORMANCE.md defines every figure.',
      '',
      'Exit codes: 0 done, also where figures are null; 1 failed, 2 wrong usage or input',
    ].join('\n'),
  );
}

async function performance(input: string, { output, finish }: CommandContext): Promise<void> {
  const { accountPerformanceFile } = await import('../app/account-performance-file.ts');
  const accounted = accountPerformanceFile(input);
  if (accounted.state === 'refused')
    throw new CommandFailure('usage', 'the performance cannot be told', accounted.problems);
  if (output.isJson) output.document(accounted.document);
  else printPerformance(accounted.document, output);
  finish(EXIT.done);
}
