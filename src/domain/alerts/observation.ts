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
 * All that there is of one condition now. Unknown is no look: what could not be judged stays as it was, and only what a
 * look has not found any more is over.
 */
export type Look =
  | { readonly code: AlertCode; readonly state: 'known'; readonly sightings: readonly Sighting[] }
  | { readonly code: AlertCode; readonly state: 'unknown' };

/** Something that happened since the last look. */
export interface Occurrence extends AlertSubject {
  readonly detail: string;
  readonly atMs: number;
}

export interface Observations {
  readonly looks: readonly Look[];
  readonly occurrences: readonly Occurrence[];
}

export const seen = (code: AlertCode, sightings: readonly Sighting[]): Look => ({
  code,
  state: 'known',
  sightings,
});

export const unseen = (code: AlertCode): Look => ({ code, state: 'unknown' });

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
