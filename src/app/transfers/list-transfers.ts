import type { OpenDatabase } from '../../../db/database.ts';
import { readTransfers } from '../../../db/transfer-repository.ts';
import type { Amount } from '../../domain/money/amount.ts';
import type { TransferRequest, TransferStatus } from '../../domain/transfer/transfer-intent.ts';
import type { Fee } from '../../domain/venue/venue.ts';

/** A transfer as people and programs are shown it. What was signed stays in the database. */
export interface TransferView extends TransferRequest {
  readonly status: TransferStatus;
  readonly reference: string | null;
  readonly arrives: Amount | null;
  readonly fee: Fee | null;
  readonly detail: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Newest first. */
export async function listTransfers(
  db: OpenDatabase['db'],
  { limit, venue }: { readonly limit: number; readonly venue: string | null },
): Promise<readonly TransferView[]> {
  const stored = await readTransfers(db, { limit, venue });
  return stored.map(({ intent: { request, status, prepared, landed, detail }, ...times }) => ({
    ...request,
    status,
    reference: prepared?.reference ?? null,
    arrives: prepared?.arrives ?? null,
    fee: landed?.fee ?? prepared?.fee ?? null,
    detail,
    ...times,
  }));
}
