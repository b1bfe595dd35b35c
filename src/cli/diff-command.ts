import type { Command } from 'commander';
import type { DiffDocument, DiffEvent, DiffExplanation, UnknownDiffDocument } from '../app/diff-files.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-code.ts';
import type { Output } from './output.ts';
import { printable, right, tableLines } from './table.ts';

interface DiffOptions {
  readonly book: string;
  readonly snapshot: string;
  readonly activity?: string;
}

/** `trueup diff`: compares a book with a snapshot, both in files, and explains what differs. */
export function registerDiff(program: Command, context: CommandContext): void {
  const command = program
    .command('diff')
    .description('Compare a book with a snapshot, both in files, and explain what differs.')
    .requiredOption('--book <file>', 'what the bot believes: {"BTC": "0.8", "USD": "3000"}, or more')
    .requiredOption('--snapshot <file>', 'what "trueup snapshot --json" prints, or the same form as the book')
    .option('--activity <file>', "the venue's records of fills, deposits and the like")
    .action((options: DiffOptions) => diff(options, context));
  withCommonHelp(
    command,
    [
      'trueup diff --book book.json --snapshot snapshot.json',
      'trueup diff --book book.json --snapshot snapshot.json --activity activity.json --json',
    ],
    [
      'Needs no configuration, asks no venue and writes nothing. Every difference counts, to the last digit. What only',
      'one of the files speaks of is not compared, and is told. docs/OPERATING.md has the shapes of the files.',
      '',
      'Exit codes: 0 agreed, 1 failed, 2 wrong usage or file, 3 the snapshot is unknown, 4 differences found',
    ].join('\n'),
  );
}

async function diff(options: DiffOptions, { output, finish }: CommandContext): Promise<void> {
  const { diffFiles } = await import('../app/diff-files.ts');
  const { book, snapshot, activity = null } = options;
  const outcome = diffFiles({ book, snapshot, activity });
  if (outcome.state === 'refused')
    throw new CommandFailure('usage', 'the files cannot be compared', outcome.problems);
  const { document } = outcome;
  if (output.isJson) output.document(document);
  else if (document.status === 'unknown') printUnknown(document, output);
  else print(document, output);
  const ends = { agreed: EXIT.done, unknown: EXIT.inconclusive, different: EXIT.discrepant } as const;
  finish(ends[document.status]);
}

function printUnknown({ reason, detail }: UnknownDiffDocument, { line, style }: Output): void {
  line(style.bad(`unknown: ${printable(reason)}`));
  line(printable(detail));
}

function print(document: DiffDocument, output: Output): void {
  const { line, style } = output;
  const { status, venue, compared, agreed } = document;
  const heading = status === 'agreed' ? style.good('agreed') : style.bad('different');
  const name = venue === null ? '' : `${style.bold(printable(venue))}  `;
  line(`${name}${heading}: ${agreed} of ${compared} agree`);
  const rows = document.differences.map((row) => [
    row.bucket === 'order' ? `${row.asset} ${row.subject}` : row.asset,
    row.bucket,
    row.bookAmount,
    row.venueAmount,
    row.delta,
    row.class,
    row.severity,
  ]);
  if (rows.length > 0) for (const text of tableLines(DIFFERENCE_COLUMNS, rows)) line(`  ${text}`);
  for (const { bucket, subject, saidBy } of document.notCompared) {
    const what = bucket === 'hold' ? `what is held of ${subject}` : `the open order ${subject}`;
    line(style.warning(`not compared: ${printable(what)}, of which only the ${saidBy} speaks`));
  }
  for (const explanation of document.explanations) printExplanation(explanation, document, output);
  const isOpen = document.explanations.some(({ verdict }) => verdict !== 'unique');
  if (isOpen) line(`\n${style.dim(hintOf(document))}`);
}

function printExplanation(explanation: DiffExplanation, document: DiffDocument, output: Output): void {
  const { line, style } = output;
  const { verdict, alternatives, isPartial, isInformational } = explanation;
  const cause = explanation.cause === null ? '' : `: ${explanation.cause}`;
  const paint = verdict === 'unique' ? style.good : style.bad;
  line();
  line(`${style.bold(printable(subjectsOf(explanation)))}  ${paint(`${VERDICTS[verdict]}${cause}`)}`);
  if (isPartial) line('  leaves aside a difference that the same events would move');
  for (const [index, events] of alternatives.entries()) {
    if (alternatives.length > 1) line(`  alternative ${index + 1}`);
    for (const event of events)
      line(`  ${alternatives.length > 1 ? '  ' : ''}${printable(eventText(event))}`);
  }
  if (isInformational && alternatives.length > 0) line('  posted with the totals');
  const correction = document.corrections.find(({ explanationId }) => explanationId === explanation.id);
  for (const { atMs, venueId, postings } of correction?.transactions ?? []) {
    const when = atMs === null ? '' : ` at ${new Date(atMs).toISOString()}`;
    const what = venueId === null ? '' : ` for ${venueId}`;
    line(`  ${style.bold('post')}${printable(what)}${when}`);
    const ours = postings.filter((posting) => 'bucket' in posting);
    const others = postings.filter((posting) => 'external' in posting);
    const rows = [
      ...ours.map(({ bucket, asset, amount }) => [bucket, asset, amount]),
      ...others.map(({ external, asset, amount }) => [`external ${external}`, asset, amount]),
    ];
    for (const text of tableLines(POSTING_COLUMNS, rows)) line(`    ${text}`);
  }
}

const VERDICTS: Readonly<Record<DiffExplanation['verdict'], string>> = {
  unique: 'explained',
  ambiguous: 'ambiguous, several explanations fit',
  none: 'unexplained',
  limitReached: 'not explained within the limits of the search',
};

function subjectsOf({ of }: DiffExplanation): string {
  const named = of.map(({ asset, bucket, subject }) => {
    if (bucket === 'order') return `order ${subject}`;
    return bucket === 'hold' ? `${asset} hold` : asset;
  });
  return named.join(', ');
}

function eventText({ cause, description, evidence, evidenceKind }: DiffEvent): string {
  const rest = evidenceKind === 'hypothesis' ? 'only the figures say so' : evidence.join(', ');
  return `${cause}: ${description}${rest === '' ? '' : ` [${rest}]`}`;
}

/** What more a person could give, where something is left open. */
function hintOf({ activity }: DiffDocument): string {
  if (activity === null) return 'Only the figures were looked at: --activity names the records of the venue.';
  if (activity.completeSinceMs !== null)
    return 'The records of the venue do not settle it: a person decides.';
  return 'Nothing was concluded from what the records lack: "completeSince" says since when they are all there are.';
}

const DIFFERENCE_COLUMNS = [
  { title: 'Asset' },
  { title: 'Bucket' },
  right('Book'),
  right('Venue'),
  right('Delta'),
  { title: 'Class' },
  { title: 'Severity' },
];
const POSTING_COLUMNS = [{ title: 'Account' }, { title: 'Asset' }, right('Amount')];
