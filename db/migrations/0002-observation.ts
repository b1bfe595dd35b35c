import { appendOnly, type Migration } from './migration.ts';

/** What venues were seen to hold, what differed, and what was done about it. */
export const observation: Migration = {
  name: '0002-observation',
  statements: [
    `create table snapshot (
      id text primary key,
      venue text not null,
      observed_at_ms integer not null,
      certificate text not null,
      body text not null
    ) strict`,
    'create index snapshot_by_time on snapshot (venue, observed_at_ms)',
    ...appendOnly('snapshot', ['id']),

    `create table report (
      id text primary key,
      venue text not null,
      at_ms integer not null,
      status text not null,
      snapshot_id text references snapshot (id),
      unknown_reason text,
      body text not null,
      check (snapshot_id is null or unknown_reason is null)
    ) strict`,
    'create index report_by_time on report (venue, at_ms)',

    `create table discrepancy (
      id text primary key,
      venue text not null,
      asset text not null,
      class text not null,
      severity text not null,
      state text not null,
      first_seen_at_ms integer not null,
      last_seen_at_ms integer not null,
      body text not null
    ) strict, without rowid`,
    'create index discrepancy_by_state on discrepancy (state, venue, asset)',

    `create table discrepancy_history (
      sequence integer primary key,
      discrepancy_id text not null references discrepancy (id),
      at_ms integer not null,
      state text not null,
      note text not null
    ) strict`,
    'create index discrepancy_history_by_discrepancy on discrepancy_history (discrepancy_id, sequence)',
    ...appendOnly('discrepancy_history', ['sequence']),

    `create table correction (
      id text primary key,
      venue text not null,
      state text not null check (state in ('proposed', 'applied', 'rejected', 'stale', 'reversed')),
      evidence_hash text not null,
      body text not null,
      proposed_at_ms integer not null,
      decided_at_ms integer,
      decided_by text,
      check ((state = 'proposed') = (decided_at_ms is null)),
      check ((decided_at_ms is null) = (decided_by is null))
    ) strict, without rowid`,
    'create index correction_by_state on correction (state, proposed_at_ms)',

    `create table correction_discrepancy (
      correction_id text not null references correction (id),
      discrepancy_id text not null references discrepancy (id),
      primary key (correction_id, discrepancy_id)
    ) strict, without rowid`,
    'create index correction_discrepancy_by_discrepancy on correction_discrepancy (discrepancy_id)',

    `create table correction_asset (
      correction_id text not null references correction (id),
      asset text not null,
      primary key (correction_id, asset)
    ) strict, without rowid`,

    `create table gate (
      venue text not null,
      asset text not null,
      state text not null check (state in ('open', 'closed')),
      reason text not null,
      since_ms integer not null,
      primary key (venue, asset)
    ) strict, without rowid`,
  ],
};
