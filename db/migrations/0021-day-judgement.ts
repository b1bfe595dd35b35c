import type { Migration } from './migration.ts';

/**
 * What the newest valuation of a day says of risk, one row: what is looked at every few seconds is worked out once a day.
 * `remembered_level` is the level of correlation risk that was told last, which the next one goes on from, also where that
 * of today is not known. It takes the place of yesterday's, which can be worked out again from the valuations.
 */
export const dayJudgement: Migration = {
  name: '0021-day-judgement',
  statements: [
    `create table day_judgement (
      id integer primary key check (id = 1),
      valued_at_ms integer not null,
      remembered_level text check (remembered_level in ('low', 'medium', 'high')),
      body text not null
    ) strict`,
  ],
};
