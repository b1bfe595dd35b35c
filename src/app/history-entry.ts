import type { AuditEntry } from '../../db/audit-repository.ts';
import type { Correction } from '../domain/reconciliation/correction.ts';
import type { Discrepancy } from '../domain/reconciliation/discrepancy.ts';
import type { KeyDeclaration } from './key-declaration.ts';

/** One thing that happened, in words. */
export interface HistoryEntry {
  readonly atMs: number;
  readonly kind:
    | 'opening'
    | 'status'
    | 'discrepancy'
    | 'correction'
    | 'decision'
    | 'gate'
    | 'rebalance'
    | 'note'
    | 'key'
    | 'owner';
  /** Null for what concerns every venue. */
  readonly venue: string | null;
  readonly asset: string | null;
  /** The discrepancy, the correction or the plan that it is about. */
  readonly id: string | null;
  /** "person:…", "policy", or the part of the service that did it. */
  readonly by: string;
  readonly text: string;
  /** Its place in the audit log; null for what only the tables tell. */
  readonly sequence: number | null;
}

type Told = Omit<HistoryEntry, 'atMs' | 'by' | 'sequence'>;

/** Kinds of audit entries that are told one by one; reports are told where the status changes. */
const TELLERS: Readonly<Record<string, (body: never) => Told>> = {
  venueOpened: ({ venue }: { readonly venue: string }) => told('opening', { venue, text: 'opened' }),
  discrepancyChanged: ({
    discrepancy,
    reason,
  }: {
    readonly discrepancy: Discrepancy;
    readonly reason: string;
  }) =>
    told('discrepancy', {
      venue: discrepancy.venue,
      asset: discrepancy.asset,
      id: discrepancy.id,
      text: `${discrepancy.class} of ${discrepancy.delta} is ${discrepancy.state}: ${reason}`,
    }),
  correctionProposed: (body: CorrectionBody) => correctionTold(body, 'proposed'),
  correctionApplied: (body: CorrectionBody) => correctionTold(body, 'applied'),
  correctionWithdrawn: (body: CorrectionBody) => correctionTold(body, 'withdrawn'),
  decisionMade: ({ decision, answer }: DecisionBody) =>
    told('decision', {
      venue: decision.venue ?? null,
      id: decision.correctionId ?? decision.discrepancyId ?? null,
      text: `${WORDS[decision.kind] ?? decision.kind}${because(decision.reason)}: ${answer.status}, ${answer.reason}`,
    }),
  gateChanged: (gate: GateBody) =>
    told('gate', { venue: gate.venue, asset: gate.asset, text: `${gate.state}: ${gate.reason}` }),
  positionForced: ({ venue, reason }: { readonly venue: string; readonly reason: string }) =>
    told('gate', { venue, text: `trading is stopped: ${reason}` }),
  venueModeChanged: ({ venue, mode, reason }: ModeBody) =>
    told('gate', { venue, text: `the venue is ${mode}: ${reason}` }),
  drawdownHalted: ({ drawdown }: { readonly drawdown: string }) =>
    told('gate', { text: `trading is halted: the portfolio fell by ${drawdown} from its highest` }),
  dailyLossHalted: ({ pnlUsd, startUsd }: { readonly pnlUsd: string; readonly startUsd: string }) =>
    told('gate', { text: `trading is halted for 24 hours: ${pnlUsd} of ${startUsd} within 24 hours` }),
  planMade: ({ plan }: { readonly plan: { readonly hash: string; readonly orders: readonly unknown[] } }) =>
    told('rebalance', { id: plan.hash, text: `plan of ${plan.orders.length} orders made` }),
  planMoved: ({ hash, from, to, approvedBy }: PlanMovedBody) => {
    const text = `plan from ${from} to ${to}${approvedBy === undefined ? '' : `, approved by ${approvedBy}`}`;
    return told('rebalance', { id: hash, text });
  },
  rebalanceUnsent: ({ planHash, state, reason }: UnsentBody) =>
    told('rebalance', { id: planHash, text: `${state}: ${reason}` }),
  noteAdded: ({
    text,
    venue,
    on,
  }: {
    readonly text: string;
    readonly venue: string | null;
    readonly on: string | null;
  }) => told('note', { venue, id: on, text }),
  keyDeclared: ({ venue, text }: KeyDeclaration) => told('key', { venue, text }),
  ownerReplaced: ({
    replaced,
  }: {
    readonly replaced: { readonly processId: number; readonly host: string };
  }) =>
    told('owner', {
      text: `process ${replaced.processId} on ${replaced.host} had ended without giving the book back`,
    }),
};

export const HISTORY_KINDS: readonly string[] = Object.keys(TELLERS);

interface CorrectionBody {
  readonly correction: Correction;
  readonly reason: string;
}

const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (${reason})`);

interface DecisionBody {
  readonly decision: {
    readonly kind: string;
    readonly venue?: string;
    readonly correctionId?: string;
    readonly discrepancyId?: string;
    readonly reason?: string;
  };
  readonly answer: { readonly status: string; readonly reason: string };
}

interface GateBody {
  readonly venue: string;
  readonly asset: string;
  readonly state: string;
  readonly reason: string;
}

interface PlanMovedBody {
  readonly hash: string;
  readonly from: string;
  readonly to: string;
  readonly approvedBy?: string;
}

interface UnsentBody {
  readonly planHash: string | null;
  readonly state: string;
  readonly reason: string;
}

interface ModeBody {
  readonly venue: string;
  readonly mode: string;
  readonly reason: string;
}

const WORDS: Readonly<Record<string, string>> = {
  openVenue: 'open',
  approveCorrection: 'approve',
  rejectCorrection: 'reject',
  reverseCorrection: 'reverse',
  acceptDiscrepancy: 'accept',
  haltTrading: 'halt',
  rearmTrading: 'rearm',
  confirmToken: 'confirm',
};

/** An entry of one of the `HISTORY_KINDS` in words. */
export function historyEntryOf({ atMs, actor, kind, body, sequence }: AuditEntry): HistoryEntry {
  const tell = TELLERS[kind];
  if (tell === undefined)
    throw new Error(`an entry of the history is one of ${HISTORY_KINDS.join(', ')}: ${kind}`);
  return { atMs, ...tell(body as never), by: actor, sequence };
}

const correctionTold = ({ correction, reason }: CorrectionBody, what: string): Told =>
  told('correction', {
    venue: correction.venue,
    asset: correction.bookVersions.map(({ asset }) => asset).join(', '),
    id: correction.id,
    text: `${correction.cause} ${what}: ${reason}`,
  });

const told = (
  kind: HistoryEntry['kind'],
  { venue = null, asset = null, id = null, text }: Partial<Told> & Pick<Told, 'text'>,
): Told => ({ kind, venue, asset, id, text });
