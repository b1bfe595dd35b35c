import { appendOnly, type Migration } from './migration.ts';

/** Where the audit log stood from time to time, signed where there is a key. */
export const auditCheckpoint: Migration = {
  name: '0006-audit-checkpoint',
  statements: [
    `create table audit_checkpoint (
      sequence integer primary key,
      at_ms integer not null,
      hash text not null,
      key_id text,
      signature text,
      check ((key_id is null) = (signature is null))
    ) strict`,
    ...appendOnly('audit_checkpoint', ['sequence']),
  ],
};
