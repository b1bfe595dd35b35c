import type { Snapshot, Unknown } from '../../domain/venue/observation.ts';
import type { Activity, VenueId } from '../../domain/venue/venue.ts';

/** What a file states of an account. What it does not list, it states to be none; null is what it does not say. */
export interface Statement {
  readonly state: 'stated';
  readonly venue: VenueId | null;
  readonly snapshot: Snapshot;
  readonly statedAtMs: number | null;
  readonly activity: readonly Activity[];
  /** Since when fills and activity are all there are. */
  readonly completeSinceMs: number | null;
}

/** Reads all of a text. What is wrong with it is `Unknown`, never a throw. */
export type ReadStatement = (text: string) => Statement | Unknown;
