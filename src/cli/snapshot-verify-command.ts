import type { Command } from 'commander';
import type { OpenDatabase } from '../../db/database.ts';
import type { SnapshotsVerdict } from '../app/verify-snapshots.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import { idBeginning } from './id-beginning.ts';
import type { Output } from './output.ts';
import { printable } from './table.ts';

interface VerifyOptions {
  readonly database: string;
  readonly id?: string;
}

/** Several snapshots that begin alike are named up to this many. */
const LISTED_MAX = 10;

/** `trueup snapshot verify`: whether the snapshots that are kept are what was certified. */
export function registerSnapshotVerify(snapshot: Command, context: CommandContext): void {
  const command = snapshot
    .command('verify')
    .description(
      'Check every stored snapshot against its certificate, and all of them against the audit log.',
    )
    .requiredOption('--database <file>', 'the database')
    .option('--id <id>', 'only this snapshot, by its id or a beginning of it')
    .action((options: VerifyOptions) => verify(options, context));
  withCommonHelp(
    command,
    [
      'trueup snapshot verify --database trueup.sqlite',
      'trueup snapshot verify --database trueup.sqlite --id 3f2a9c1e --json',
    ],
    [
      'Asks no venue, reads beside a running "trueup run" and writes nothing. The audit log names every snapshot; whether',
      'the log is whole is for "trueup audit verify".',
      '',
      'Exit codes: 0 verified, 1 altered or failed, 2 wrong usage',
    ].join('\n'),
  );
}

async function verify(
  { database: path, id }: VerifyOptions,
  { output, finish }: CommandContext,
): Promise<void> {
  const { openExisting } = await import('./open-existing.ts');
  const { verifyOneSnapshot, verifySnapshots } = await import('../app/verify-snapshots.ts');
  const { elapsedMs } = await import('../platform/clock.ts');
  const { db, close } = await openExisting(path);
  try {
    const only = id === undefined ? null : await wholeId(db, id);
    const startedMs = elapsedMs();
    const verdict = only === null ? await verifySnapshots(db) : await verifyOneSnapshot(db, only);
    const durationMs = Math.max(1, Math.round(elapsedMs() - startedMs));
    const speed = {
      durationMs,
      snapshotsPerSecond: Math.round((verdict.snapshots / durationMs) * 1_000),
    };
    if (output.isJson) output.document({ ...verdict, ...speed });
    print(verdict, output);
    output.line(`${speed.snapshotsPerSecond} snapshots a second: ${verdict.snapshots} in ${durationMs} ms`);
    finish(verdict.verified ? EXIT.done : EXIT.failed);
  } finally {
    await close();
  }
}

async function wholeId(db: OpenDatabase['db'], id: string): Promise<string> {
  const beginning = idBeginning('--id', id);
  const { readSnapshotIds } = await import('../app/verify-snapshots.ts');
  const [only, ...others] = await readSnapshotIds(db, { beginning, limit: LISTED_MAX });
  if (only === undefined)
    throw new CommandFailure('usage', `--id: expected the id of a snapshot, found ${beginning}`);
  if (others.length === 0) return only;
  const message = `--id: expected the beginning of one id, found ${beginning}, with which several begin:`;
  throw new CommandFailure('usage', [message, ...[only, ...others].map((each) => `  ${each}`)].join('\n'));
}

function print({ verified, snapshots, altered, first }: SnapshotsVerdict, { line, style }: Output): void {
  if (verified) line(`${style.good('verified')}: ${snapshots} snapshots`);
  else line(`${style.bad('not verified')}: ${altered} altered or missing, ${snapshots} read`);
  if (first === null) return;
  const { id, venue, observedAtMs, problems } = first;
  const of =
    venue === null || observedAtMs === null ? '' : ` of ${venue} at ${new Date(observedAtMs).toISOString()}`;
  line(`first: ${printable(id)}${printable(of)}`);
  for (const { place, expected, found } of problems)
    line(`  ${printable(place)}: expected ${printable(expected)}, found ${printable(found)}`);
}
