import type { Unknown } from '../venue/observation.ts';
import type { Comparison } from './compare.ts';
import type { Discrepancy } from './discrepancy.ts';

export type ReportStatus = 'reconciled' | 'pending' | 'discrepant' | 'critical' | 'inconclusive';

/**
 * What one venue's report says. Unknown is `inconclusive`, never an empty success. Without the discrepancies a
 * material difference counts at once; with them only what two reads have confirmed does, the rest is pending. What a
 * position was entered at is told, and changes nothing that is held: a venue is reconciled all the same.
 */
export function reportStatus(
  observed: Comparison | Unknown,
  discrepancies?: readonly Discrepancy[],
): ReportStatus {
  if ('state' in observed) return 'inconclusive';
  const material = observed.differences.filter(
    ({ isMaterial, bucket }) => isMaterial && bucket !== 'entryPrice',
  );
  if (discrepancies === undefined) {
    const settled = material.filter((difference) => difference.class !== 'pending');
    if (settled.some(({ severity }) => severity === 'critical')) return 'critical';
    if (settled.length > 0) return 'discrepant';
    return material.length > 0 ? 'pending' : 'reconciled';
  }
  const open = discrepancies.filter(
    ({ venue, state, bucket }) => venue === observed.venue && !ENDED.has(state) && bucket !== 'entryPrice',
  );
  const confirmed = open.filter(({ state }) => state !== 'suspected');
  if (confirmed.some(({ severity }) => severity === 'critical')) return 'critical';
  if (confirmed.length > 0) return 'discrepant';
  return material.length > 0 || open.length > 0 ? 'pending' : 'reconciled';
}

/** The status of several venues together: the worst of them, where not knowing is worse than agreeing but never hides a finding. */
export function worstStatus(statuses: readonly ReportStatus[]): ReportStatus {
  return WORST_FIRST.find((status) => statuses.includes(status)) ?? 'inconclusive';
}

const ENDED: ReadonlySet<string> = new Set(['corrected', 'accepted', 'closed']);
const WORST_FIRST: readonly ReportStatus[] = [
  'critical',
  'discrepant',
  'inconclusive',
  'pending',
  'reconciled',
];
