import type { Migration } from './migration.ts';

/** How long a proposal waits, what positions were entered at, and what was learned of each venue. */
export const reconciliation: Migration = {
  name: '0007-reconciliation',
  statements: [
    'alter table correction add column expires_at_ms integer',
    'create index correction_by_venue on correction (venue, state, decided_at_ms)',

    `create table position_entry (
      venue text not null,
      asset text not null,
      entry_price text not null,
      primary key (venue, asset)
    ) strict, without rowid`,

    `create table venue_memory (
      venue text primary key not null,
      body text not null
    ) strict, without rowid`,
  ],
};
