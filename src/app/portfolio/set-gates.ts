import { readGates, setGate } from '../../../db/gate-repository.ts';
import { setVenueMode } from '../../../db/venue-state-repository.ts';
import { viewOf } from '../../domain/book/book-state.ts';
import type { Discrepancy } from '../../domain/reconciliation/discrepancy.ts';
import { decideGates } from '../../domain/reconciliation/gate.ts';
import type { VenueId } from '../../domain/venue/venue.ts';
import { memoryOf, valueBook } from './read-standing.ts';
import type { RoundContext } from './round-context.ts';

/** Decides the gates of a venue anew and keeps what changed. */
export async function setGates(
  venue: VenueId,
  discrepancies: readonly Discrepancy[],
  context: RoundContext & { readonly lastCertifiedAtMs: number | null },
): Promise<void> {
  const { db, state, settings, nowMs, change, lastCertifiedAtMs } = context;
  const isOpened = viewOf(state.book, venue, nowMs).isOpened || change.openedVenues.includes(venue);
  const held = viewOf(state.book, venue, nowMs).holdings.map(({ asset }) => asset);
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
    assets: [...held, ...gated, ...traded],
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
  await setVenueMode(db, { venue, mode: decision.mode, reason: decision.reason, atMs: nowMs });
  change.afterwards.push((after) => {
    memoryOf(after, venue).gates = decision;
  });
}
