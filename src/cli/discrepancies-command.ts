import type { Command } from 'commander';
import type { ListedDiscrepancy } from '../app/list-discrepancies.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';
import { type Column, right, tableLines } from './table.ts';

interface DiscrepanciesOptions extends BookOptions {
  readonly all?: boolean;
}

/** `trueup discrepancies`: where book and venues differ, from the database alone. */
export function registerDiscrepancies(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program.command('discrepancies').description('List where book and venues differ. Asks no venue.'),
  )
    .option('--venue <id>', 'only at this venue')
    .option('--all', 'the newest 500, those that have ended as well')
    .action((options: DiscrepanciesOptions) => list(options, context));
  withCommonHelp(
    command,
    [
      'trueup discrepancies --config trueup.json',
      'trueup discrepancies --database trueup.sqlite --venue coinbase --all --json',
    ],
    [
      'Reads beside a running "trueup run" and writes nothing. Open is what nobody has decided on, and what one',
      'read has shown and a second has not confirmed yet. "trueup explain ID" shows all of one.',
      '',
      'Exit codes: 0 none is open, 1 failed, 2 wrong usage or configuration, 4 some are open',
    ].join('\n'),
  );
}

async function list(options: DiscrepanciesOptions, context: CommandContext): Promise<void> {
  const { listDiscrepancies } = await import('../app/list-discrepancies.ts');
  const isAll = options.all === true;
  const { path, discrepancies } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    discrepancies: await listDiscrepancies(book.db, { venue: options.venue ?? null, isAll }),
  }));
  const open = discrepancies.filter(({ isOpen }) => isOpen).length;
  if (context.output.isJson) context.output.document({ database: path, open, discrepancies });
  print(discrepancies, isAll, context.output);
  context.finish(open === 0 ? EXIT.done : EXIT.discrepant);
}

function print(discrepancies: readonly ListedDiscrepancy[], isAll: boolean, output: Output): void {
  if (discrepancies.length === 0) {
    output.line(output.style.good(isAll ? 'book and venues never differed' : 'no discrepancy is open'));
    return;
  }
  const rows = discrepancies.map((each) => [
    each.shortId,
    each.venue,
    each.asset,
    each.class,
    each.severity,
    each.bookAmount,
    each.venueAmount,
    each.delta,
    each.valueUsd ?? 'no price',
    each.state,
    new Date(each.firstSeenAtMs).toISOString(),
    each.cause ?? '',
  ]);
  for (const line of tableLines(COLUMNS, rows)) output.line(line);
}

const COLUMNS: readonly Column[] = [
  { title: 'Id' },
  { title: 'Venue' },
  { title: 'Asset' },
  { title: 'Class' },
  { title: 'Severity' },
  right('Book'),
  right('Venue'),
  right('Delta'),
  right('USD'),
  { title: 'State' },
  { title: 'Since' },
  { title: 'Cause' },
];
