import { appendOnly, type Migration } from './migration.ts';

/** What was done and by whom, who owns the book, and what other processes ask of the owner. */
export const operation: Migration = {
  name: '0004-operation',
  statements: [
    `create table audit_entry (
      sequence integer primary key,
      at_ms integer not null,
      actor text not null,
      kind text not null,
      body text not null,
      previous_hash text not null,
      hash text not null
    ) strict`,
    'create index audit_entry_by_kind on audit_entry (kind, sequence)',
    ...appendOnly('audit_entry', ['sequence']),

    `create table audit_head (
      id integer primary key check (id = 1),
      sequence integer not null,
      hash text not null
    ) strict`,
    `insert into audit_head (id, sequence, hash) values (1, 0, '${'0'.repeat(64)}')`,

    `create table command (
      sequence integer primary key,
      id text not null unique,
      kind text not null,
      body text not null,
      requested_at_ms integer not null,
      state text not null check (state in ('requested', 'answered')),
      answer text,
      answered_at_ms integer,
      check ((state = 'answered') = (answer is not null)),
      check ((answer is null) = (answered_at_ms is null))
    ) strict`,
    `create index command_requested on command (sequence) where state = 'requested'`,

    `create table owner_lock (
      id integer primary key check (id = 1),
      process_id integer not null,
      host text not null,
      started_at_ms integer not null,
      heartbeat_at_ms integer not null
    ) strict`,

    `create table due_time (
      name text primary key,
      due_at_ms integer not null
    ) strict, without rowid`,
  ],
};
