import type { AlertSubject } from './alert.ts';
import type { AlertCode } from './alert-codes.ts';
import type { Measure } from './measure.ts';

/** What a look found of one subject. */
export interface Sighting extends AlertSubject {
  /** What is found, in words, without secrets. */
  readonly detail: string;
  /** Null for what has no number. */
  readonly measure: Measure | null;
  /** Whether it holds. One that does not is seen for its measure's sake: how far within its bound it is. */
  readonly isBreached: boolean;
}

/**
 * What was found of one condition. Where a look is whole, what it has not found any more is over; where something could
 * not be judged, what it has not found stays as it was.
 */
export interface Look {
  readonly code: AlertCode;
  readonly sightings: readonly Sighting[];
  readonly isWhole: boolean;
}

/** Something that happened since the last look. */
export interface Occurrence extends AlertSubject {
  readonly detail: string;
  readonly atMs: number;
}

export interface Observations {
  readonly looks: readonly Look[];
  readonly occurrences: readonly Occurrence[];
}

export const seen = (code: AlertCode, sightings: readonly Sighting[], isWhole = true): Look => ({
  code,
  sightings,
  isWhole,
});

/** Nothing could be judged. */
export const unseen = (code: AlertCode): Look => seen(code, [], false);

/** A condition that holds. */
export const sighting = (
  code: AlertCode,
  of: { readonly asset?: string; readonly venue?: string; readonly about?: string; readonly detail: string },
  measured: { readonly measure: Measure; readonly isBreached?: boolean } | null = null,
): Sighting => ({
  code,
  asset: of.asset ?? null,
  venue: of.venue ?? null,
  about: of.about ?? null,
  detail: of.detail,
  measure: measured?.measure ?? null,
  isBreached: measured?.isBreached ?? true,
});
