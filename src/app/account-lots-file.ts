import { accountForLots } from '../domain/lots/account-for-lots.ts';
import { type Figure, known, unknown } from '../domain/lots/figure.ts';
import { holdingCalendar } from '../domain/lots/holding-calendar.ts';
import type { HeldSince } from '../domain/lots/lot.ts';
import type { LotEvent } from '../domain/lots/lot-event.ts';
import type { LotMethod } from '../domain/lots/lot-method.ts';
import type { LotRules } from '../domain/lots/lot-rules.ts';
import { totalYears } from '../domain/lots/lot-years.ts';
import { previewGains } from '../domain/lots/preview-gains.ts';
import { add, negate } from '../domain/money/amount.ts';
import { type InputProblem, inputProblem } from '../domain/rebalancing/input-problem.ts';
import type { ConfigurationProblem } from './configuration-problem.ts';
import { type LotsDocument, lotsDocument } from './lots-document.ts';
import { type LotsFile, lotsFileSchema } from './lots-file-schema.ts';
import { readCheckedFile } from './read-checked-file.ts';
import { NO_RATES, untaxed, untaxedYear } from './tax/without-rates.ts';

export type LotsFileAccount =
  | { readonly state: 'accounted'; readonly document: LotsDocument }
  | { readonly state: 'refused'; readonly problems: readonly ConfigurationProblem[] };

/**
 * Accounts for the tax lots that a file tells of, without a venue or a database. Amounts are decimal text or JSON numbers
 * of at most 15 digits, in one currency where they are money; a time names its zone, a date is its beginning in `zone`.
 *
 * - `options`: `method` (fifo), `poolScope` (account | universal), `networkFee` (disposal | cost), `longTerm` (ownRate |
 *   taxFree), `zone` (UTC), `rates` {shortTerm, longTerm, usableLoss (1)}, without which taxes are unknown, `washSale` {windowDays (30), groups: lists
 *   of assets that replace each other}; without it losses always count.
 * - `events`, in any order, each with an `id` of its own:
 *   `acquisition` {account, asset, quantity, at, cost, fee (0), heldSince (at), source: purchase | income | deposit};
 *   `disposal` {account, asset, quantity, at, proceeds, fee (0), lots?: [{lot, quantity}]};
 *   `transfer` {from, to, asset, quantity: what leaves, at, fee (0): what of it does not arrive, feeValue, lots?}.
 * - `preview`: {at, orders: [{account, asset, quantity, price, feeRate (0)}]}: what these sells would be taxed then.
 *
 * `cost` and `proceeds` are of the whole quantity and without the `fee`, which is money there. They may be "unknown",
 * and so is a `feeValue` that is left out; what is acquired at an unknown cost is held since nobody knows when, unless
 * `heldSince` says it. `method` stands above the one of the file. Never throws for what a file holds.
 */
export function accountLotsFile(path: string, method?: LotMethod): LotsFileAccount {
  const read = readCheckedFile(path, lotsFileSchema);
  if (!read.ok) return { state: 'refused', problems: read.problems };
  const file = read.value;
  const refuse = (problem: InputProblem): LotsFileAccount => ({
    state: 'refused',
    problems: [{ ...problem, path: `${path}: ${problem.path}` }],
  });
  const rules = rulesOf(file, method);
  const problem = findProblem(file, rules);
  if (problem) return refuse(problem);
  const events = file.events.map(eventOf);
  const accounted = accountForLots(events, rules);
  if (accounted.state === 'refused') return refuse(accounted.problem);
  const hasRates = file.options.rates !== undefined;
  const account = hasRates ? accounted : { ...accounted, disposals: accounted.disposals.map(untaxed) };
  const totals = totalYears(account.disposals, events, rules.calendar);
  const years = hasRates ? totals : totals.map(untaxedYear);
  if (!file.preview)
    return { state: 'accounted', document: lotsDocument({ rules, account, years, preview: null }) };
  if (rules.method === 'specific')
    return refuse(inputProblem('preview', 'a method that chooses lots', rules.method));
  const { at: atMs, orders } = file.preview;
  const previewed = previewGains({ lots: account.lots, orders, method: rules.method, rules, atMs });
  if (previewed.state === 'refused')
    return refuse({ ...previewed.problem, path: `preview.${previewed.problem.path}` });
  return {
    state: 'accounted',
    document: lotsDocument({ rules, account, years, preview: previewed.preview }),
  };
}

function rulesOf({ options }: LotsFile, method: LotMethod | undefined): LotRules {
  const { zone, washSale = null, rates = NO_RATES, ...rules } = options;
  return { ...rules, rates, method: method ?? rules.method, calendar: holdingCalendar(zone), washSale };
}

/** What the schema cannot see, because it lies between two places of the file. */
function findProblem(
  { events, preview, options }: LotsFile,
  { method, washSale }: LotRules,
): InputProblem | null {
  if (!options.rates && (method === 'mintax' || preview))
    return inputProblem('options.rates', `rates, which ${preview ? 'a preview' : 'mintax'} goes by`, 'none');
  if (washSale && method === 'average')
    return inputProblem(
      'options.washSale',
      'none: at average cost a replacement has no basis of its own',
      'washSale',
    );
  const grouped = new Set<string>();
  for (const [index, assets] of (options.washSale?.groups ?? []).entries()) {
    for (const [place, asset] of assets.entries()) {
      if (grouped.has(asset))
        return inputProblem(
          `options.washSale.groups[${index}][${place}]`,
          'an asset in one group, once',
          asset,
        );
      grouped.add(asset);
    }
  }
  for (const [index, event] of events.entries()) {
    if (event.kind === 'acquisition' && typeof event.heldSince === 'number' && event.heldSince > event.at)
      return inputProblem(
        `events[${index}].heldSince`,
        'a time that is not after "at"',
        isoTime(event.heldSince),
      );
  }
  const latestMs = events.reduce((latest, { at }) => Math.max(latest, at), 0);
  if (preview && preview.at < latestMs)
    return inputProblem(
      'preview.at',
      `a time from ${isoTime(latestMs)}, the last event's, on`,
      isoTime(preview.at),
    );
  return null;
}

const isoTime = (atMs: number): string => new Date(atMs).toISOString();

function eventOf({ at: atMs, ...event }: LotsFile['events'][number]): LotEvent {
  switch (event.kind) {
    case 'acquisition': {
      const { fee, cost, heldSince, ...rest } = event;
      const held = heldSince ?? (cost.state === 'known' ? atMs : 'unknown');
      return { ...rest, atMs, cost: plus(cost, fee), heldSince: heldSinceOf(held) };
    }
    case 'disposal': {
      const { fee, proceeds, lots = null, ...rest } = event;
      const untold = unknown(`the proceeds of ${event.id} are unknown`);
      return {
        ...rest,
        atMs,
        lots,
        proceeds: proceeds.state === 'known' ? plus(proceeds, negate(fee)) : untold,
      };
    }
    case 'transfer': {
      const { lots = null, feeValue, ...rest } = event;
      const untold = unknown(`what the fee of ${event.id} was worth is unknown`);
      return { ...rest, atMs, lots, feeValue: feeValue?.state === 'known' ? feeValue : untold };
    }
  }
}

const heldSinceOf = (since: number | 'unknown'): HeldSince =>
  since === 'unknown' ? { state: 'unknown' } : { state: 'known', atMs: since };

const plus = (figure: Figure, more: Parameters<typeof add>[1]): Figure =>
  figure.state === 'known' ? known(add(figure.amount, more)) : figure;
