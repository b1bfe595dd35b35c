import { canonicalJson } from '../canonical-json.ts';
import { sha256Hex } from '../hash.ts';
import type { AssetId, VenueId } from '../venue/venue.ts';
import type { AlertCode, AlertLevel } from './alert-codes.ts';
import type { Measure } from './measure.ts';

/** What an alert is about. Two sightings of the same are one alert. */
export interface AlertSubject {
  readonly code: AlertCode;
  readonly asset: AssetId | null;
  readonly venue: VenueId | null;
  /** Told apart besides: an order, a plan, a worker, a group; null where code, asset and venue say all. */
  readonly about: string | null;
}

export interface Acknowledgement {
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface Alert extends AlertSubject {
  /** SHA-256 of the subject and of when it was opened: the same after a restart. */
  readonly id: string;
  readonly level: AlertLevel;
  readonly state: 'open' | 'resolved';
  /** What was found, in words, without secrets. */
  readonly detail: string;
  /** As last seen; null for what has no number. */
  readonly measure: Measure | null;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
  /** How often it happened since it was opened; 1 for a condition. */
  readonly occurrences: number;
  /** Only of an occurrence: when it last happened. */
  readonly lastHappenedAtMs: number | null;
  /** A person knows of it: it is not repeated until it worsens or is resolved. */
  readonly acknowledgement: Acknowledgement | null;
  readonly told: ToldOf;
}

/** What was told of an alert, so that the rest can be. */
export interface ToldOf {
  /** When it was last said to be there; null before the first time. */
  readonly raisedAtMs: number | null;
  /** What was last said; null before the first time. */
  readonly last: 'raised' | 'resolved' | null;
  /** What worsening is measured from; null where there is no measure. */
  readonly mark: Measure | null;
  /** It has worsened, and that was not told yet. */
  readonly owesWorsened: boolean;
  /** How often it had happened when it was last told. */
  readonly occurrences: number;
  /** How often it was told. */
  readonly times: number;
}

/** The key that alerts are deduplicated by. */
export const keyOf = ({ code, asset, venue, about }: AlertSubject): string =>
  canonicalJson([code, asset, venue, about]);

export const alertIdOf = (subject: AlertSubject, openedAtMs: number): string =>
  sha256Hex(canonicalJson([keyOf(subject), openedAtMs]));

/** "BTC at coinbase", "coinbase", "plan 1234"; empty where it is about the whole. */
export function describeAlertSubject({ asset, venue, about }: AlertSubject): string {
  const where = asset !== null && venue !== null ? `${asset} at ${venue}` : (asset ?? venue ?? '');
  return [where, about ?? ''].filter((part) => part !== '').join(', ');
}
