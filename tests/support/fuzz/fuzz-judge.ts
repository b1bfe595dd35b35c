// What may come of a read whatever its venue answers: known, with a certificate and values that hold together, or unknown.

import { UNKNOWN_REASONS } from '../../../src/app/metrics/label-values.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import {
  type Amount,
  add,
  amount,
  isDecimalText,
  isNegative,
  isPositive,
  sum,
} from '../../../src/domain/money/amount.ts';
import type { Known, Snapshot } from '../../../src/domain/venue/observation.ts';
import type { OrderLookup } from '../../../src/domain/venue/order.ts';
import type { Activity, Fill, Market } from '../../../src/domain/venue/venue.ts';
import { snapshotIdOf, verifySnapshot } from '../../../src/domain/venue/verify-snapshot.ts';
import type { Exchange } from '../../../src/exchanges/exchange.ts';
import type { ReadMethod } from './fuzz-venue.ts';

const DETAIL_MAX = 2_000;
/** Six digits of seconds. */
const RETRY_AFTER_MAX_MS = 1_000_000_000;

export interface Judged {
  readonly method: ReadMethod;
  readonly exchange: Exchange;
  readonly markets: readonly string[];
  readonly secrets: readonly string[];
  readonly nowMs: number;
}

/** What is wrong with an outcome by itself; null where nothing is. */
export function whyWrong(outcome: unknown, judged: Judged): string | null {
  const text = JSON.stringify(outcome);
  if (judged.secrets.some((secret) => text.includes(secret))) return 'a secret is in it';
  const { state, reason, detail, retryAfterMs } = outcome as Readonly<Record<string, unknown>>;
  if (state === 'unknown') {
    if (!UNKNOWN_REASONS.some((known) => known === reason)) return `the reason ${String(reason)}`;
    if (typeof detail !== 'string' || detail === '') return 'no detail';
    if (detail.length > DETAIL_MAX) return `a detail of ${detail.length} characters`;
    const isDelay = Number.isFinite(retryAfterMs) && Number(retryAfterMs) >= 0;
    if (retryAfterMs === undefined || (isDelay && Number(retryAfterMs) <= RETRY_AFTER_MAX_MS)) return null;
    return `retryAfterMs ${String(retryAfterMs)}`;
  }
  switch (judged.method) {
    case 'observe':
      return whyUncertified(outcome, judged) ?? snapshotProblem((outcome as Known<Snapshot>).value);
    case 'readActivity':
      return (
        whyUncertified(outcome, judged) ?? activityProblem((outcome as Known<readonly Activity[]>).value)
      );
    case 'readMarkets':
      return marketsProblem(outcome, judged.markets);
    case 'findOrder':
      return lookupProblem(outcome as OrderLookup);
    case 'readKeyRights': {
      const { canTrade, canWithdraw } = outcome as Readonly<Record<string, unknown>>;
      return typeof canTrade === 'boolean' && typeof canWithdraw === 'boolean' ? null : 'no rights';
    }
  }
}

function whyUncertified(outcome: unknown, { exchange, nowMs }: Judged): string | null {
  const { state, certificate, value } = outcome as Known<unknown>;
  if (state !== 'known') return `the state ${String(state)}`;
  const text = { certificate: canonicalJson(certificate), body: canonicalJson(value) };
  const { venue, kind, scope, observedAtMs, pages, sources } = certificate;
  const verdict = verifySnapshot({ ...text, venue, observedAtMs, id: snapshotIdOf(text) });
  if (verdict.verdict === 'altered')
    return `a certificate that does not verify: ${JSON.stringify(verdict.problems)}`;
  if (venue !== exchange.venue || kind !== exchange.kind) return `a certificate of ${venue}`;
  if (observedAtMs !== nowMs) return `observed at ${observedAtMs}`;
  return scope === '' || pages.length === 0 || sources.length === 0 ? 'a certificate of nothing' : null;
}

function snapshotProblem({
  balances,
  positions,
  openOrders,
  fills,
  accrued,
  facts = [],
}: Snapshot): string | null {
  const wrongBalance = balances.find(
    ({ total, available, hold }) =>
      ![total, available, hold].every(isCanonical) || add(available, hold) !== total || isNegative(hold),
  );
  if (wrongBalance !== undefined) return `the balance ${shown(wrongBalance)}`;
  const wrongPosition = positions.find(
    ({ size, side, entryPrice }) =>
      !isCanonical(size) ||
      size === '0' ||
      isNegative(size) !== (side === 'short') ||
      !isUnsigned(entryPrice),
  );
  if (wrongPosition !== undefined) return `the position ${shown(wrongPosition)}`;
  const wrongOrder = openOrders.find(
    ({ remaining, limitPrice, side }) =>
      !isUnsigned(remaining) || !(limitPrice === null || isUnsigned(limitPrice)) || !isSide(side),
  );
  if (wrongOrder !== undefined) return `the open order ${shown(wrongOrder)}`;
  const amounts = [
    ...accrued.map((one) => one.amount),
    ...facts.flatMap((fact) => ('amount' in fact ? [fact.amount] : [])),
  ];
  if (!amounts.every(isCanonical)) return `an amount among ${shown(amounts)}`;
  return (
    unsorted(
      'balances',
      balances.map(({ asset }) => asset),
    ) ??
    unsorted(
      'positions',
      positions.map(({ market }) => market),
    ) ??
    unsorted(
      'open orders',
      openOrders.map(({ id }) => id),
    ) ??
    unsorted(
      'fills',
      fills.map(({ id }) => id),
    ) ??
    fillsProblem(fills)
  );
}

function fillsProblem(fills: readonly Fill[]): string | null {
  const wrong = fills.find(
    ({ quantity, price, quoteAmount, fee, side, atMs }) =>
      !isUnsigned(quantity) ||
      !isUnsigned(price) ||
      !isUnsigned(quoteAmount) ||
      !isCanonical(fee.amount) ||
      !isSide(side) ||
      !isTime(atMs),
  );
  return wrong === undefined ? null : `the fill ${shown(wrong)}`;
}

function activityProblem(activities: readonly Activity[]): string | null {
  const wrong = activities.find(
    ({ atMs, deltas, id }) =>
      id === '' ||
      !isTime(atMs) ||
      deltas.length === 0 ||
      !deltas.every((delta) => isCanonical(delta.amount)),
  );
  if (wrong !== undefined) return `the activity ${shown(wrong)}`;
  const ids = activities.map(({ id }) => id);
  if (new Set(ids).size < ids.length) return 'an activity twice';
  const early = activities.findIndex(({ atMs }, index) => atMs < (activities[index - 1]?.atMs ?? atMs));
  return early < 0 ? null : `activity ${early} is older than the one before`;
}

function marketsProblem(outcome: unknown, asked: readonly string[]): string | null {
  if (!Array.isArray(outcome)) return `the markets ${shown(outcome)}`;
  const markets = outcome as readonly Market[];
  if (markets.map(({ market }) => market).join() !== asked.join())
    return `markets other than ${asked.join()}`;
  const wrong = markets.find(
    ({ bid, ask, step, tick, minQuantity, minNotional, takerFeeRate, perpetualTerms, isTradable }) =>
      ![bid, ask, minQuantity, minNotional, ...ratesOf(perpetualTerms)].every(isUnsigned) ||
      ![step, tick].every((one) => isCanonical(one) && isPositive(one)) ||
      !isCanonical(takerFeeRate) ||
      typeof isTradable !== 'boolean',
  );
  return wrong === undefined ? null : `the market ${shown(wrong)}`;
}

function ratesOf(terms: Market['perpetualTerms']): readonly Amount[] {
  return terms?.state === 'known'
    ? [terms.initialMarginRate, terms.maintenanceMarginRate, terms.funding.rateMax]
    : [];
}

function lookupProblem(lookup: OrderLookup): string | null {
  if (lookup.state === 'absent') return lookup.detail.length <= DETAIL_MAX ? null : 'a long detail';
  if (lookup.state !== 'found') return `the state ${String(lookup.state)}`;
  if (lookup.venueOrderId === '' || !isUnsigned(lookup.filledQuantity)) return `the order ${shown(lookup)}`;
  if (sum(lookup.fills.map(({ quantity }) => quantity)) !== lookup.filledQuantity)
    return `fills that are not what is filled: ${shown(lookup)}`;
  return fillsProblem(lookup.fills);
}

/** In code unit order, each once. */
function unsorted(what: string, keys: readonly string[]): string | null {
  const wrong = keys.findIndex((one, index) => index > 0 && (keys[index - 1] ?? '') >= one);
  return wrong < 0 ? null : `${what}: ${keys[wrong - 1]} before ${keys[wrong]}`;
}

const isCanonical = (text: unknown): boolean => isDecimalText(text) && amount(text) === text;
const isUnsigned = (text: unknown): boolean => isCanonical(text) && !isNegative(text as Amount);
const isSide = (side: unknown): boolean => side === 'buy' || side === 'sell';
const isTime = (atMs: unknown): boolean => Number.isSafeInteger(atMs);
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 300);
