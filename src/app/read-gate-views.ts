import { hostname } from 'node:os';
import type { OpenDatabase } from '../../db/database.ts';
import { readGates } from '../../db/gate-repository.ts';
import { readKillSwitch } from '../../db/kill-switch-repository.ts';
import { readLock } from '../../db/lock-repository.ts';
import { readKnownVenues, readVenueStates } from '../../db/venue-state-repository.ts';
import type { VenueMode } from '../domain/reconciliation/gate.ts';
import type { KillSwitch } from '../domain/risk/kill-switch.ts';
import type { AssetId, VenueId } from '../domain/venue/venue.ts';
import { isAlive } from './read-status.ts';

/** A venue's gates as they were last written. */
export interface VenueGates {
  readonly venue: VenueId;
  readonly mode: VenueMode;
  readonly reason: string;
  /** Since when the mode is for this reason; null for a venue that could never be read. */
  readonly sinceMs: number | null;
  readonly lastCertifiedAtMs: number | null;
  readonly assets: readonly {
    readonly asset: AssetId;
    readonly isOpen: boolean;
    readonly reason: string;
    readonly sinceMs: number;
  }[];
}

export interface GateViews {
  readonly atMs: number;
  /** Without an owner nobody watches the venues: the gates are closed whatever was written last. */
  readonly isOwned: boolean;
  /** While it is on, no order goes to any venue, whatever its gates say. */
  readonly killSwitch: KillSwitch;
  readonly venues: readonly VenueGates[];
}

/** Reads the gates from the database, of one venue or of all, beside whoever owns it. */
export async function readGateViews(
  db: OpenDatabase['db'],
  { venue, nowMs }: { readonly venue: VenueId | null; readonly nowMs: number },
): Promise<GateViews> {
  const lock = await readLock(db);
  const states = await readVenueStates(db);
  const gates = await readGates(db, venue);
  const venues = (await readKnownVenues(db)).filter((known) => venue === null || known === venue);
  return {
    atMs: nowMs,
    killSwitch: await readKillSwitch(db),
    isOwned: lock !== null && isAlive(lock, { nowMs, host: hostname() }),
    venues: venues.map((id) => ({
      venue: id,
      ...modeOf(states.find((state) => state.venue === id)),
      assets: gates
        .filter((gate) => gate.venue === id)
        .map(({ asset, state, reason, sinceMs }) => ({ asset, isOpen: state === 'open', reason, sinceMs })),
    })),
  };
}

function modeOf(state: Awaited<ReturnType<typeof readVenueStates>>[number] | undefined) {
  const lastCertifiedAtMs = state?.lastObservedAtMs ?? null;
  if (state === undefined || state.opening.state === 'unopened') {
    const sinceMs = state?.modeSinceMs ?? null;
    return { mode: 'unopened', reason: 'the venue has not been opened', sinceMs, lastCertifiedAtMs } as const;
  }
  const { mode, modeReason: reason, modeSinceMs: sinceMs } = state;
  return { mode, reason, sinceMs, lastCertifiedAtMs };
}
