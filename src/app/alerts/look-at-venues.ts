import type { AlertCode } from '../../domain/alerts/alert-codes.ts';
import { type Look, type Sighting, seen, sighting } from '../../domain/alerts/observation.ts';
import { absolute } from '../../domain/money/amount.ts';
import { RECONCILIATION_DEFAULTS } from '../../domain/reconciliation/defaults.ts';
import { type Discrepancy, isOpenDiscrepancy } from '../../domain/reconciliation/discrepancy.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import type { VenueMemory } from '../portfolio/portfolio-state.ts';
import { memoryOf, type Reading } from '../portfolio/read-standing.ts';

/** As old as prices may be to value with, where no limit says. */
const PRICES_AGE_MAX_MS = 60_000;
/** A venue whose prices come every five minutes has none that are fresher: three rounds without any are too many. */
const ROUNDS_WITHOUT_PRICES = 3;
/** A venue that is read less often than the gates want is silent once two rounds are due. */
const ROUNDS_WITHOUT_READ = 2;
/** A read confirms a fill within its quiet window; after the longest of them nobody knows whose it is. */
const UNCLAIMED_MAX_MS = RECONCILIATION_DEFAULTS.quietWindowMaxMs;

/** What the conditions of RECONCILIATION.md are, of every venue, by what the service knows now. */
export function lookAtVenues(reading: Reading, startedAtMs: number): readonly Look[] {
  const { state, settings } = reading;
  const venues = settings.venues.map(({ venue }) => ({ venue, memory: memoryOf(state, venue) }));
  const each = (code: AlertCode, find: (venue: VenueId, memory: VenueMemory) => readonly Sighting[]): Look =>
    seen(
      code,
      venues.flatMap(({ venue, memory }) => find(venue, memory)),
    );
  return [
    each('venueUncertified', (venue, memory) => silence(venue, memory, reading, startedAtMs)),
    // Silence and a lost stream narrow it too, and are told as what they are.
    each('venueReduceOnly', (venue, { gates, lastCertifiedAtMs, hold }) =>
      gates?.mode === 'reduceOnly' && hold === null && isWithin(lastCertifiedAtMs, reading)
        ? [sighting('venueReduceOnly', { venue, detail: gates.reason })]
        : [],
    ),
    each('openingWaits', (venue, { opening, openable }) =>
      opening.state === 'unopened' && openable !== null
        ? [sighting('openingWaits', { venue, detail: 'two certified reads of it agree' })]
        : [],
    ),
    each('pricesStale', (venue, memory) => stalePrices(venue, memory, reading)),
    each('streamLost', (venue, { stream, hold }) =>
      stream === 'lost' || hold !== null
        ? [sighting('streamLost', { venue, detail: hold?.reason ?? 'it is away' })]
        : [],
    ),
    each('fillUnclaimed', (venue, { unclaimed }) =>
      [...unclaimed].flatMap(([asset, bookedAtMs]) =>
        reading.nowMs - bookedAtMs < UNCLAIMED_MAX_MS
          ? []
          : [sighting('fillUnclaimed', { venue, asset, detail: `booked at ${dateText(bookedAtMs)}` })],
      ),
    ),
    ...lookAtDiscrepancies(
      venues.flatMap(({ memory }) => memory.discrepancies),
      settings,
    ),
  ];
}

/** What at least two reads have confirmed, and what is to be known of it. */
function lookAtDiscrepancies(
  discrepancies: readonly Discrepancy[],
  { reconciliation }: Reading['settings'],
): readonly Look[] {
  const confirmed = discrepancies.filter((each) => isOpenDiscrepancy(each) && each.state !== 'suspected');
  const those = (code: AlertCode, is: (discrepancy: Discrepancy) => boolean): Look =>
    seen(
      code,
      confirmed.filter(is).map((found) => {
        const { venue, asset, delta, valueUsd } = found;
        const worth = valueUsd === null ? '' : `, worth ${absolute(valueUsd)} USD`;
        return sighting(
          code,
          { venue, asset, detail: `${found.class} of ${delta}${worth}: ${found.state}` },
          valueUsd === null
            ? null
            : {
                measure: {
                  value: absolute(valueUsd),
                  bound: reconciliation.thresholdUsd,
                  direction: 'atMost',
                },
              },
        );
      }),
    );
  return [
    those('discrepancyCritical', ({ severity }) => severity === 'critical'),
    those('discrepancyOpen', ({ severity }) => severity === 'warning' || severity === 'error'),
    those(
      'discrepancyUnexplained',
      ({ state, explanationsTried }) =>
        state === 'unexplained' && explanationsTried >= RECONCILIATION_DEFAULTS.explanationsMax,
    ),
    those('discrepancyOscillating', ({ isOscillating }) => isOscillating),
    those('outcomeAwaited', ({ awaitsOutcome }) => awaitsOutcome),
  ];
}

/** Of a venue that is open: one that is not is not compared. */
function silence(
  venue: VenueId,
  { opening, lastCertifiedAtMs }: VenueMemory,
  { settings, nowMs }: Reading,
  startedAtMs: number,
): readonly Sighting[] {
  if (opening.state === 'unopened') return [];
  const { gateTimeLimitMs, pollIntervalMs } = settings.reconciliation;
  const timeLimitMs = Math.max(gateTimeLimitMs, ROUNDS_WITHOUT_READ * pollIntervalMs);
  const sinceMs = lastCertifiedAtMs ?? startedAtMs;
  if (nowMs - sinceMs <= timeLimitMs) return [];
  const since = lastCertifiedAtMs === null ? `the start at ${dateText(startedAtMs)}` : dateText(sinceMs);
  const detail = `no certified read since ${since}, at most ${timeLimitMs / 1_000} s may pass`;
  return [sighting('venueUncertified', { venue, detail })];
}

const isWithin = (certifiedAtMs: number | null, { settings, nowMs }: Reading): boolean =>
  certifiedAtMs !== null && nowMs - certifiedAtMs <= settings.reconciliation.gateTimeLimitMs;

function stalePrices(
  venue: VenueId,
  { marketsAtMs }: VenueMemory,
  { settings, nowMs }: Reading,
): readonly Sighting[] {
  const isPriced = settings.venues.some((each) => each.venue === venue && each.markets.length > 0);
  // Before the first round there are none, and the venue is uncertified as long as that lasts.
  if (!isPriced || marketsAtMs === null) return [];
  const valueMs = settings.limits.priceStaleness?.valueMs ?? PRICES_AGE_MAX_MS;
  const ageMaxMs = Math.max(valueMs, ROUNDS_WITHOUT_PRICES * settings.reconciliation.pollIntervalMs);
  if (nowMs - marketsAtMs <= ageMaxMs) return [];
  const detail = `they are of ${dateText(marketsAtMs)}, at most ${ageMaxMs / 1_000} s old may they be`;
  return [sighting('pricesStale', { venue, detail })];
}

const dateText = (atMs: number): string => new Date(atMs).toISOString();
