import type { AuditEntry } from '../../../db/audit-repository.ts';
import type { Occurrence } from '../../domain/alerts/observation.ts';

/** What of the audit log is an occurrence; null for everything else. Read from there, it outlives the process. */
export function occurrenceIn({ kind, body, atMs }: AuditEntry): Occurrence | null {
  const of = body as Body;
  const about = { asset: null, venue: null, about: null, atMs };
  switch (kind) {
    case 'planRefused':
      return { ...about, code: 'planRefused', detail: of.reason ?? '' };
    case 'rebalanceAborted':
      return { ...about, code: 'rebalanceAborted', detail: `by ${of.by ?? '?'}: ${of.reason ?? ''}` };
    case 'cashPremiseBroken':
    case 'cashNotCovered':
      return {
        ...about,
        code: 'cashPremiseBroken',
        venue: of.venue ?? null,
        asset: of.asset ?? null,
        detail: of.reason ?? '',
      };
    default:
      return inMessage(of, atMs);
  }
}

/** A message of the bot that was not booked. */
function inMessage({ event, outcome }: Body, atMs: number): Occurrence | null {
  if (event === undefined || outcome === undefined) return null;
  const code = outcome.status === 'conflict' ? 'messageConflict' : 'messageRefused';
  if (outcome.status !== 'conflict' && outcome.status !== 'rejected') return null;
  const { place, expected, found } = outcome;
  const detail = `${event.type} ${event.eventId}: ${place} expected ${expected}, found ${found}`;
  return { code, asset: null, venue: event.venue, about: null, detail, atMs };
}

/** As those entries are written, each with its own of these. */
interface Body {
  readonly reason?: string;
  readonly by?: string;
  readonly venue?: string;
  readonly asset?: string;
  readonly event?: { readonly type: string; readonly eventId: string; readonly venue: string };
  readonly outcome?: {
    readonly status: string;
    readonly place: string;
    readonly expected: string;
    readonly found: string;
  };
}
