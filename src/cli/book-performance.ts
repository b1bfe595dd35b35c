import type { BookPerformanceDocument, ScopeDocument } from '../app/valuations/book-performance-document.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { type BookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { momentOf } from './history-span.ts';
import type { Output } from './output.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

/** What a book's performance is told by. */
export const PERFORMANCE_SCOPES = ['portfolio', 'strategy', 'asset', 'venue'] as const;

export interface BookPerformanceOptions extends BookOptions {
  readonly by: (typeof PERFORMANCE_SCOPES)[number];
  readonly from?: string;
  readonly to?: string;
}

/** `trueup performance` of a book, by the valuations that were taken of it. */
export async function bookPerformance(
  options: BookPerformanceOptions,
  context: CommandContext,
): Promise<void> {
  const { by, from, to, config } = options;
  const nowMs = context.clock.now();
  const fromMs = from === undefined ? null : momentOf('--from', from, nowMs);
  const toMs = to === undefined ? nowMs : momentOf('--to', to, nowMs);
  if (fromMs !== null && fromMs > toMs)
    throw new CommandFailure('usage', `--from: expected a time before --to and now, found ${from}`);
  const configuration = config === undefined ? null : await readConfiguration(config, context);
  const { accountBookPerformance } = await import('../app/valuations/book-performance.ts');
  const { bookPerformanceDocument } = await import('../app/valuations/book-performance-document.ts');
  const { DEFAULT_ANNUAL_TERMS } = await import('../domain/performance/annual-terms.ts');
  const { DEFAULT_GROUPS } = await import('../app/asset-groups.ts');
  const found = await withExistingBook(options, context, async ({ path, db }) => {
    const performance = await accountBookPerformance(db, {
      by,
      fromMs,
      toMs,
      groups: configuration?.groups ?? DEFAULT_GROUPS,
      tax: configuration?.tax ?? null,
      terms: DEFAULT_ANNUAL_TERMS,
    });
    return { database: path, ...bookPerformanceDocument(by, performance, DEFAULT_ANNUAL_TERMS) };
  });
  if (context.output.isJson) context.output.document(found);
  else await print(found, context.output);
  context.finish(EXIT.done);
}

async function print(
  { by, scopes, valuations, uncertified, backfilled }: BookPerformanceDocument,
  output: Output,
): Promise<void> {
  const { printPerformance } = await import('./print-performance.ts');
  output.line(
    `${valuations} valuations, ${backfilled} of them backfilled, ${uncertified} with a venue that was not certified`,
  );
  if (scopes.length === 0) output.line(`no ${by} is in any of them`);
  for (const scope of scopes) {
    output.line();
    output.line(output.style.bold(printable(scope.scope)));
    printMoney(scope, output);
    printPerformance(scope, output);
  }
}

function printMoney(scope: ScopeDocument, output: Output): void {
  const { startUsd, endUsd, netFlowsUsd, realisedUsd, unrealisedUsd, roundTrips } = scope;
  const usd = (value: number | null): string => (value === null ? 'none' : value.toFixed(2));
  output.line(`${usd(startUsd)} USD at first, ${usd(netFlowsUsd)} came in, ${usd(endUsd)} at last`);
  for (const [name, figure] of [
    ['realised', realisedUsd],
    ['unrealised', unrealisedUsd],
  ] as const)
    output.line(
      typeof figure === 'string'
        ? `${name} ${usd(Number(figure))} USD`
        : `${name} unknown: ${printable(figure.unknown)}`,
    );
  if (roundTrips !== null && roundTrips.won + roundTrips.lost + roundTrips.unknown > 0)
    output.line(
      `round trips: ${roundTrips.won} won, ${roundTrips.lost} lost, ${roundTrips.unknown} of unknown gain`,
    );
  for (const asset of scope.unpriced)
    output.line(`had no price at times, and no value then: ${printable(asset)}`);
  for (const asset of scope.unpricedFlows)
    output.line(`came or went, and nobody says what it was worth: ${printable(asset)}`);
}
