import type { Migration } from './migration.ts';

/** What orders set aside is in `cash_reservation` since executions reserve by the protocol; nothing wrote here. */
export const cashOfExecutions: Migration = {
  name: '0013-cash-of-executions',
  statements: ['drop table reservation'],
};
