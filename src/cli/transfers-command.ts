import type { Command } from 'commander';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { tableLines } from './table.ts';

/** The newest so many are shown. */
const TRANSFERS_MAX = 100;

/** `trueup transfers`: what was to leave venues, and what became of it, from the database alone. */
export function registerTransfers(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('transfers')
      .description(`Show the newest ${TRANSFERS_MAX} transfers to addresses, and what became of each.`),
  )
    .option('--venue <id>', 'only those from this venue')
    .action((options: BookOptions) => transfers(options, context));
  withCommonHelp(
    command,
    ['trueup transfers --config trueup.json', 'trueup transfers --database trueup.sqlite --json'],
    [
      'Reads beside a running "trueup run" and writes nothing.',
      '',
      'Exit codes: 0 shown, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function transfers(options: BookOptions, context: CommandContext): Promise<void> {
  const { listTransfers } = await import('../app/transfers/list-transfers.ts');
  const { path, list } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    list: await listTransfers(book.db, { limit: TRANSFERS_MAX, venue: options.venue ?? null }),
  }));
  const { output } = context;
  if (output.isJson) output.document({ database: path, transfers: list });
  else if (list.length === 0) output.line('nothing was transferred yet');
  const rows = list.map((each) => [
    new Date(each.createdAtMs).toISOString(),
    each.transferId,
    each.status,
    each.venue,
    each.amount,
    each.asset,
    each.toVenue === null ? each.to : `${each.to} (${each.toVenue})`,
    each.detail,
  ]);
  if (rows.length > 0) for (const line of tableLines(COLUMNS, rows)) output.line(line);
  context.finish(EXIT.done);
}

const COLUMNS = [
  { title: 'At' },
  { title: 'Id' },
  { title: 'Status' },
  { title: 'From' },
  { title: 'Amount', align: 'right' },
  { title: 'Asset' },
  { title: 'To' },
  { title: 'Detail' },
] as const;
