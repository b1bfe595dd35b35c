export interface AuditEntryTable {
  sequence: number;
  at_ms: number;
  actor: string;
  kind: string;
  body: string;
  previous_hash: string;
  hash: string;
}

/** Where the chain ends: without it, rows cut off its end would leave a shorter chain that is whole. */
export interface AuditHeadTable {
  id: 1;
  sequence: number;
  hash: string;
}

/** Where the chain stood from time to time; both of the signature or neither. */
export interface AuditCheckpointTable {
  sequence: number;
  at_ms: number;
  hash: string;
  key_id: string | null;
  signature: string | null;
}
