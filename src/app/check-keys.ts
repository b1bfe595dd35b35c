import type { VenueKind } from '../domain/venue/venue.ts';
import type { Exchange } from '../exchanges/exchange.ts';
import type { Clock } from '../platform/clock.ts';
import { withDeadline } from '../platform/deadline.ts';
import type { KeyDeclaration } from './key-declaration.ts';
import { KeyGuard } from './key-guard.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

/** A key may do what it must not, or does not tell what it may do. */
export class KeyRefusedError extends Error {
  override readonly name = 'KeyRefusedError';
}

export interface CheckedKeys {
  /** In the order given; what could not be read is guarded until it is. */
  readonly exchanges: readonly Exchange[];
  /** What a person has to be told at every start. */
  readonly declarations: readonly KeyDeclaration[];
}

interface CheckPorts {
  readonly clock: Clock;
  /** Of one reading; a check takes no longer, and no longer than `KEY_CHECK_MAX_MS`. */
  readonly timeoutMs: number;
  /** Whether orders are going to be sent to a venue. */
  readonly sendsOrdersTo: (venue: VenueConfiguration) => boolean;
  /** What becomes of a key whose rights the venue does not tell; `tell` where it is only looked with, once. */
  readonly untold: 'refuse' | 'tell';
  readonly onProblem: (problem: string) => void;
}

/** A start waits no longer than this for a venue that does not answer. */
const KEY_CHECK_MAX_MS = 10_000;

/** How a key that fits is made, and what takes any; where nothing is said of a kind, its adapter cannot tell rights either. */
const WAY_OUT: Readonly<Partial<Record<VenueKind, string>>> = {
  coinbase:
    'make an API key with the permissions View and Trade, without Transfer, or write "keyRights": "unchecked" beside the credentials to use it all the same',
  dydx: 'make an API trading key at dYdX and configure its authenticatorId, or write "custody": "full" beside the credentials to use this one all the same',
};
const NO_WAY_OUT = 'make a key without these rights';

/**
 * Reads what the keys of opened venues may do, where the venue can tell, and has whoever runs this told of the rest.
 *
 * A venue that does not answer stops nothing: its keys are asked about again with every read, and no order leaves
 * before they are known. @throws {KeyRefusedError} naming every key that does not fit.
 */
export async function checkKeys(
  opened: readonly { readonly exchange: Exchange; readonly venue: VenueConfiguration }[],
  ports: CheckPorts,
): Promise<CheckedKeys> {
  const checked = await Promise.all(opened.map((each) => checkVenue(each, ports)));
  const refusals = checked.flatMap(({ refusal }) => (refusal === null ? [] : [refusal]));
  if (refusals.length > 0) throw new KeyRefusedError(refusals.join('\n'));
  for (const warning of checked.flatMap(({ warnings }) => warnings)) ports.onProblem(warning);
  return {
    exchanges: checked.map(({ exchange }) => exchange),
    declarations: checked.flatMap(({ declaration }) => (declaration === null ? [] : [declaration])),
  };
}

interface CheckedVenue {
  readonly exchange: Exchange;
  readonly refusal: string | null;
  readonly warnings: readonly string[];
  readonly declaration: KeyDeclaration | null;
}

async function checkVenue(
  { exchange, venue }: { readonly exchange: Exchange; readonly venue: VenueConfiguration },
  { clock, timeoutMs, sendsOrdersTo, untold }: CheckPorts,
): Promise<CheckedVenue> {
  const nothing = { exchange, refusal: null, warnings: [], declaration: null };
  if (exchange.readKeyRights === undefined)
    return venue.kind === 'coinbase-wallet' ? untoldAt(venue, nothing) : nothing;
  if (venue.kind === 'coinbase' && venue.keyRights === 'unchecked') {
    const text = 'keyRights is "unchecked": its key is used whatever it may do, withdrawals included';
    const declaration = { venue: venue.id, what: 'keyRightsUnchecked', text } as const;
    return { ...nothing, warnings: [`${venue.id}: ${text}`], declaration };
  }
  // Told of and kept with what is custody.
  if (venue.kind === 'dydx' && venue.permission?.rights === 'unchecked') return nothing;
  const guard = new KeyGuard(exchange, { sendsOrders: sendsOrdersTo(venue) });
  const at = { clock, timeoutMs: Math.min(timeoutMs, KEY_CHECK_MAX_MS) };
  const found = await withDeadline(at, (signal) => guard.check(signal));
  switch (found.state) {
    case 'fits':
      return { ...nothing, warnings: found.warnings };
    case 'untold':
      if (untold === 'tell') return { ...nothing, warnings: [found.reason] };
      return { ...nothing, refusal: `${found.reason}; ${WAY_OUT[venue.kind] ?? NO_WAY_OUT}` };
    case 'refused':
      return { ...nothing, refusal: `${found.reason}; ${WAY_OUT[venue.kind] ?? NO_WAY_OUT}` };
    case 'unread': {
      const text = `what its key may do is not known yet, and no order is sent before: ${found.reason}`;
      const declaration = { venue: venue.id, what: 'keyRightsUnread', text } as const;
      return { exchange: guard.guarded(), refusal: null, warnings: [`${venue.id}: ${text}`], declaration };
    }
  }
}

/** The platform tells no rights of a key. Nothing is signed with it here but requests to read, and that is written down. */
function untoldAt({ id }: VenueConfiguration, nothing: CheckedVenue): CheckedVenue {
  const text =
    'the platform does not tell what its key may do: give it no wallet secret, without which it can move nothing';
  const declaration = { venue: id, what: 'keyRightsUntold', text } as const;
  return { ...nothing, warnings: [`${id}: ${text}`], declaration };
}
