import { type Command, Option } from 'commander';
import type { RebalanceFormat } from '../app/rebalancing/export-rebalances.ts';
import type { RebalanceRecord } from '../domain/rebalancing/history/rebalance-record.ts';
import { assertReplaceable } from './assert-replaceable.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { sinceMsOf } from './history-span.ts';
import { idBeginning } from './id-beginning.ts';

interface RebalancesOptions extends BookOptions {
  readonly last?: string;
  readonly since?: string;
  readonly export?: string;
  readonly format?: RebalanceFormat;
  readonly yes?: boolean;
}

const LAST_DEFAULT = '20';
const LAST_MAX = 1_000;

/** `trueup rebalances`: what was traded to reach the targets, why, and what it cost, from the database alone. */
export function registerRebalances(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('rebalances')
      .argument('[id]', 'one in full: its id or the hash of its plan, or at least 4 of the first digits')
      .description('Show rebalances: why, what was ordered and filled, and expected against realised cost.'),
  )
    .option('--last <count>', `the newest that are told, at most ${LAST_MAX}; ${LAST_DEFAULT} without`)
    .option('--since <time>', 'only from then on: 2026-01-31T12:00:00Z, or a span such as 24h or 7d')
    .option('--export <file>', 'write all of them to a file instead, oldest first')
    .addOption(
      new Option('--format <format>', 'of the file: a row an order, or an array').choices(['csv', 'json']),
    )
    .option('--yes', 'replace the file without asking')
    .action((id: string | undefined, options: RebalancesOptions) => rebalances(id, options, context));
  withCommonHelp(
    command,
    [
      'trueup rebalances --config trueup.json',
      'trueup rebalances 3f2a91 --database trueup.sqlite --json',
      'trueup rebalances --config trueup.json --since 30d --export rebalances.csv --format csv',
    ],
    [
      'Reads beside a running "trueup run" and writes nothing but the file. Cost is against the mid price at planning,',
      'fees included; what is not known yet says so. docs/OPERATING.md has the columns of the file.',
      '',
      'Exit codes: 0 told, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function rebalances(
  id: string | undefined,
  options: RebalancesOptions,
  context: CommandContext,
): Promise<void> {
  const { last, since, export: file, format, yes } = options;
  if ((file === undefined) !== (format === undefined))
    throw new CommandFailure('usage', 'expected --export with --format, found one of them');
  if (yes && file === undefined) throw new CommandFailure('usage', '--yes: expected --export, found none');
  if (id !== undefined && (last ?? since ?? file) !== undefined)
    throw new CommandFailure('usage', 'expected an id, or --last, --since and --export; found both');
  if (file !== undefined && last !== undefined)
    throw new CommandFailure('usage', '--export writes all since --since: expected no --last');
  if (id !== undefined) return tellOne(idBeginning('ID', id), options, context);
  const sinceMs = since === undefined ? null : sinceMsOf(since, context.clock.now());
  if (file !== undefined && format !== undefined)
    return exportTo(file, { format, sinceMs, isAsked: !yes }, options, context);
  const { listRebalances } = await import('../app/rebalancing/list-rebalances.ts');
  const found = await withExistingBook(options, context, async ({ path, db }) => ({
    database: path,
    rebalances: await listRebalances(db, { sinceMs, limit: lastOf(last ?? LAST_DEFAULT) }),
  }));
  if (context.output.isJson) context.output.document(found);
  else (await import('./print-rebalances.ts')).printRebalances(found.rebalances, context.output);
  context.finish(EXIT.done);
}

function lastOf(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= LAST_MAX) return count;
  const expected = `a whole number from 1 to ${LAST_MAX}`;
  throw new CommandFailure('usage', `--last: expected ${expected}, found ${JSON.stringify(text)}`);
}

async function tellOne(
  beginning: string,
  options: RebalancesOptions,
  context: CommandContext,
): Promise<void> {
  const { findRebalance } = await import('../app/rebalancing/list-rebalances.ts');
  const { path, found } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    found: await findRebalance(book.db, beginning),
  }));
  if (found.state === 'none')
    throw new CommandFailure('usage', `ID: no rebalance and no plan of one begins with ${beginning}`);
  if (found.state === 'several')
    throw new CommandFailure('usage', `ID: several begin with ${beginning}: ${found.ids.join(', ')}`);
  const rebalance: RebalanceRecord = found.rebalance;
  if (context.output.isJson) context.output.document({ database: path, rebalance });
  else (await import('./print-rebalances.ts')).printRebalance(rebalance, context.output);
  context.finish(EXIT.done);
}

async function exportTo(
  file: string,
  asked: { readonly format: RebalanceFormat; readonly sinceMs: number | null; readonly isAsked: boolean },
  options: RebalancesOptions,
  context: CommandContext,
): Promise<void> {
  const { output, person } = context;
  const { exportRebalances } = await import('../app/rebalancing/export-rebalances.ts');
  const { writeFileWhole } = await import('./write-file-whole.ts');
  const written = await withExistingBook(options, context, async ({ path, db }) => {
    const { isAsked, format } = asked;
    await assertReplaceable(file, { option: '--export', database: path, isAsked, person });
    const rebalances = await writeFileWhole(file, (write) => exportRebalances(db, asked, write));
    return { database: path, rebalances, format, file };
  });
  if (output.isJson) output.document(written);
  else output.line(`${written.rebalances} rebalances written to ${file}`);
  context.finish(EXIT.done);
}
