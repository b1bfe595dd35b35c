// The rate at which cash flows are worth nothing today.
//
// The search is for y = ln(1 + rate), on the share of the discounted amounts that is left when they are netted: between -1
// and 1 at any rate, so that nothing overflows. Each root of it is a rate and each rate a root.

import { findRoot } from './find-root.ts';
import { type CashFlow, type TimedFlow, timed } from './present-value.ts';
import { type NoStatistic, noStatistic } from './statistic.ts';

export type Xirr =
  | {
      /** Of a year; a signed fraction. */
      readonly value: number;
      /** Every rate that solves it, rising: several where payments and returns alternate. */
      readonly roots: readonly number[];
    }
  | NoStatistic;

/** Rates outside are no statement about a year: (−0.999999999, 1 000 000). */
const RATE_MIN = 1e-9 - 1;
const RATE_MAX = 1e6;
const SPAN = [Math.log1p(RATE_MIN), Math.log1p(RATE_MAX)] as const;
const TOLERANCE = 1e-14;
/** Pieces of the range in which roots are looked for, beside those at turning points. */
const PIECES = 300;
/** A turning point this close to zero touches it. */
const TOUCH = 1e-13;
const TURN_STEPS = 60;

/**
 * Internal rate of return of dated cash flows, Σ CF·(1 + x)^(−days/365) = 0 (Excel's XIRR): any order, several on one
 * date, investor-signed. Of several rates the one nearest to `near` is told, which is the time-weighted return of a year.
 * Without it the lowest from 0 to 100, which solvers find that start at ten per cent as Excel does; or else the one with
 * the smallest |ln(1 + x)|. Null where the flows do not change their sign, lie at one moment, or have no rate between
 * −0.999999999 and 1 000 000. Never throws; amounts and times that are not finite have no rate.
 */
export function xirr(flows: readonly CashFlow[], near: number | null = null): Xirr {
  if (flows.some(({ atMs, amount }) => !Number.isFinite(atMs) || !Number.isFinite(amount)))
    return noStatistic('a cash flow is not a finite number at a time');
  // As shares of the largest, so that no sum overflows.
  const largest = flows.reduce((most, { amount }) => Math.max(most, Math.abs(amount)), 0);
  const netted = timed(flows.map(({ atMs, amount }) => ({ atMs, amount: amount / (largest || 1) })));
  const changes = countSignChanges(netted);
  if (changes === 0) return noStatistic(whyWithoutRate(flows, netted));
  const netShare = (y: number): number => shareLeft(netted, y);
  const found = changes === 1 ? onlyRoot(netShare) : allRoots(netted, netShare);
  if (found.length === 0) return noStatistic(whyOutside(netted, changes));
  const roots = found.map((y) => Math.expm1(y));
  const distances = roots.map((root, index) =>
    near === null ? unlikeliness(root, found[index] ?? 0) : Math.abs(root - near),
  );
  const value = roots[distances.indexOf(Math.min(...distances))] as number;
  return { value, roots };
}

const unlikeliness = (root: number, y: number): number =>
  root >= 0 && root <= LIKELY_MAX ? root : LIKELY_MAX + 1 + Math.abs(y);
const LIKELY_MAX = 100;

function whyWithoutRate(flows: readonly CashFlow[], netted: readonly TimedFlow[]): string {
  const [first] = netted;
  if (!first) return 'there is no cash flow but zero';
  if (flows.length > 1 && flows.every(({ atMs }) => atMs === flows[0]?.atMs)) return 'all lies at one moment';
  return first.amount < 0
    ? 'something was paid in and nothing got back'
    : 'something was got back and nothing paid in';
}

function whyOutside(flows: readonly TimedFlow[], changes: number): string {
  if (changes > 1) return 'no rate makes the cash flows worth nothing';
  // At the highest rate the first flow weighs most; if the last one does still, the rate lies above.
  const isAbove = shareLeft(flows, SPAN[1]) > 0 === (flows.at(-1)?.amount ?? 0) > 0;
  return isAbove ? `the rate lies above ${RATE_MAX} a year` : `the rate lies below ${RATE_MIN} a year`;
}

const countSignChanges = (flows: readonly TimedFlow[]): number =>
  flows.filter(({ amount }, index) => index > 0 && amount > 0 !== (flows[index - 1]?.amount ?? 0) > 0).length;

/** Descartes' rule: with one change of sign there is one root. */
function onlyRoot(netShare: (y: number) => number): readonly number[] {
  const [low, high] = SPAN;
  if (netShare(low) > 0 === netShare(high) > 0) return [];
  return [findRoot(netShare, [low, high], TOLERANCE)];
}

function allRoots(flows: readonly TimedFlow[], netShare: (y: number) => number): readonly number[] {
  const [low, high] = undecidedSpan(flows);
  const width = (high - low) / PIECES;
  const points = Array.from({ length: PIECES + 1 }, (_, index) => {
    const y = low + index * width;
    return { y, value: netShare(y) };
  });
  const roots: number[] = [];
  const search = (from: number, to: number): void => {
    roots.push(findRoot(netShare, [from, to], TOLERANCE));
  };
  for (const [index, here] of points.entries()) {
    const next = points[index + 1];
    const after = points[index + 2];
    if (here.value === 0) roots.push(here.y);
    else if (next && here.value * next.value < 0) search(here.y, next.y);
    // A curve that turns just before zero may touch or cross it between two points.
    else if (next && after && isTurning(here.value, next.value, after.value)) {
      const turn = turningPoint(netShare, here.y, after.y);
      const value = netShare(turn);
      if (Math.abs(value) <= TOUCH) roots.push(turn);
      else if (value * here.value < 0) {
        search(here.y, turn);
        search(turn, after.y);
      }
    }
  }
  return roots.toSorted((a, b) => a - b);
}

/** Nearer to zero than its neighbours, all on one side of it. */
const isTurning = (before: number, value: number, after: number): boolean =>
  before * after > 0 &&
  before * value > 0 &&
  Math.abs(value) <= Math.abs(before) &&
  Math.abs(value) < Math.abs(after);

/** Where the value is nearest to zero, or beyond it, by golden section. */
function turningPoint(netShare: (y: number) => number, from: number, to: number): number {
  const sign = Math.sign(netShare(from));
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [one, other] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [oneValue, otherValue] = [sign * netShare(one), sign * netShare(other)];
  for (let step = 0; step < TURN_STEPS && oneValue > 0 && otherValue > 0; step += 1) {
    if (oneValue < otherValue) {
      [high, other, otherValue] = [other, one, oneValue];
      one = high - ratio * (high - low);
      oneValue = sign * netShare(one);
    } else {
      [low, one, oneValue] = [one, other, otherValue];
      other = low + ratio * (high - low);
      otherValue = sign * netShare(other);
    }
  }
  return oneValue < otherValue ? one : other;
}

/** Below it the last flow outweighs all others together, above it the first: no root is there. */
function undecidedSpan(flows: readonly TimedFlow[]): readonly [number, number] {
  const [low, high] = SPAN;
  const first = Math.abs(flows[0]?.amount ?? 0);
  const last = Math.abs(flows.at(-1)?.amount ?? 0);
  const end = flows.at(-1)?.years ?? 0;
  const others = (y: number, without: number, since: number): number =>
    flows.reduce(
      (sum, { years, amount }, index) =>
        index === without ? sum : sum + Math.abs(amount) * Math.exp(-y * (years - since)),
      0,
    );
  const isFirstAlone = (y: number): boolean => first > others(y, 0, flows[0]?.years ?? 0);
  const isLastAlone = (y: number): boolean => last > others(y, flows.length - 1, end);
  return [
    isLastAlone(low) ? edgeOf(isLastAlone, low, high) : low,
    isFirstAlone(high) ? edgeOf(isFirstAlone, high, low) : high,
  ];
}

/** As far as a claim that is true at `from` stays true towards `to`, roughly and rather too near than too far. */
function edgeOf(claim: (y: number) => boolean, from: number, to: number): number {
  let [isTrueAt, isFalseAt] = [from, to];
  for (let step = 0; step < EDGE_STEPS; step += 1) {
    const middle = (isTrueAt + isFalseAt) / 2;
    if (claim(middle)) isTrueAt = middle;
    else isFalseAt = middle;
  }
  return isTrueAt;
}
const EDGE_STEPS = 12;

/** What is left of the discounted amounts when they are netted, as a share of them: -1 to 1. */
function shareLeft(flows: readonly TimedFlow[], y: number): number {
  // The largest factor is one, at whichever end it lies: none overflows.
  const since = y < 0 ? (flows.at(-1)?.years ?? 0) : 0;
  let net = 0;
  let gross = 0;
  for (const { years, amount } of flows) {
    const discounted = amount * Math.exp(-y * (years - since));
    net += discounted;
    gross += Math.abs(discounted);
  }
  return net / gross;
}
