import type { Configuration } from '../app/configuration.ts';
import { whyOf } from '../app/rebalancing/rebalance-words.ts';
import type { RebalanceRecord } from '../domain/rebalancing/history/rebalance-record.ts';
import { assertConfirmed } from './assert-confirmed.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { withExistingBook } from './existing-book.ts';
import { EXIT } from './exit-code.ts';
import { personOf } from './person-of.ts';
import { printable } from './table.ts';

const TIMEOUT_MS = 30_000;
const SHORT = 8;

/** A rebalance whose plan waits for a person and begins so; null where there is none, and the id means something else. */
export async function findWaitingPlan(
  config: string,
  id: string,
  context: CommandContext,
): Promise<RebalanceRecord | null> {
  const beginning = id.trim().toLowerCase();
  if (!/^[0-9a-f]{4,}$/.test(beginning)) return null;
  const { findRebalance } = await import('../app/rebalancing/list-rebalances.ts');
  const { findSubject } = await import('../app/find-subject.ts');
  return withExistingBook({ config }, context, async ({ db }) => {
    const found = await findRebalance(db, beginning);
    if (found.state !== 'found' || found.rebalance.state !== 'waiting') return null;
    const { status } = await findSubject(db, beginning);
    if (status === 'unknown') return found.rebalance;
    throw new CommandFailure(
      'usage',
      `<id>: a rebalance that waits and something else begin with ${beginning}: expected more of its digits`,
    );
  });
}

/** A person's word on a plan, which the running service carries out. Shows its orders and asks. */
export async function decidePlan(
  decision: 'approve' | 'reject',
  rebalance: RebalanceRecord,
  asked: { readonly configuration: Configuration; readonly isAsked: boolean },
  context: CommandContext,
): Promise<void> {
  const { output, finish } = context;
  const shortId = rebalance.id.slice(0, SHORT);
  const planHash = rebalance.plan?.hash ?? '';
  if (asked.isAsked) await confirmPlan(decision, rebalance, context);
  await tellPlanDecision(decision, planHash, asked.configuration, context);
  if (output.isJson) output.document({ decision, id: rebalance.id, shortId, planHash, status: 'done' });
  const next = decision === 'approve' ? 'approved; "trueup rebalances" tells what becomes of it' : 'rejected';
  output.line(`${shortId}: ${next}`);
  finish(EXIT.done);
}

/** Has the running service take a person's word on a plan. Ends the command where none runs, or it does not wait. */
export async function tellPlanDecision(
  decision: 'approve' | 'reject',
  planHash: string,
  { database }: Configuration,
  context: CommandContext,
): Promise<void> {
  const { askOwner } = await import('../app/ask-owner.ts');
  const kind = decision === 'approve' ? 'approvePlan' : 'rejectPlan';
  const command = { kind, body: { planHash, by: personOf(context) } } as const;
  const answer = await askOwner(database, command, { clock: context.clock, timeoutMs: TIMEOUT_MS });
  if (answer === null)
    throw new CommandFailure('failed', `no "trueup run" owns ${database}: a plan waits only while one runs`);
  if (answer.status === 'refused')
    throw new CommandFailure('failed', `the decision was refused: ${answer.reason}`);
}

/** Shows the orders, and ends the command where nobody types the id. */
export async function confirmPlan(
  decision: 'approve' | 'reject',
  rebalance: RebalanceRecord,
  { output, person }: CommandContext,
): Promise<void> {
  const shortId = rebalance.id.slice(0, SHORT);
  const { mode, plan, stateReason } = rebalance;
  output.note(printable(`A rebalance in ${mode} mode, asked for by ${whyOf(rebalance)}`));
  if (stateReason !== '') output.note(printable(`It waits for a person: ${stateReason}`));
  for (const { side, plannedQuantity, market, venue, limitPrice } of plan?.orders ?? [])
    output.note(
      printable(`  ${side} ${plannedQuantity} in ${market} at ${venue}, at ${limitPrice} or better`),
    );
  const question = `${decision === 'approve' ? 'Approve' : 'Reject'} ${shortId}?`;
  await assertConfirmed(person, { question, word: shortId, otherwise: `nothing was decided on ${shortId}` });
}
