import type { Migration } from './migration.ts';

/** What checks of triggers keep from one to the next: confirmations, and which times of the calendar were answered. */
export const triggers: Migration = {
  name: '0012-triggers',
  statements: [
    `create table trigger_memory (
      id integer primary key check (id = 1),
      body text not null
    ) strict`,
  ],
};
