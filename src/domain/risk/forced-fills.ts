import type { Fill } from '../venue/venue.ts';
import type { KillSwitch } from './kill-switch.ts';

/** A venue lists a fill at most this long after it happened: one that is older than a person's word was known to it. */
const LISTED_LATE_MAX_MS = 600_000;

/**
 * The fills of a certified read by which the venue closed positions on its own and that nobody has been told of: they
 * void the premises of the cash theorem (docs/CASH.md). `known` are those of the read before, null where there is none
 * since the start. Who re-armed trading since has seen what there was.
 */
export function newForcedFills(
  fills: readonly Fill[],
  { known, killSwitch }: { readonly known: readonly Fill[] | null; readonly killSwitch: KillSwitch },
): readonly Fill[] {
  const ids = new Set((known ?? []).map(({ id }) => id));
  const lateMs = known === null ? 0 : LISTED_LATE_MAX_MS;
  return fills.filter(
    ({ id, forcedBy, atMs }) => forcedBy !== undefined && !ids.has(id) && atMs > killSwitch.atMs - lateMs,
  );
}

/** Why trading stops, in words. */
export function describeForcedFill({ forcedBy, market, side, quantity, price, id, atMs }: Fill): string {
  const what = side === 'sell' ? 'sold' : 'bought';
  return `a ${forcedBy} ${what} ${quantity} in ${market} at ${price}, fill ${id} of ${new Date(atMs).toISOString()}`;
}
