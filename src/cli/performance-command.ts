import { type Command, Option } from 'commander';
import { type BookPerformanceOptions, bookPerformance, PERFORMANCE_SCOPES } from './book-performance.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { withBookOptions } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { printPerformance } from './print-performance.ts';

/** `trueup performance`: of a book by its valuations, or what a file of valuations, returns or cash flows says. */
export function registerPerformance(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('performance')
      .description(
        'Performance of a book or of a file: return by time and by money, risk, drawdown, and why a figure is missing.',
      ),
  )
    .option('--input <file>', 'instead of a book: valuations with flows, or returns, or cash flows')
    .addOption(
      new Option('--by <scope>', 'of the book: as a whole, or each strategy, asset or venue')
        .choices(PERFORMANCE_SCOPES)
        .default('portfolio'),
    )
    .option('--from <time>', 'of the book: from the first valuation then; a time or a span such as 90d')
    .option('--to <time>', 'of the book: to the last valuation by then')
    .action((options: PerformanceOptions, self: Command) => performance(options, self, context));
  withCommonHelp(
    command,
    [
      'trueup performance --config trueup.json',
      'trueup performance --database trueup.sqlite --by asset --from 2026-01-01 --json',
      'trueup performance --input portfolio.json',
    ],
    [
      'Of a book it reads beside a running "trueup run" and writes nothing: valuations of days and before flows, as',
      'docs/VALUATIONS.md has them. The file is one of',
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

interface PerformanceOptions extends BookPerformanceOptions {
  readonly input?: string;
}

async function performance(
  options: PerformanceOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { input } = options;
  if (input === undefined) return bookPerformance(options, context);
  const others = ['config', 'database', 'by', 'from', 'to'].filter(
    (name) => command.getOptionValueSource(name) === 'cli',
  );
  if (others.length > 0)
    throw new CommandFailure('usage', `expected --input alone, or a book; found --${others[0]} as well`);
  return filePerformance(input, context);
}

async function filePerformance(input: string, { output, finish }: CommandContext): Promise<void> {
  const { accountPerformanceFile } = await import('../app/account-performance-file.ts');
  const accounted = accountPerformanceFile(input);
  if (accounted.state === 'refused')
    throw new CommandFailure('usage', 'the performance cannot be told', accounted.problems);
  if (output.isJson) output.document(accounted.document);
  else printPerformance(accounted.document, output);
  finish(EXIT.done);
}
