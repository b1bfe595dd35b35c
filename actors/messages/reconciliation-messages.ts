/** Reconcile this venue now rather than at the next poll; while a round is under way, another follows it. */
export interface ReconciliationRequested {
  readonly type: 'reconciliation.requested';
  /** Named again by the report of the first round that began after the question. */
  readonly requestId: string;
}

/** The book has booked a fill here, or the venue's stream tells of something: compare once the venue has had time to show it. */
export interface AccountMoved {
  readonly type: 'reconciliation.accountMoved';
}

/** Everything that a reconciliation actor understands. */
export type ReconciliationMessage = ReconciliationRequested | AccountMoved;
