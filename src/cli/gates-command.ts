import type { Command } from 'commander';
import type { GateViews } from '../app/read-gate-views.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { killSwitchText } from './kill-switch-text.ts';
import type { Output } from './output.ts';
import { printable, tableLines } from './table.ts';

/** `trueup gates`: what may be traded and why not, from the database alone. */
export function registerGates(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('gates')
      .description('Show for every venue and asset whether the bot may take new risk, and why not.'),
  )
    .option('--venue <id>', 'only this venue')
    .action((options: BookOptions) => gates(options, context));
  withCommonHelp(
    command,
    ['trueup gates --config trueup.json', 'trueup gates --database trueup.sqlite --venue coinbase --json'],
    [
      'Reads beside a running "trueup run" and writes nothing. A view: it ends with 0 also where gates are closed.',
      '',
      'Exit codes: 0 shown, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
}

async function gates(options: BookOptions, context: CommandContext): Promise<void> {
  const { readGateViews } = await import('../app/read-gate-views.ts');
  const { path, views } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    views: await readGateViews(book.db, { venue: options.venue ?? null, nowMs: context.clock.now() }),
  }));
  if (context.output.isJson) context.output.document({ database: path, ...views });
  print(views, context.output);
  context.finish(EXIT.done);
}

function print({ atMs, isOwned, killSwitch, venues }: GateViews, output: Output): void {
  const { style } = output;
  if (!isOwned)
    output.line(style.warning('no service runs: every gate is closed; this is how they were last written'));
  const stopped = killSwitchText(killSwitch, atMs);
  if (stopped !== null) output.line(style.bad(stopped));
  if (venues.length === 0) output.line('no venue has been read yet');
  for (const { venue, mode, reason, sinceMs, lastCertifiedAtMs, assets } of venues) {
    const paint = mode === 'active' ? style.good : style.bad;
    const since = sinceMs === null ? '' : `  since ${timeText(sinceMs)}`;
    const certified =
      lastCertifiedAtMs === null ? 'never certified' : `certified ${timeText(lastCertifiedAtMs)}`;
    output.line(
      `${style.bold(printable(venue))}  ${paint(mode)}  ${printable(reason)}${since}, ${certified}`,
    );
    const rows = assets.map((gate) => [
      gate.asset,
      gate.isOpen ? 'open' : 'closed',
      timeText(gate.sinceMs),
      gate.reason,
    ]);
    if (rows.length > 0) for (const line of tableLines(COLUMNS, rows)) output.line(`  ${line}`);
  }
}

const timeText = (atMs: number): string => new Date(atMs).toISOString();
const COLUMNS = [{ title: 'Asset' }, { title: 'Gate' }, { title: 'Since' }, { title: 'Why' }];
