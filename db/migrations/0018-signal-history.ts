import type { Migration } from './migration.ts';

/**
 * Signals that are aggregated, the newest of each source on each asset among them: how often and how strongly a source
 * speaks tells when it falls silent or goes to extremes. Old ones are removed.
 */
export const signalHistory: Migration = {
  name: '0018-signal-history',
  statements: [
    `create table signal_history (
      source text not null,
      asset text not null,
      at_ms integer not null,
      body text not null,
      primary key (source, asset, at_ms)
    ) strict, without rowid`,
  ],
};
