import type { Command } from 'commander';
import type { StatusDocument } from '../app/read-status.ts';
import { ageText } from './age-text.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { type BookOptions, withBookOptions, withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { killSwitchText } from './kill-switch-text.ts';
import type { Output } from './output.ts';
import { printRuntime } from './print-runtime.ts';
import { printable } from './table.ts';

/** `trueup status`: how the book and its venues stand, from the database alone. */
export function registerStatus(program: Command, context: CommandContext): void {
  const command = withBookOptions(
    program
      .command('status')
      .description('Show how the book and its venues stood when they were last written. Asks no venue.'),
  ).action((options: BookOptions) => status(options, context));
  withCommonHelp(
    command,
    ['trueup status --config trueup.json', 'trueup status --database trueup.sqlite --json'],
    'Reads beside a running "trueup run" and writes nothing. What it says of the service is as of its last heartbeat.\n\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration',
  );
}

async function status(options: BookOptions, context: CommandContext): Promise<void> {
  await withExistingBook(options, context, async ({ path, db }) => {
    const { readStatus } = await import('../app/read-status.ts');
    const { hostname } = await import('node:os');
    const found = await readStatus({ db }, { nowMs: context.clock.now(), host: hostname() });
    if (context.output.isJson) context.output.document({ database: path, ...found });
    print(path, found, context.output);
  });
  context.finish(EXIT.done);
}

function print(path: string, found: StatusDocument, output: Output): void {
  const { style } = output;
  const { owner, venues, discrepancies, proposals, lastPlan, rebalance, killSwitch, losses, reserved, atMs } =
    found;
  output.line(`${style.bold('book')}  ${path}`);
  output.line(`owner  ${ownerText(found)}`);
  printRuntime(found, output);
  if (venues.length === 0) output.line('no venue has been read yet');
  for (const venue of venues) {
    const paint = venue.mode === 'active' ? style.good : style.bad;
    const { lastReport, lastCertifiedAtMs } = venue;
    const report = lastReport
      ? `${lastReport.status}${reasonOf(lastReport.unknownReason)}`
      : 'not reconciled yet';
    const since =
      lastCertifiedAtMs === null ? 'never certified' : `certified ${ageText(atMs - lastCertifiedAtMs)} ago`;
    output.line(
      `${style.bold(venue.venue)}  ${paint(venue.mode)}  ${report}, ${since}  ${printable(venue.reason)}`,
    );
    for (const { asset, reason } of venue.closedAssets)
      output.line(`  closed ${asset}: ${printable(reason)}`);
  }
  for (const each of discrepancies)
    output.line(
      `  ${each.venue} ${each.asset} ${each.class} ${each.severity}: ${each.state}  ${style.dim(each.shortId)}`,
    );
  for (const { venue, shortId } of proposals)
    output.line(`  waits for a person: ${venue} correction ${shortId} (trueup explain ${shortId})`);
  if (lastPlan) output.line(`last plan  ${lastPlan.hash}  ${lastPlan.status}`);
  if (rebalance) {
    const paused = rebalance.pauseReason === null ? '' : `  paused by ${printable(rebalance.pauseReason)}`;
    output.line(`rebalance  ${rebalance.planHash}  ${rebalance.phase}${paused}`);
  }
  for (const { venue, asset, amount } of reserved)
    output.line(`set aside  ${printable(venue)}  ${printable(asset)}  ${amount}`);
  const { alerts } = found;
  if (alerts.critical + alerts.warning + alerts.info > 0)
    output.line(
      `alerts  ${(alerts.critical > 0 ? style.bad : style.warning)(`${alerts.critical} critical`)}, ${alerts.warning} warning, ${alerts.info} info  (trueup alerts)`,
    );
  const stopped = killSwitchText(killSwitch, atMs);
  if (stopped !== null) output.line(stopped);
  if (losses?.drawdown.halt)
    output.line(
      `trading is halted: the portfolio fell by ${losses.drawdown.halt.drawdown} from its highest ${ageText(atMs - losses.drawdown.halt.atMs)} ago (trueup rearm)`,
    );
  if (owner && !owner.isAlive) output.line(style.warning('the owner has ended without giving the book back'));
}

function ownerText({ owner, atMs }: StatusDocument): string {
  if (!owner) return 'none runs';
  return `process ${owner.processId} on ${owner.host} for ${ageText(atMs - owner.startedAtMs)}`;
}

const reasonOf = (reason: string | null): string => (reason === null ? '' : ` (${reason})`);
