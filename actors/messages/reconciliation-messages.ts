/** Reconcile this venue now rather than at the next poll; while a round is under way, another follows it. */
export interface ReconciliationRequested {
  readonly type: 'reconciliation.requested';
  /** Named again by the report of the first round that began after the question. */
  readonly requestId: string;
}

/** Everything that a reconciliation actor understands. */
export type ReconciliationMessage = ReconciliationRequested;
