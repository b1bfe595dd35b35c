import type { Migration } from './migration.ts';

/**
 * Client numbers belong to an account, whatever its venue is called in the configuration. What was counted by venue
 * stays where it is: no account begins below any of it.
 */
export const accountNumbers: Migration = {
  name: '0008-account-numbers',
  statements: [
    `create table account_number (
      account text primary key not null,
      next integer not null check (next between 1 and 4294967296)
    ) strict, without rowid`,
  ],
};
