import type { Migration } from './migration.ts';

/** Whether a person has stopped trading: one row, none before the first time. The audit log has all of them. */
export const killSwitch: Migration = {
  name: '0014-kill-switch',
  statements: [
    `create table kill_switch (
      id integer primary key check (id = 1),
      is_on integer not null check (is_on in (0, 1)),
      actor text not null,
      at_ms integer not null,
      reason text not null
    ) strict`,
  ],
};
