import type { Configuration } from '../app/configuration.ts';
import type { TransferResult, WantedTransfer } from '../app/portfolio-api.ts';
import { type Amount, amount } from '../domain/money/amount.ts';
import type { Fee } from '../domain/venue/venue.ts';
import { transfersOf } from '../exchanges/exchange.ts';
import { withDeadline } from '../platform/deadline.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure } from './command-failure.ts';
import { openOwned } from './open-owned.ts';
import { personOf } from './person-of.ts';
import { venueWithId } from './read-configuration.ts';

/** What a transfer would do, were it sent now. */
export type Tried =
  | { readonly state: 'couldBeSent'; readonly arrives: Amount; readonly fee: Fee }
  | { readonly state: 'deniedLocally' | 'unknown'; readonly reason: string };

/** Builds and simulates it beside whoever owns the book. What is signed for that is dropped, never shown. */
export async function tryTransfer(
  { toVenue: _toVenue, ...wanted }: WantedTransfer,
  configuration: Configuration,
  { clock }: CommandContext,
): Promise<Tried> {
  const { openExchange } = await import('../app/open-exchange.ts');
  const { tokens, reconciliation } = configuration;
  const venue = venueWithId(configuration, wanted.venue);
  const exchange = await openExchange(venue, { now: () => clock.now(), tokens });
  try {
    const transfers = transfersOf(exchange);
    if (transfers === null)
      return { state: 'deniedLocally', reason: 'this venue moves nothing to addresses' };
    const instruction = { ...wanted, amount: amount(wanted.amount) };
    const { timeoutMs } = reconciliation;
    const outcome = await withDeadline({ clock, timeoutMs }, (signal) =>
      transfers.prepareTransfer(instruction, signal),
    );
    if (outcome.state === 'prepared') {
      const { arrives, fee } = outcome.transfer;
      return { state: 'couldBeSent', arrives, fee };
    }
    return outcome.state === 'unknown'
      ? { state: 'unknown', reason: `${outcome.reason}: ${outcome.detail}` }
      : outcome;
  } finally {
    await exchange.close();
  }
}

/** A blockhash lives a minute or two, and its expiry is waited for. */
const TIMEOUT_MS = 400_000;

/** Has it sent by whoever owns the book, or takes the book for it. */
export async function sendTransfer(
  wanted: WantedTransfer,
  configuration: Configuration,
  context: CommandContext,
): Promise<TransferResult> {
  const { askOwner } = await import('../app/ask-owner.ts');
  const by = personOf(context);
  const body = { ...wanted, toVenue: wanted.toVenue ?? null, by };
  const { clock } = context;
  const on = { clock, timeoutMs: TIMEOUT_MS };
  const answer = await askOwner(configuration.database, { kind: 'transfer', body }, on);
  if (answer?.status === 'refused')
    throw new CommandFailure('failed', `the owner of the book refused: ${answer.reason}`);
  if (answer !== null) return answer.result as TransferResult;
  return sendAlone(wanted, by, configuration, context);
}

async function sendAlone(
  wanted: WantedTransfer,
  by: string,
  configuration: Configuration,
  context: CommandContext,
): Promise<TransferResult> {
  await assertNoPlanUnderWay(configuration);
  const portfolio = await openOwned(configuration, context, { mode: 'live' });
  try {
    return await portfolio.transfer(wanted, by);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TransferRefusedError') throw error;
    throw new CommandFailure('failed', error.message, [], { cause: error });
  } finally {
    await portfolio.close();
  }
}

/** Live mode goes on with a plan that was interrupted, and nobody has asked for its orders here. */
async function assertNoPlanUnderWay({ database }: Configuration): Promise<void> {
  const { existsSync } = await import('node:fs');
  if (!existsSync(database)) return;
  const { openExisting } = await import('./open-existing.ts');
  const { findUnfinishedExecution } = await import('../../db/execution-repository.ts');
  const { db, close } = await openExisting(database);
  try {
    const unfinished = await findUnfinishedExecution(db);
    if (unfinished === null) return;
    const { planHash } = unfinished.execution;
    const message = `plan ${planHash} is under way, and live mode would go on with it: expected "trueup run --mode live" to end it first`;
    throw new CommandFailure('failed', message);
  } finally {
    await close();
  }
}
