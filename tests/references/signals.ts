// Statistics that the damping and the track record of signals rest on, where textbooks state them.

import { DEFAULT_AGGREGATION } from '../../src/domain/signals/aggregation-rules.ts';
import { findDampings } from '../../src/domain/signals/find-dampings.ts';
import { gatherSignals } from '../../src/domain/signals/gather-signals.ts';
import { measureRecord } from '../../src/domain/signals/track-record.ts';
import type { ReferenceCase } from './reference-case.ts';

/** Set I of Anscombe's quartet. */
const X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
const Y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];

/** 1, 1, 2, 2, 4, 6, 9 in tenths, of a median of 2 and a median absolute deviation of 1; then the strength to judge. */
const USUAL = [0.1, 0.1, 0.2, 0.2, 0.4, 0.6, 0.9];
const NEWEST = 1;
const HOUR_MS = 3_600_000;

/** How many robust deviations the newest lies above the usual, by how far it is damped. */
function deviationsFound(): number {
  const signals = [...USUAL, NEWEST].map((strength, hour) => ({
    source: 'a',
    asset: 'BTC',
    direction: 'long' as const,
    strength,
    confidence: 1,
    atMs: hour * HOUR_MS,
    expiresAtMs: (hour + 24) * HOUR_MS,
  }));
  const asOfMs = USUAL.length * HOUR_MS;
  const gathered = gatherSignals(signals, { asOfMs, expected: [] });
  const [of] = gathered.state === 'gathered' ? gathered.sources : [];
  const [damping] = of === undefined ? [] : findDampings(of, DEFAULT_AGGREGATION, asOfMs);
  return DEFAULT_AGGREGATION.extremeDeviations / (damping?.factor ?? Number.NaN);
}

export const SIGNALS: readonly ReferenceCase[] = [
  {
    source: 'R: cor() of datasets::anscombe (Anscombe 1973)',
    name: 'correlation of set I, as a track record',
    actual: () =>
      measureRecord(X.map((signedStrength, i) => ({ signedStrength, nextReturn: Y[i] ?? Number.NaN })))
        .correlation,
    expected: 0.8164205,
    tolerance: 5e-8,
  },
  {
    source: 'Wikipedia: Median absolute deviation, with the modified z-score of Iglewicz and Hoaglin (1993)',
    name: '0.6745 · (10 − 2) / 1 for a tenth of 1, 1, 2, 2, 4, 6, 9',
    actual: deviationsFound,
    expected: 0.6745 * 8,
    tolerance: 1e-12,
  },
];
