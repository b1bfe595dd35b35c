import type { Reading } from '../../src/app/portfolio/read-standing.ts';
import type { ServiceSettings } from '../../src/app/portfolio/service-settings.ts';
import { RETURNS_NOT_READ } from '../../src/app/targeting/target-memory.ts';
import { emptyBook } from '../../src/domain/book/book-state.ts';
import { NEVER_PULLED } from '../../src/domain/risk/kill-switch.ts';
import { NO_READINGS } from '../../src/domain/venue/price-readings.ts';

/** What a service knows that has an empty book, has read no market, and in which nobody stopped trading. */
export function idleReading(settings: ServiceSettings, nowMs: number): Reading {
  const memory = { markets: [], marketsAtMs: null, readings: NO_READINGS, lastReport: null, gates: null };
  const state = {
    book: emptyBook(),
    prices: new Map(),
    venues: new Map(settings.venues.map(({ venue }) => [venue, memory])),
    killSwitch: NEVER_PULLED,
    performance: null,
    targets: { returns: RETURNS_NOT_READ, signals: [], tokens: [], inForce: null },
  };
  return { state: state as unknown as Reading['state'], settings, nowMs };
}
