import type { NewAuditEntry } from '../../db/audit-repository.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

/** What a start knows of a venue's key that a person should find in the audit log later. */
export interface KeyDeclaration {
  readonly venue: VenueId;
  readonly what: 'custodyFull' | 'keyRightsUnchecked' | 'keyRightsUnread' | 'keyRightsUntold';
  readonly text: string;
}

/** Of venues whose orders are signed with the key that owns the account, or with one that is taken for such. */
export function custodyDeclarations(venues: readonly VenueConfiguration[]): readonly KeyDeclaration[] {
  return venues.flatMap((venue) => {
    const { id, kind, credentials } = venue;
    if ((kind !== 'dydx' && kind !== 'solana') || credentials === null) return [];
    const permission = kind === 'dydx' ? venue.permission : null;
    if (permission?.rights === 'checked') return [];
    return [{ venue: id, what: 'custodyFull', text: permission === null ? OWN_KEY : PERMISSIONED_KEY }];
  });
}

const OWN_KEY = 'custody is "full": its key can move all that is there';
const PERMISSIONED_KEY =
  'custody is "full": its permissioned key is used whatever it may do, withdrawals included';

export const declarationEntry = (body: KeyDeclaration, atMs: number): NewAuditEntry => ({
  atMs,
  actor: 'service',
  kind: 'keyDeclared',
  body,
});
