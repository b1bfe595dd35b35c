import type { KeptTransfer, TransferWork } from '../../../actors/transfer-work.ts';
import { appendAudit, type NewAuditEntry } from '../../../db/audit-repository.ts';
import { inTransaction, type OpenDatabase } from '../../../db/database.ts';
import {
  findTransfer,
  isTransferTold,
  readTransfersUnderWay,
  readTransfersUntold,
  saveTransfer,
} from '../../../db/transfer-repository.ts';

/** What the transfer actor reads and writes. Every step is one transaction, its audit entry included. */
export function transferRecords({ db }: OpenDatabase, now: () => number): TransferWork {
  return {
    find: (transferId) => findTransfer(db, transferId),
    findUnderWay: () => readTransfersUnderWay(db),
    findUntold: () => readTransfersUntold(db),
    isTold: (transferId) => isTransferTold(db, transferId),
    keep: (step) =>
      inTransaction(db, async (trx) => {
        await saveTransfer(trx, step.intent, now());
        await appendAudit(trx, [entryOf(step, now())]);
      }),
  };
}

const KINDS = {
  intended: 'transferIntended',
  requestedAgain: 'transferIntended',
  prepared: 'transferPrepared',
  denied: 'transferDenied',
  prepareFailed: 'transferDenied',
  submitting: 'transferSubmitted',
  submitOutcome: 'transferAnswered',
  seen: 'transferSeen',
  restarted: 'transferSeen',
} as const satisfies Record<KeptTransfer['what'], string>;

function entryOf({ intent, what, by }: KeptTransfer, atMs: number): NewAuditEntry {
  const { request, status, prepared, sends, landed, detail } = intent;
  const { transferId } = request;
  const body =
    by === null
      ? { transferId, status, reference: prepared?.reference ?? null, sends, landed, detail }
      : { transferId, status, request };
  return { atMs, actor: by ?? 'transfer', kind: KINDS[what], body };
}
