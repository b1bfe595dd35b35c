import type { Migration } from './migration.ts';

/**
 * What people have to know, and the messages that tell them. `alert` holds each alert as it is, and `alert_memory` what
 * the next look goes on from. A row of `alert_delivery` is written with the change that it tells of, before anything is
 * sent, and moved on by whoever sends it.
 */
export const alerts: Migration = {
  name: '0019-alerts',
  statements: [
    `create table alert (
      id text primary key,
      code text not null,
      level text not null check (level in ('critical', 'warning', 'info')),
      state text not null check (state in ('open', 'resolved')),
      opened_at_ms integer not null,
      is_remembered integer not null check (is_remembered in (0, 1)),
      body text not null
    ) strict`,
    'create index alert_remembered on alert (id) where is_remembered = 1',
    'create index alert_by_time on alert (opened_at_ms)',
    `create table alert_memory (
      id integer primary key check (id = 1),
      was_quiet integer not null check (was_quiet in (0, 1)),
      audit_sequence integer not null
    ) strict`,
    `create table alert_delivery (
      id text primary key,
      channel text not null,
      level text not null,
      body text not null,
      intended_at_ms integer not null,
      state text not null check (state in ('intended', 'delivered', 'abandoned')),
      attempts integer not null check (attempts >= 0),
      next_attempt_at_ms integer not null,
      ended_at_ms integer,
      problem text not null,
      check ((ended_at_ms is null) = (state = 'intended'))
    ) strict`,
    "create index alert_delivery_due on alert_delivery (channel, next_attempt_at_ms) where state = 'intended'",
  ],
};
