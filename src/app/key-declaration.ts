import type { NewAuditEntry } from '../../db/audit-repository.ts';
import type { VenueId } from '../domain/venue/venue.ts';
import type { VenueConfiguration } from './venue-configuration.ts';

/** What a start knows of a venue's key that a person should find in the audit log later. */
export interface KeyDeclaration {
  readonly venue: VenueId;
  readonly what: 'custodyFull' | 'keyRightsUnchecked' | 'keyRightsUnread';
  readonly text: string;
}

/** Of venues whose orders are signed with the key that owns the account. */
export function custodyDeclarations(venues: readonly VenueConfiguration[]): readonly KeyDeclaration[] {
  return venues.flatMap(({ id, kind, credentials }) =>
    (kind === 'dydx' || kind === 'solana') && credentials !== null
      ? [{ venue: id, what: 'custodyFull', text: 'custody is "full": its key can move all that is there' }]
      : [],
  );
}

export const declarationEntry = (body: KeyDeclaration, atMs: number): NewAuditEntry => ({
  atMs,
  actor: 'service',
  kind: 'keyDeclared',
  body,
});
