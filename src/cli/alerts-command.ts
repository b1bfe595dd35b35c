import type { Command } from 'commander';
import type { AlertsDocument, ListedAlert } from '../app/alerts/alerts-document.ts';
import { ageText } from './age-text.ts';
import { registerAlertsAcknowledge } from './alerts-acknowledge-command.ts';
import { registerAlertsTest } from './alerts-test-command.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';
import { printable } from './table.ts';

interface AlertsOptions extends BookOptions {
  readonly all?: boolean;
}

/** `trueup alerts`: what people have to know, from the database alone. */
export function registerAlerts(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program.command('alerts').description('List what people have to know, with what to do. Asks no venue.'),
  )
    .option('--all', 'the newest 500, those that are resolved as well')
    .action((options: AlertsOptions) => list(options, context));
  withCommonHelp(
    command,
    ['trueup alerts --config trueup.json', 'trueup alerts --database trueup.sqlite --all --json'],
    [
      'Reads beside a running "trueup run" and writes nothing. docs/ALERTS.md says what each means.',
      '',
      'Exit codes: 0 done, 1 failed, 2 wrong usage or configuration',
    ].join('\n'),
  );
  registerAlertsAcknowledge(command, context);
  registerAlertsTest(command, context);
}

async function list(options: AlertsOptions, context: CommandContext): Promise<void> {
  const { alertsDocument } = await import('../app/alerts/alerts-document.ts');
  const isAll = options.all === true;
  const { path, found } = await withExistingBook(options, context, async (book) => ({
    path: book.path,
    found: await alertsDocument(book.db, { isAll }),
  }));
  if (context.output.isJson) context.output.document({ database: path, ...found });
  print(found, { isAll, nowMs: context.clock.now() }, context.output);
  context.finish(EXIT.done);
}

function print(
  { alerts, waiting }: AlertsDocument,
  { isAll, nowMs }: { readonly isAll: boolean; readonly nowMs: number },
  output: Output,
): void {
  const { style } = output;
  if (alerts.length === 0) output.line(style.good(isAll ? 'there never was an alert' : 'no alert is open'));
  for (const alert of alerts) {
    const level = paintOf(alert, output)(alert.level);
    const over = alert.resolvedAtMs === null ? '' : `, resolved ${ageText(nowMs - alert.resolvedAtMs)} ago`;
    const since = `${ageText(nowMs - alert.openedAtMs)} ago${over}`;
    output.line(
      `${level}  ${printable(alert.title)}${subjectOf(alert)}  ${style.dim(alert.shortId)}  ${since}`,
    );
    if (alert.detail !== '') output.line(`  ${printable(alert.detail)}`);
    if (alert.state === 'open') output.line(`  do: ${alert.action}`);
    if (alert.acknowledgement !== null) {
      const { by, reason } = alert.acknowledgement;
      output.line(`  acknowledged by ${printable(by)}: ${printable(reason)}`);
    }
  }
  for (const { channel, waiting: count, problem } of waiting)
    output.line(
      style.warning(
        `${count} ${count === 1 ? 'message waits' : 'messages wait'} for ${printable(channel)}${problem === '' ? '' : `: ${printable(problem)}`}`,
      ),
    );
}

const paintOf = ({ level, state }: ListedAlert, { style }: Output) => {
  if (state === 'resolved' || level === 'info') return style.dim;
  return level === 'critical' ? style.bad : style.warning;
};

function subjectOf({ asset, venue, about }: ListedAlert): string {
  const where = asset !== null && venue !== null ? `${asset} at ${venue}` : (asset ?? venue ?? '');
  const parts = [where, about ?? ''].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${printable(parts.join(', '))})`;
}
