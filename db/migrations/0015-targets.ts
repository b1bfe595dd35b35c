import type { Migration } from './migration.ts';

/** What targets are derived from and a restart must know: the last signal of each source, and what strategies trade. */
export const targets: Migration = {
  name: '0015-targets',
  statements: [
    `create table signal (
      source text not null,
      asset text not null,
      at_ms integer not null,
      expires_at_ms integer not null check (expires_at_ms > at_ms),
      body text not null,
      recorded_at_ms integer not null,
      primary key (source, asset)
    ) strict, without rowid`,
    `create table token_mapping (
      strategy text not null,
      asset text not null,
      source text not null check (source in ('configuration', 'registry', 'fills', 'name')),
      confidence real not null check (confidence between 0 and 1),
      evidence text not null,
      inferred_at_ms integer not null,
      confirmed_by text,
      confirmed_at_ms integer,
      primary key (strategy, asset),
      check ((confirmed_by is null) = (confirmed_at_ms is null))
    ) strict, without rowid`,
  ],
};
