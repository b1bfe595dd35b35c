import type { Configuration } from '../app/configuration.ts';
import type { RunOptions } from '../app/open-portfolio.ts';
import type { Portfolio, VenueReport } from '../app/portfolio-api.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';

/**
 * Opens the portfolio for a command, as the owner of its book; unless told otherwise, without metrics, which belong to
 * what goes on running. Ends the command where that cannot be.
 */
export async function openOwned(
  configuration: Configuration,
  context: CommandContext,
  options: Pick<RunOptions, 'mode' | 'journal' | 'metrics'> = {},
): Promise<Portfolio> {
  const { openConfigured } = await import('../app/open-portfolio.ts');
  const onProblem = (problem: string) => context.output.note(`trueup: ${problem}`);
  try {
    return await openConfigured(configuration, { metrics: null, ...options, onProblem });
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'InvariantViolation') throw error;
    const kind = error.name === 'KeyRefusedError' ? 'configuration' : 'failed';
    throw new CommandFailure(kind, error.message, [], { cause: error });
  }
}

/** The first round of every venue since the start, and another one where something was under way. */
export async function settledReports(
  portfolio: Portfolio,
  venue: string | undefined,
): Promise<readonly VenueReport[]> {
  const first = await portfolio.reports(venue);
  return Promise.all(
    first.map(async (report) => {
      if (report.status !== 'pending') return report;
      const [again = report] = await portfolio.reconcile(report.venue);
      return again;
    }),
  );
}
