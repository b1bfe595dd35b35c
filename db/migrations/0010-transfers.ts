import type { Migration } from './migration.ts';

/** What is to leave a venue for an address: written down before anything is sent, with the bytes that are. */
export const transfers: Migration = {
  name: '0010-transfers',
  statements: [
    `create table transfer_intent (
      id text primary key not null,
      venue text not null,
      request text not null,
      status text not null check (status in ('intended', 'prepared', 'submitted', 'unknown', 'confirmed', 'rejected', 'absent', 'deniedLocally')),
      payload text,
      reference text,
      expires_at_height integer,
      expected text,
      sends integer not null default 0,
      landed text,
      detail text not null,
      created_at_ms integer not null,
      updated_at_ms integer not null,
      check ((payload is null) = (reference is null) and (payload is null) = (expected is null)),
      check (payload is not null or (sends = 0 and status in ('intended', 'deniedLocally')))
    ) strict, without rowid`,
    // One transaction of a venue stands for one transfer.
    `create unique index transfer_intent_by_reference on transfer_intent (venue, reference) where reference is not null`,
    `create index transfer_intent_under_way on transfer_intent (created_at_ms)
      where status in ('intended', 'prepared', 'submitted', 'unknown')`,

    // What was signed once is never signed anew, and what has ended stays so, whoever writes.
    `create trigger transfer_intent_keeps_its_bytes before update on transfer_intent
      when old.payload is not null and (new.payload is not old.payload or new.reference is not old.reference)
      begin select raise(abort, 'transfer_intent keeps what was signed: its bytes are never replaced'); end`,
    `create trigger transfer_intent_stays_ended before update on transfer_intent
      when old.status in ('confirmed', 'rejected', 'absent') or (old.status = 'deniedLocally' and old.sends > 0)
      begin select raise(abort, 'transfer_intent has ended: it is never changed'); end`,
    `create trigger transfer_intent_refuses_delete before delete on transfer_intent
      begin select raise(abort, 'transfer_intent is kept: no row is ever deleted'); end`,
  ],
};
