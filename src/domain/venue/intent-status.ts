/**
 * Where an order of ours stands, from its being written down to its end. `submitting` is committed before anything is
 * sent: after a crash it means the same as `outcomeUnknown`, while `prepared` means that nothing was sent.
 */
export type IntentStatus =
  | 'recorded'
  | 'prepared'
  | 'submitting'
  | 'outcomeUnknown'
  | 'open'
  | 'filled'
  | 'cancelled'
  | 'expired'
  | 'rejected'
  | 'deniedLocally';

const NEXT: Readonly<Record<IntentStatus, readonly IntentStatus[]>> = {
  recorded: ['prepared', 'deniedLocally'],
  prepared: ['submitting', 'deniedLocally'],
  submitting: ['outcomeUnknown', 'open', 'filled', 'cancelled', 'expired', 'rejected', 'deniedLocally'],
  // Nothing was denied locally once its fate is unknown, and no time that passes ends that: only evidence does.
  outcomeUnknown: ['outcomeUnknown', 'open', 'filled', 'cancelled', 'expired', 'rejected'],
  open: ['open', 'filled', 'cancelled', 'expired', 'rejected'],
  filled: [],
  cancelled: [],
  expired: [],
  rejected: [],
  deniedLocally: [],
};

export const mayBecome = (from: IntentStatus, to: IntentStatus): boolean => NEXT[from].includes(to);
export const hasEnded = (status: IntentStatus): boolean => NEXT[status].length === 0;

/** Orders that may have reached the venue and have not ended: their money stays reserved. */
export const isUnderWay = (status: IntentStatus): boolean =>
  status === 'submitting' || status === 'outcomeUnknown' || status === 'open';
