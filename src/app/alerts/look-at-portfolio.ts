import { lookAtLimits } from '../../domain/alerts/look-at-limits.ts';
import { type Look, type Sighting, seen, sighting, unseen } from '../../domain/alerts/observation.ts';
import {
  type Amount,
  absolute,
  amount,
  divide,
  isLess,
  isMore,
  multiply,
  subtract,
  ZERO,
} from '../../domain/money/amount.ts';
import { WEIGHT_TOTAL_PPM } from '../../domain/rebalancing/targets.ts';
import { evaluationsOf } from '../../domain/risk/evaluate-before-plan.ts';
import { isOverdue } from '../../domain/transfer/transfer-intent.ts';
import { priceIn } from '../../domain/venue/prices.ts';
import {
  groupsOf,
  memoryOf,
  type Reading,
  transfersUnderWay,
  valueBook,
} from '../portfolio/read-standing.ts';
import { planInputOf, presentVenuesOf } from '../rebalancing/plan-input-of.ts';
import { isRequiredBy, riskStateOf } from '../rebalancing/risk-state-of.ts';
import { weighPortfolio } from '../rebalancing/trigger-facts.ts';
import { targetingOf } from '../targeting/targets-of.ts';
import type { AlertReads } from './alert-reads.ts';

/** RECONCILIATION.md §6: an alert at 30 s, a page at 5 min. */
const UNKNOWN_MS = 30_000;
const UNKNOWN_LONG_MS = 300_000;
/** As long as a transfer excuses a difference. */
const TRANSFER_MS = 3_600_000;
/** REBALANCING.md §A.2. */
const DRIFT_MAX = amount('0.15');
const UNBALANCED_MS = 30 * 86_400_000;
/** Names that a detail spells out. */
const NAMED_MAX = 5;
const PPM = amount(String(WEIGHT_TOTAL_PPM));
const NONE_MEASURE = { bound: ZERO, direction: 'atMost' } as const;

/** What is to be known of the portfolio as a whole, of its orders and of what waits for a person. */
export function lookAtPortfolio(reading: Reading, reads: AlertReads, startedAtMs: number): readonly Look[] {
  const { settings } = reading;
  const targeting = targetingOf(settings);
  const hasTargets = targeting !== null;
  return [
    ...limits(reading, reads, hasTargets),
    ...weights(reading),
    missingPrices(reading),
    hasTargets ? overdue(reading, reads, startedAtMs) : seen('rebalanceOverdue', []),
    killSwitch(reading),
    ...unknownOrders(reads, reading.nowMs),
    ...transfers(reading),
    ...waiting(reads),
  ];
}

/** Everything is judged only once every venue was certified: before that the book says nothing of now. */
function limits(reading: Reading, { activity }: AlertReads, hasTargets: boolean): readonly Look[] {
  const { settings, state } = reading;
  const isCertified = settings.venues.every(({ venue }) => {
    const { opening, lastCertifiedAtMs } = memoryOf(state, venue);
    return opening.state !== 'unopened' && lastCertifiedAtMs !== null;
  });
  const evaluations = isCertified
    ? evaluationsOf(riskStateOf(reading, presentVenuesOf(reading), activity), settings.limits)
    : null;
  const areGatesOpen = settings.venues.every(({ venue }) => {
    const { gates } = memoryOf(state, venue);
    return gates?.isOpen === true && gates.assets.every(({ isOpen }) => isOpen);
  });
  const isRequired = isRequiredBy(reading);
  return lookAtLimits({ evaluations, limits: settings.limits, isRequired, areGatesOpen, hasTargets });
}

/** Drift, and what no target names, by what a plan would be made from now. */
function weights(reading: Reading): readonly Look[] {
  const readiness = planInputOf(reading);
  if (readiness.state === 'notReady') return [unseen('driftLarge'), unseen('assetUnassigned')];
  const { input, targeting } = readiness;
  const { settings, state } = reading;
  const group = groupsOf(settings);
  const unassigned = targeting.unassigned
    .filter(({ asset, quantity }) => {
      const price = priceIn(state.prices, group, asset);
      return price === null || !isLess(multiply(quantity, price), settings.reconciliation.dustUsd);
    })
    .map(({ asset }) => asset);
  return [drift(reading, input.targets), seen('assetUnassigned', several('assetUnassigned', unassigned))];
}

function drift(reading: Reading, targets: Readonly<Record<string, number>>): Look {
  const weighed = weighPortfolio(reading).weights;
  if (weighed.state === 'unknown') return unseen('driftLarge');
  return seen(
    'driftLarge',
    Object.entries(targets).map(([group, ppm]) => {
      const weight = weighed.value[group] ?? ZERO;
      const target = divide(amount(String(ppm)), PPM, 6, 'half');
      const value = absolute(subtract(weight, target));
      const measure = { value, bound: DRIFT_MAX, direction: 'atMost' } as const;
      const detail = `${group} is ${percent(weight)} of the portfolio, its target is ${percent(target)}`;
      return sighting(
        'driftLarge',
        { asset: group, detail },
        { measure, isBreached: isMore(value, DRIFT_MAX) },
      );
    }),
  );
}

/** Before the first prices everything is without one. */
function missingPrices(reading: Reading): Look {
  if (reading.state.prices.size === 0) return unseen('priceMissing');
  return seen('priceMissing', several('priceMissing', valueBook(reading).unpriced));
}

/** One alert of them all, so that a wallet full of coins is not a flood. */
function several(code: 'priceMissing' | 'assetUnassigned', assets: readonly string[]): readonly Sighting[] {
  if (assets.length === 0) return [];
  const named = [...assets].sort().slice(0, NAMED_MAX).join(', ');
  const rest = assets.length > NAMED_MAX ? ` and ${assets.length - NAMED_MAX} more` : '';
  const measure = { value: amount(String(assets.length)), ...NONE_MEASURE };
  return [sighting(code, { detail: `${named}${rest}` }, { measure })];
}

function overdue(
  { state, settings, nowMs }: Reading,
  { lastRebalanceAtMs }: AlertReads,
  startedAtMs: number,
): Look {
  const openedAtMs = settings.venues.flatMap(({ venue }) => {
    const { opening } = memoryOf(state, venue);
    return opening.state === 'unopened' ? [] : [opening.atMs];
  });
  const sinceMs = lastRebalanceAtMs ?? Math.min(startedAtMs, ...openedAtMs);
  if (nowMs - sinceMs <= UNBALANCED_MS) return seen('rebalanceOverdue', []);
  const last = lastRebalanceAtMs === null ? 'never, and it was opened' : 'the last time';
  return seen('rebalanceOverdue', [
    sighting('rebalanceOverdue', { detail: `${last} at ${dateText(sinceMs)}` }),
  ]);
}

function killSwitch({ state: { killSwitch: found } }: Reading): Look {
  const detail = `by ${found.by} at ${dateText(found.atMs)}: ${found.reason}`;
  return seen('killSwitchOn', found.isOn ? [sighting('killSwitchOn', { detail })] : []);
}

function unknownOrders({ unknownOrders: orders }: AlertReads, nowMs: number): readonly Look[] {
  const older = (code: 'outcomeUnknown' | 'outcomeUnknownLong', ageMs: number): Look =>
    seen(
      code,
      orders
        .filter(({ sinceMs }) => nowMs - sinceMs >= ageMs)
        .map(({ clientOrderId, venue, market, sinceMs }) =>
          sighting(code, {
            venue,
            about: clientOrderId,
            detail: `an order in ${market}, sent at ${dateText(sinceMs)}`,
          }),
        ),
    );
  return [older('outcomeUnknown', UNKNOWN_MS), older('outcomeUnknownLong', UNKNOWN_LONG_MS)];
}

function transfers({ state, nowMs }: Reading): readonly Look[] {
  return [
    seen(
      'transferUnknown',
      [...state.transfersAtStake.values()].filter(isOverdue).map(({ request, prepared }) =>
        sighting('transferUnknown', {
          venue: request.venue,
          asset: request.asset,
          about: request.transferId,
          detail: `${request.amount} to ${request.to}, ${prepared?.reference ?? 'not signed'}`,
        }),
      ),
    ),
    seen(
      'transferLate',
      transfersUnderWay(state)
        .filter(({ sentAtMs }) => nowMs - sentAtMs > TRANSFER_MS)
        .map(({ transferId, fromVenue, toVenue, asset, amount: moved, sentAtMs }) =>
          sighting('transferLate', {
            venue: toVenue,
            asset,
            about: transferId,
            detail: `${moved} left ${fromVenue} at ${dateText(sentAtMs)}`,
          }),
        ),
    ),
  ];
}

function waiting({ proposals, waitingPlans, leftToPerson, paused }: AlertReads): readonly Look[] {
  const venues = [...new Set(proposals.map(({ venue }) => venue))];
  return [
    seen(
      'correctionWaits',
      venues.map((venue) => {
        const own = proposals.filter((each) => each.venue === venue);
        const oldest = Math.min(...own.map(({ proposedAtMs }) => proposedAtMs));
        const measure = { value: amount(String(own.length)), ...NONE_MEASURE };
        const detail = `${own.length} of them, the oldest of ${dateText(oldest)}`;
        return sighting('correctionWaits', { venue, detail }, { measure });
      }),
    ),
    seen(
      'planWaits',
      waitingPlans.map((hash) => sighting('planWaits', { about: hash, detail: `plan ${hash}` })),
    ),
    seen(
      'executionNeedsPerson',
      leftToPerson === null
        ? []
        : [sighting('executionNeedsPerson', { about: leftToPerson, detail: `plan ${leftToPerson}` })],
    ),
    seen(
      'executionPaused',
      paused === null
        ? []
        : [
            sighting('executionPaused', {
              about: paused.planHash,
              detail: `plan ${paused.planHash}: ${paused.reason}`,
            }),
          ],
    ),
  ];
}

const dateText = (atMs: number): string => new Date(atMs).toISOString();

const percent = (fraction: Amount): string =>
  `${divide(multiply(fraction, amount('100')), amount('1'), 2, 'half')} %`;
