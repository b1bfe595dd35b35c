// How several sources become one view, as a configuration and a file of signals say it.

import type * as z from 'zod';
import { toAtoms } from '../../domain/money/amount.ts';
import {
  AGGREGATION_METHODS,
  type AggregationRules,
  DEFAULT_AGGREGATION,
} from '../../domain/signals/aggregation-rules.ts';
import type { TrackRecord } from '../../domain/signals/track-record.ts';
import {
  object as configured,
  name,
  named,
  numberBetween,
  oneOf,
  weightText,
  wholeNumber,
} from '../schema-terms.ts';

const standard = DEFAULT_AGGREGATION;
/** Ten years. */
const SECONDS_MAX = 315_360_000;
const COUNT_MAX = 1_000_000;

interface WrittenRecord {
  readonly hits?: number | undefined;
  readonly misses?: number | undefined;
  readonly correlation?: number | undefined;
  readonly observations?: number | undefined;
}

/** The aggregation under the words for an object that the file at hand has. */
export function aggregationSchema(object: typeof configured = configured) {
  const count = () => wholeNumber(0, COUNT_MAX).optional();
  const trackRecord = object({
    hits: count().describe('How often its direction was that of the next return.'),
    misses: count().describe('How often it was not.'),
    correlation: numberBetween(-1, 1)
      .optional()
      .describe('Instead: that of what it said with the next returns.'),
    observations: count().describe('Of how many.'),
  }).refine(isOneRecord, { error: 'hits and misses, or correlation and observations' });
  const source = object({
    weight: numberBetween(0.001, 1_000).default(1).describe('Against other sources.'),
    maxWeight: weightText().optional().describe('Its largest share of a view, instead of "maxSourceWeight".'),
    trackRecord: trackRecord.optional().describe('How right it has been; neutral without.'),
  });
  const limit = object({
    minWeight: weightText().optional().describe('At least this share of the portfolio.'),
    maxWeight: weightText().optional().describe('At most this share of the portfolio.'),
  });
  return object({
    method: oneOf(AGGREGATION_METHODS)
      .default(standard.method)
      .describe(
        'How signals become a view: by the weights of sources, by confidence too, by majority, by rank.',
      ),
    halfLifeSeconds: numberBetween(1, SECONDS_MAX)
      .optional()
      .describe('After so long a signal weighs half, and is half as sure. Never without.'),
    minSources: wholeNumber(1, 1_000)
      .default(standard.sourcesMin)
      .describe('Fewer sources that count give no view.'),
    maxConflict: numberBetween(0, 1)
      .default(standard.conflictMax)
      .describe('From 0, all agree, to 1, both directions weigh the same; above it there is no view.'),
    maxSourceWeight: weightText().optional().describe('The largest share of a view that one source has.'),
    sources: named(name('the name of a source'), source, 'an object of sources')
      .default({})
      .describe(
        'What is known of single sources: "weight" (1) against others, "maxWeight" instead of maxSourceWeight, and "trackRecord" with hits and misses, or correlation and observations.',
      ),
    priorObservations: numberBetween(0, COUNT_MAX)
      .default(standard.priorObservations)
      .describe('As many observations without skill count beside every track record.'),
    silentIntervals: numberBetween(1, 1_000)
      .default(standard.silentIntervals)
      .describe('A source is silent, and damped, after so many of its usual intervals.'),
    extremeDeviations: numberBetween(0.5, 1_000)
      .default(standard.extremeDeviations)
      .describe('A strength is extreme, and damped, from so many robust deviations above its usual.'),
    saturatedFactor: numberBetween(0, 1)
      .default(standard.saturatedFactor)
      .describe('What is left of the weight of a source that is always of full strength.'),
    limits: named(name('the name of an asset or a group'), limit, 'an object of limits')
      .default({})
      .describe(
        'Bounds of the targets of single assets or groups: "minWeight" and "maxWeight". Cash is the rest.',
      ),
  });
}

export type WrittenAggregation = z.output<ReturnType<typeof aggregationSchema>>;

function isOneRecord(record: WrittenRecord): boolean {
  const has = (key: keyof WrittenRecord): boolean => record[key] !== undefined;
  const isHits = has('hits') && has('misses') && !has('correlation') && !has('observations');
  return isHits || (has('correlation') && has('observations') && !has('hits') && !has('misses'));
}

/** As the domain has it. */
export function aggregationOf(written: WrittenAggregation): AggregationRules {
  const { halfLifeSeconds, minSources, maxConflict, maxSourceWeight, sources, limits, ...same } = written;
  const shareMaxPpm = ppmOf(maxSourceWeight) ?? standard.shareMaxPpm;
  return {
    ...same,
    halfLifeMs: halfLifeSeconds === undefined ? null : halfLifeSeconds * 1_000,
    sourcesMin: minSources,
    conflictMax: maxConflict,
    shareMaxPpm,
    sources: Object.fromEntries(
      Object.entries(sources).map(([id, { weight, maxWeight, trackRecord }]) => [
        id,
        { weight, shareMaxPpm: ppmOf(maxWeight) ?? shareMaxPpm, trackRecord: recordOf(trackRecord) },
      ]),
    ),
    limits: Object.fromEntries(
      Object.entries(limits).map(([asset, { minWeight, maxWeight }]) => {
        const [lowerPpm, upperPpm] = [ppmOf(minWeight), ppmOf(maxWeight)];
        return [asset, { ...(lowerPpm !== null && { lowerPpm }), ...(upperPpm !== null && { upperPpm }) }];
      }),
    ),
  };
}

function recordOf(written: WrittenRecord | undefined): TrackRecord | null {
  if (written === undefined) return null;
  const { hits = 0, misses = 0, correlation, observations = 0 } = written;
  return correlation === undefined
    ? { kind: 'hits', hits, misses }
    : { kind: 'correlation', correlation, observations };
}

const ppmOf = (weight: Parameters<typeof toAtoms>[0] | undefined): number | null =>
  weight === undefined ? null : Number(toAtoms(weight, 6));
