import { readGates, setGate } from '../../../db/gate-repository.ts';
import { setVenueMode } from '../../../db/venue-state-repository.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import { decideGates, type StreamHold } from '../../domain/reconciliation/gate.ts';
import type { KillSwitch } from '../../domain/risk/kill-switch.ts';
import type { AssetId, VenueId } from '../../domain/venue/venue.ts';
import { memoryOf, valueBook } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

/** Decides the gates of a venue anew and keeps what changed. */
export async function setGates(
  venue: VenueId,
  discrepancies: readonly Discrepancy[],
  context: RoundContext & {
    readonly lastCertifiedAtMs: number | null;
    /** As they will be after this work; what is remembered without it. */
    readonly hold?: StreamHold | null;
    readonly unclaimed?: ReadonlyMap<AssetId, number>;
    readonly killSwitch?: KillSwitch;
  },
): Promise<void> {
  const { db, state, settings, nowMs, change, lastCertifiedAtMs } = context;
  const book = state.book.venues.get(venue);
  const isOpened = book?.isOpened === true || change.openedVenues.includes(venue);
  const held = [...(book?.holdings.keys() ?? [])];
  const gated = (await readGates(db, venue)).map(({ asset }) => asset);
  const traded = memoryOf(state, venue).markets.flatMap(({ base, quote }) => [base, quote]);
  const decision = decideGates({
    venue,
    isOpened,
    lastCertifiedAtMs,
    nowMs,
    timeLimitMs: settings.reconciliation.gateTimeLimitMs,
    discrepancies,
    navUsd: state.prices.size === 0 ? null : valueBook({ state, settings, nowMs }).totalUsd,
    unclaimedAssets: new Set(
      (context.unclaimed ?? change.unclaimed.get(venue) ?? memoryOf(state, venue).unclaimed).keys(),
    ),
    hold: context.hold === undefined ? memoryOf(state, venue).hold : context.hold,
    assets: [...held, ...gated, ...traded],
    killSwitch: context.killSwitch ?? state.killSwitch,
  });
  for (const { asset, isOpen, reason } of decision.assets) {
    const gate = { venue, asset, state: isOpen ? ('open' as const) : ('closed' as const), reason };
    const before = memoryOf(state, venue).gates?.assets.find((each) => each.asset === asset);
    const isChanged = await setGate(db, { ...gate, atMs: nowMs });
    if (isChanged && before?.isOpen !== isOpen) {
      change.audit.push({ atMs: nowMs, actor: 'gate', kind: 'gateChanged', body: gate });
      change.announcements.push({ type: 'gateChanged', atMs: nowMs, ...gate });
    }
  }
  const { mode, reason } = decision;
  await setVenueMode(db, { venue, mode, reason, atMs: nowMs });
  if (memoryOf(state, venue).gates?.mode !== mode) {
    change.audit.push({
      atMs: nowMs,
      actor: 'gate',
      kind: 'venueModeChanged',
      body: { venue, mode, reason },
    });
    change.announcements.push({ type: 'venueModeChanged', atMs: nowMs, venue, mode, reason });
  }
  change.afterwards.push((after) => {
    memoryOf(after, venue).gates = decision;
  });
}
