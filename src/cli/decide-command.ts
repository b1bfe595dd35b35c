import type { Command } from 'commander';
import type { CommandKind } from '../app/command-desk.ts';
import type { Configuration } from '../app/configuration.ts';
import type { DecisionAnswer, PersonDecision } from '../app/portfolio-api.ts';
import { assertConfirmed } from './assert-confirmed.ts';
import { type CommandContext, withCommonHelp } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import type { DecisionName, DecisionTarget } from './decision-target.ts';
import { withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { assertNote, keepNote } from './keep-note.ts';
import { openOwned } from './open-owned.ts';
import { personOf } from './person-of.ts';
import { postingLines } from './print-postings.ts';
import { readConfiguration } from './read-configuration.ts';
import { printable } from './table.ts';

interface DecisionOptions {
  readonly config: string;
  readonly yes?: boolean;
  readonly note?: string;
}

const DESCRIPTIONS: Readonly<Record<DecisionName, string>> = {
  approve:
    'Post a correction that is proposed, or carry out a plan that waits, once you have seen it and say yes.',
  reject: 'Drop a correction that is proposed, so that the difference stays open; or a plan that waits.',
  reverse: 'Undo what a correction has posted, to the last digit.',
  accept: 'Make the book follow the venue where nobody knows why they differ; it can be reversed.',
};

const ON_CORRECTION =
  'the correction, or a discrepancy with one that fits; at least 4 of the first digits of its id';
const ON_PLAN = 'or the rebalance that waits, as "trueup rebalances" shows it';
const ON: Readonly<Record<DecisionName, string>> = {
  approve: `${ON_CORRECTION}; ${ON_PLAN}`,
  reject: `${ON_CORRECTION}; ${ON_PLAN}`,
  reverse: ON_CORRECTION,
  accept: 'the discrepancy; at least 4 of the first digits of its id',
};

/** `trueup approve`, `reject`, `reverse` and `accept`: a person's word on what the service may not decide. */
export function registerDecisions(program: Command, context: CommandContext): void {
  for (const decision of ['approve', 'reject', 'reverse', 'accept'] as const) {
    const command = program
      .command(decision)
      .description(DESCRIPTIONS[decision])
      .argument('<id>', ON[decision])
      .requiredOption('--config <file>', 'the configuration')
      .option('--yes', 'do not ask')
      .option('--note <text>', 'why, for the audit log')
      .action((id: string, options: DecisionOptions) => decide(decision, id, options, context));
    withCommonHelp(
      command,
      [
        `trueup ${decision} 3f2a9c1e --config trueup.json`,
        `trueup ${decision} 3f2a --config trueup.json --yes --note "as the venue told us" --json`,
      ],
      [
        'Shows what it comes to and asks. A running "trueup run" is asked to do it; without one, this command takes the',
        'book, reads the venue once more and then decides. "trueup explain ID" shows what speaks for it.',
        '',
        'Exit codes: 0 done, 1 failed, turned down or refused, 2 wrong usage or configuration',
      ].join('\n'),
    );
  }
}

async function decide(
  decision: DecisionName,
  id: string,
  options: DecisionOptions,
  context: CommandContext,
): Promise<void> {
  const { config, yes, note } = options;
  const configuration = await readConfiguration(config, context);
  if (decision === 'approve' || decision === 'reject') {
    const { decidePlan, findWaitingPlan } = await import('./decide-plan.ts');
    const waiting = await findWaitingPlan(config, id, context);
    if (waiting !== null && note !== undefined)
      throw new CommandFailure(
        'usage',
        '--note: expected a correction, found a plan; "trueup note" keeps one',
      );
    if (waiting !== null) return decidePlan(decision, waiting, { configuration, isAsked: !yes }, context);
  }
  if (note !== undefined) await assertNote('--note', note, configuration);
  const { decisionTarget } = await import('./decision-target.ts');
  const target = await withExistingBook({ config }, context, ({ db }) => decisionTarget(db, decision, id));
  const { venue, shortId } = target;
  if (!configuration.venues.some((each) => each.id === venue))
    throw new CommandFailure('failed', `expected ${venue} among the venues of ${config}, found it nowhere`);
  if (!yes) await confirm(decision, target, context);
  const { status, reason } =
    (await askForDecision(decision, target.id, configuration, context)) ??
    (await decideAlone(decision, target, configuration, context));
  if (status === 'refused') throw new CommandFailure('failed', `${shortId} was refused: ${reason}`);
  if (note !== undefined) await keepNote({ text: note, venue, on: target.id }, configuration, context);
  if (context.output.isJson)
    context.output.document({ decision, id: target.id, shortId, venue, status, reason });
  context.output.line(`${shortId}: ${printable(reason)}`);
  context.finish(EXIT.done);
}

async function confirm(
  decision: DecisionName,
  { shortId, venue, sentences, postings }: DecisionTarget,
  { output, person }: CommandContext,
): Promise<void> {
  for (const sentence of sentences) output.note(printable(sentence));
  if (postings.length > 0) for (const line of postingLines(postings)) output.note(`  ${line}`);
  const question = `${decision.slice(0, 1).toUpperCase()}${decision.slice(1)} ${shortId} at ${printable(venue)}?`;
  await assertConfirmed(person, { question, word: shortId, otherwise: `nothing was decided on ${shortId}` });
}

const KINDS = {
  approve: 'approveCorrection',
  reject: 'rejectCorrection',
  reverse: 'reverseCorrection',
} as const satisfies Partial<Record<DecisionName, CommandKind>>;

const decisionOn = (decision: DecisionName, id: string) =>
  decision === 'accept'
    ? ({ kind: 'acceptDiscrepancy', discrepancyId: id } as const)
    : ({ kind: KINDS[decision], correctionId: id } as const);

const TIMEOUT_MS = 30_000;

/** Null where nobody owns the book. */
async function askForDecision(
  decision: DecisionName,
  id: string,
  { database }: Configuration,
  context: CommandContext,
): Promise<DecisionAnswer | null> {
  const { askOwner } = await import('../app/ask-owner.ts');
  const { kind, ...subject } = decisionOn(decision, id);
  const command = { kind, body: { ...subject, by: personOf(context) } };
  const answer = await askOwner(database, command, { clock: context.clock, timeoutMs: TIMEOUT_MS });
  return answer?.status === 'done' ? (answer.result as DecisionAnswer) : answer;
}

async function decideAlone(
  decision: DecisionName,
  { id, venue }: DecisionTarget,
  configuration: Configuration,
  context: CommandContext,
): Promise<DecisionAnswer> {
  const portfolio = await openOwned(configuration, context);
  try {
    // What is decided on is looked at once more, and nobody decides on a venue that is not read.
    await portfolio.reports(venue);
    return await portfolio.decide(decisionOn(decision, id) satisfies PersonDecision, personOf(context));
  } finally {
    await portfolio.close();
  }
}
