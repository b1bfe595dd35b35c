import { appendOnly, type Migration } from './migration.ts';

/**
 * What targets are derived from and a restart must know: the last signal of each source, what strategies trade, and
 * what they hold of the portfolio.
 */
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
    `create table sub_ledger_event (
      sequence integer primary key,
      id text not null unique,
      at_ms integer not null,
      body text not null
    ) strict`,
    ...appendOnly('sub_ledger_event', ['sequence']),
    `create table strategy_holding (
      strategy text not null check (strategy <> ''),
      asset text not null,
      quantity text not null,
      primary key (strategy, asset)
    ) strict, without rowid`,
    // What is still to be filled of an order or a plan, and for whom; '' is what belongs to no strategy.
    `create table strategy_claim (
      claim text not null,
      asset text not null,
      strategy text not null,
      remaining text not null,
      primary key (claim, asset, strategy)
    ) strict, without rowid`,
  ],
};
