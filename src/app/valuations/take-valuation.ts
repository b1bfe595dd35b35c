import { readNewestTransaction } from '../../../db/external-flow-repository.ts';
import { readHoldings, readStrategyHoldings } from '../../../db/holding-repository.ts';
import { readLastReconciledAt } from '../../../db/report-repository.ts';
import { readLastScheduledAt, saveValuation } from '../../../db/valuation-repository.ts';
import type { Transaction } from '../../domain/book/transaction.ts';
import { isExternalFlow } from '../../domain/valuation/external-flow.ts';
import { type Tier, tierOf } from '../../domain/valuation/retention.ts';
import { makeValuation, type ValuedVenue } from '../../domain/valuation/valuation.ts';
import { isValuationDue, nextValuationAtMs } from '../../domain/valuation/valuation-schedule.ts';
import { isPerpetualAsset, type VenueId } from '../../domain/venue/venue.ts';
import { isCertified } from '../portfolio/is-certified.ts';
import { carriesNotional, groupsOf, memoryOf, type Reading } from '../portfolio/read-standing.ts';
import type { RoundContext } from '../portfolio/round-context.ts';
import { valuationSettingsOf } from '../portfolio/service-settings.ts';
import { presentPrices } from './present-prices.ts';
import { rollUpSeries } from './roll-up-series.ts';

/** How long until the next valuation of the schedule. At least 1. */
export const untilValuationMs = ({ settings, nowMs }: Reading): number =>
  nextValuationAtMs(nowMs, valuationSettingsOf(settings).intervalMs) - nowMs;

/** Takes the valuation that the schedule asks for, and removes some of what is older than it is kept. */
export async function valueOnSchedule(context: RoundContext): Promise<void> {
  const { db, settings, nowMs } = context;
  const { intervalMs, retention } = valuationSettingsOf(settings);
  const lastAtMs = await readLastScheduledAt(db);
  if (!isValuationDue(lastAtMs, nowMs, intervalMs)) return;
  await take(context, { tier: tierOf(lastAtMs, nowMs), beforeTransaction: null });
  await rollUpSeries(db, { retention, nowMs });
}

/** Takes a valuation if what is about to be posted brings something in or takes something out. */
export async function valueBeforeFlow(
  transactions: readonly Transaction[],
  context: RoundContext,
): Promise<void> {
  const groupOf = groupsOf(context.settings);
  // A message that replaces the correction which stood in for it brings nothing in.
  const postings = transactions.flatMap((transaction) => transaction.postings);
  if (!isExternalFlow({ postings }, groupOf)) return;
  const first = transactions.find((transaction) => isExternalFlow(transaction, groupOf));
  if (first) await take(context, { tier: 'flow', beforeTransaction: first.id });
}

/** Nothing where nothing is held and no venue is open: there is nothing to be worth anything yet. */
async function take(
  context: RoundContext,
  of: { readonly tier: Tier; readonly beforeTransaction: string | null },
): Promise<void> {
  const { db, settings, nowMs } = context;
  const held = (await readHoldings(db)).filter(
    ({ venue, asset }) => !isPerpetualAsset(asset) || carriesNotional(settings, venue),
  );
  const venues = await valuedVenues(
    held.map(({ venue }) => venue),
    context,
  );
  if (venues.length === 0) return;
  const valued = new Set(held.map(({ asset }) => asset));
  const strategies = (await readStrategyHoldings(db)).filter(
    ({ asset }) => !isPerpetualAsset(asset) || valued.has(asset),
  );
  const valuation = makeValuation(
    { atMs: nowMs, venues, holdings: held, strategies },
    presentPrices(context),
  );
  await saveValuation(db, valuation, {
    ...of,
    origin: 'recorded',
    transactionSequence: await readNewestTransaction(db),
  });
}

/** Of venues that hold something or are open: one that is not certified is as of when it last was. */
async function valuedVenues(
  holding: readonly VenueId[],
  context: RoundContext,
): Promise<readonly ValuedVenue[]> {
  const { db, state, settings, change, nowMs } = context;
  const configured = new Set(settings.venues.map(({ venue }) => venue));
  const opened = [...configured].filter((venue) => state.book.venues.get(venue)?.isOpened === true);
  const sinceMs = nowMs - settings.reconciliation.gateTimeLimitMs;
  const venues: ValuedVenue[] = [];
  for (const venue of new Set([...holding, ...opened, ...change.openedVenues])) {
    const certified = configured.has(venue) && isCertified(venue, sinceMs, context);
    const certifiedAtMs = certified
      ? memoryOf(state, venue).lastCertifiedAtMs
      : await readLastReconciledAt(db, venue);
    venues.push({ venue, isCertified: certified, certifiedAtMs });
  }
  return venues;
}
