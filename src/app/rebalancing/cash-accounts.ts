import type { CertifiedReading, CommittedStep, StepOutcome } from '../../../actors/rebalancing-work.ts';
import { appendAudit } from '../../../db/audit-repository.ts';
import { readLastReadingAtMs } from '../../../db/cash-reading-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import {
  type CashAccount,
  certify,
  commitCashEvent,
  hasMovedSince,
  openCashAccount,
  readCashAccount,
} from '../../../db/venue-cash-repository.ts';
import { assert } from '../../domain/assert.ts';
import { type Amount, subtract, sum } from '../../domain/money/amount.ts';
import type { CashOutcome } from '../../domain/rebalancing/cash-protocol.ts';
import { type Execution, venueOf } from '../../domain/rebalancing/execution.ts';
import { accountEventsOf, floorAt, settledOrders } from '../../domain/rebalancing/execution-cash.ts';
import { whyFundingPassed } from '../../domain/rebalancing/execution-reserve.ts';

/** One transaction. */
export interface CashContext {
  readonly trx: OpenDatabase['db'];
  readonly atMs: number;
}

const COMMITTED: StepOutcome = { state: 'committed' };

/** Whether nothing that a reading does not know of has happened to its accounts. Says which one moved. */
export async function whyOutdated(
  { venue, cashEvent, confirmed }: CertifiedReading,
  { trx }: CashContext,
): Promise<string | null> {
  for (const asset of Object.keys(confirmed))
    if (await hasMovedSince(trx, { venue, asset }, cashEvent))
      return `${asset} at ${venue} was set aside or spent since it was read`;
  return null;
}

/** Takes what a reading has confirmed, of an execution that knows the reading; opens accounts that are not open. */
export async function takeReading(
  execution: Execution,
  { venue, revision, confirmed }: CertifiedReading,
  context: CashContext,
): Promise<void> {
  const { trx, atMs } = context;
  const at = venueOf(execution, venue);
  for (const [asset, available] of Object.entries(confirmed)) {
    const account = { venue, asset };
    const settled = settledOrders(execution, venue);
    const present = await readCashAccount(trx, account);
    const stays = (present?.reservations ?? []).filter(({ order }) => !settled.includes(order));
    const unreserved = subtract(available, sum(stays.map(({ amount }) => amount)));
    const floor = floorAt(execution, at, { asset, unreserved });
    const opened = await openCashAccount(trx, account, { confirmed: available, floor, atMs });
    if (opened === 'opened') continue;
    const before = present;
    assert(before, `${asset} at ${venue} is open`);
    const outcome = await certify(trx, account, {
      readingId: `${execution.planHash}:${execution.revision}:${revision}`,
      confirmed: available,
      floor,
      sinceVersion: before.version,
      settled,
      atMs,
    });
    // Callers have asked `whyOutdated` in this transaction: nothing can have moved since.
    assert(outcome.state !== 'refused', `a reading of ${asset} at ${venue} is taken`);
    await auditTrouble(account, outcome, { wasHalted: before.halted !== null }, context);
  }
}

/** What others than this execution have set aside of an account. */
export async function reservedByOthers(
  { legs }: Execution,
  account: CashAccount,
  { trx }: CashContext,
): Promise<Amount> {
  const cash = await readCashAccount(trx, account);
  const own = new Set(legs.map(({ intentId }) => intentId));
  return sum((cash?.reservations ?? []).filter(({ order }) => !own.has(order)).map((each) => each.amount));
}

/** Less what others have set aside: what the execution may count on. */
export async function confirmedCashOf(
  execution: Execution,
  { venue, confirmed }: CertifiedReading,
  context: CashContext,
): Promise<Amount> {
  const { cashAsset } = venueOf(execution, venue);
  const available = confirmed[cashAsset];
  assert(available !== undefined, `a reading of ${venue} has its cash`);
  return subtract(available, await reservedByOthers(execution, { venue, asset: cashAsset }, context));
}

/** Tells the accounts what a step means to them. Only setting aside can be refused, and then nothing was written. */
export async function keepReserved(
  { before, execution, event }: Pick<CommittedStep, 'before' | 'execution' | 'event'>,
  context: CashContext,
): Promise<StepOutcome> {
  const { trx, atMs } = context;
  for (const { venue, asset, event: told } of accountEventsOf(before, execution, event)) {
    const account = { venue, asset };
    const reason = told.type === 'reserve' ? await whyReadTooLongAgo(execution, account, context) : null;
    if (reason !== null) return { state: 'refused', reason };
    const outcome = await commitCashEvent(trx, account, told, atMs);
    if (outcome.state === 'refused')
      return { state: 'refused', reason: `${asset} at ${venue} cannot be set aside: ${outcome.reason}` };
    await auditTrouble(account, outcome, { wasHalted: false }, context);
  }
  return COMMITTED;
}

/** Cash is reserved by what was read since the last payment of funding; the next plan begins with another reading. */
async function whyReadTooLongAgo(
  execution: Execution,
  account: CashAccount,
  { trx, atMs }: CashContext,
): Promise<string | null> {
  const at = venueOf(execution, account.venue);
  if (account.asset !== at.cashAsset || at.perpetuals === undefined) return null;
  const readAtMs = await readLastReadingAtMs(trx, account);
  return readAtMs === null ? null : whyFundingPassed(at, { readAtMs, atMs });
}

/** What the proof excludes is never silent. */
async function auditTrouble(
  { venue, asset }: CashAccount,
  outcome: CashOutcome,
  { wasHalted }: { readonly wasHalted: boolean },
  { trx, atMs }: CashContext,
): Promise<void> {
  if (outcome.state === 'premiseBroken') {
    const body = { venue, asset, reason: outcome.reason };
    await appendAudit(trx, [{ atMs, actor: 'rebalancing', kind: 'cashPremiseBroken', body }]);
  } else if (outcome.state === 'applied' && outcome.cash.halted !== null && !wasHalted) {
    const body = { venue, asset, reason: outcome.cash.halted };
    await appendAudit(trx, [{ atMs, actor: 'rebalancing', kind: 'cashNotCovered', body }]);
  }
}
