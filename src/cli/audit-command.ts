import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { AuditFormat } from '../../db/export-audit.ts';
import type { AuditEvidence, AuditVerdict } from '../../db/verify-audit.ts';
import type { LedgerVerdict } from '../../db/verify-ledger.ts';
import { assertReplaceable } from './assert-replaceable.ts';
import { type CommandContext, commandGroup, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';
import { writeFileWhole } from './write-file-whole.ts';

interface VerifyFlags {
  readonly database: string;
  readonly head?: string | true;
  readonly publicKey?: string;
}

interface ExportFlags {
  readonly database: string;
  readonly format: AuditFormat;
  readonly out?: string;
  readonly yes?: boolean;
}

/** `trueup audit`: whether the audit log is as it was written, and all of it for other programs. */
export function registerAudit(program: Command, context: CommandContext): void {
  const audit = commandGroup(program, 'audit', 'Check the audit log, or write it out.');
  const verifying = audit
    .command('verify')
    .description(
      'Check the chain of hashes over the audit log and the sums of the book, and name the first bad row.',
    )
    .requiredOption('--database <file>', 'the database')
    .option('--head [file]', 'compare with the head file as well; beside the database if it is not named')
    .option('--public-key <file>', 'check the signatures with the Ed25519 public keys in this file (PEM)')
    .action((flags: VerifyFlags) => verify(flags, context));
  withCommonHelp(
    verifying,
    [
      'trueup audit verify --database trueup.sqlite',
      'trueup audit verify --database trueup.sqlite --head --public-key audit.pub.pem --json',
    ],
    'Reads beside a running "trueup run" and writes nothing.\n\nExit codes: 0 verified, 1 not, 2 wrong usage',
  );
  const exporting = audit
    .command('export')
    .description('Write every entry of the audit log, oldest first. Does not verify.')
    .requiredOption('--database <file>', 'the database')
    .addOption(
      new Option('--format <format>', 'an object a line, or a table')
        .choices(['jsonl', 'csv'])
        .default('jsonl'),
    )
    .option('--out <file>', 'a file instead of stdout; asks before it replaces one')
    .option('--yes', 'replace a file that exists, without asking')
    .action((flags: ExportFlags) => exportLog(flags, context));
  withCommonHelp(
    exporting,
    ['trueup audit export --database trueup.sqlite --format csv --out audit.csv'],
    'With --json, --out is needed, and what was written is told.\n\nExit codes: 0 done, 1 failed, 2 wrong usage',
  );
}

async function verify(flags: VerifyFlags, { output, finish }: CommandContext): Promise<void> {
  const { openExisting } = await import('./open-existing.ts');
  const { verifyAudit } = await import('../../db/verify-audit.ts');
  const database = await openExisting(flags.database);
  try {
    // The heads first: what is appended meanwhile is past them.
    const { evidence, unreadable } = await evidenceOf(flags);
    const { elapsedMs } = await import('../platform/clock.ts');
    const startedMs = elapsedMs();
    const verdict = await verifyAudit(database.db, evidence);
    const durationMs = Math.max(1, Math.round(elapsedMs() - startedMs));
    const speed = { durationMs, rowsPerSecond: Math.round((verdict.entries / durationMs) * 1_000) };
    const found = evidence.heads ? { heads: evidence.heads.length, unreadableHeads: unreadable } : {};
    // The log may be whole while the book beside it was written to by somebody else.
    const { verifyLedger } = await import('../../db/verify-ledger.ts');
    const book = await verifyLedger(database.db);
    if (output.isJson) output.document({ ...verdict, ...found, ...speed, book });
    else print(verdict, evidence, unreadable, output);
    output.line(`${speed.rowsPerSecond} rows a second: ${verdict.entries} in ${durationMs} ms`);
    output.line(bookLine(book, output));
    finish(verdict.verified && book.verified ? EXIT.done : EXIT.failed);
  } finally {
    await database.close();
  }
}

function bookLine(book: LedgerVerdict, { style }: Output): string {
  const { transactions } = book;
  if (book.verified)
    return `${style.good('book verified')}: ${transactions} transactions, and every balance is their sum`;
  const where = book.sequence === null ? 'a balance' : `transaction ${book.sequence}`;
  return `${style.bad('book not verified')}: ${where}: ${book.problem}`;
}

async function evidenceOf({
  database,
  head,
  publicKey,
}: VerifyFlags): Promise<{ readonly evidence: AuditEvidence; readonly unreadable: number }> {
  const publicKeys = publicKey === undefined ? {} : { publicKeys: await publicKeysIn(publicKey) };
  if (head === undefined) return { evidence: publicKeys, unreadable: 0 };
  const { readAuditHeads } = await import('../../db/audit-head-file.ts');
  const path = head === true ? `${database}.head` : head;
  const read = readAuditHeads(path);
  if (!read || read.heads.length === 0)
    throw new CommandFailure('failed', `expected a head of the audit log in ${path}, found none`);
  return { evidence: { ...publicKeys, heads: read.heads }, unreadable: read.unreadable };
}

async function publicKeysIn(path: string) {
  const { auditPublicKeysOf } = await import('../../db/audit-signature.ts');
  try {
    return auditPublicKeysOf(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CommandFailure('usage', `--public-key ${path}: ${(error as Error).message}`);
  }
}

function print(
  verdict: AuditVerdict,
  { heads, publicKeys }: AuditEvidence,
  unreadable: number,
  { line, style }: Output,
): void {
  if (!verdict.verified) {
    const { sequence, through, problem } = verdict;
    const rows = through > sequence ? `rows ${sequence} to ${through}` : `row ${sequence}`;
    line(`${style.bad('not verified')}: ${rows}: ${problem}`);
    return;
  }
  const { entries, checkpoints, signedThrough, anchoredThrough, unanchored } = verdict;
  line(`${style.good('verified')}: ${entries} entries`);
  if (publicKeys) line(`signed: through entry ${signedThrough}, ${checkpoints} checkpoints`);
  if (!heads) return;
  line(`head file: agrees through entry ${anchoredThrough}; unanchored: ${unanchored}`);
  if (unreadable > 0) line(style.warning(`head file: ${unreadable} lines that cannot be read`));
}

async function exportLog(
  { database: path, format, out, yes }: ExportFlags,
  context: CommandContext,
): Promise<void> {
  const { output, person } = context;
  if (output.isJson && out === undefined)
    throw new CommandFailure('usage', '--json: expected --out <file> for the entries, found none');
  const { openExisting } = await import('./open-existing.ts');
  const { exportAudit } = await import('../../db/export-audit.ts');
  const database = await openExisting(path);
  try {
    if (out === undefined) {
      await exportAudit(database.db, format, output.line);
      return;
    }
    await assertReplaceable(out, { option: '--out', database: path, isAsked: yes !== true, person });
    const entries = await writeFileWhole(out, (write) => exportAudit(database.db, format, write));
    if (output.isJson) output.document({ entries, format, out });
    else output.line(`${entries} entries written to ${out}`);
  } finally {
    await database.close();
  }
}
