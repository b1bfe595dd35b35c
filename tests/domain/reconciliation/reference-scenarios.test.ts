// Every scenario of the reference is run by one of the files beside this one, or listed with the reason why not.

import { expect, it } from '@jest/globals';
import { NOT_APPLICABLE } from '../../support/reference-not-applicable.ts';
import { scenarios, TOPICS, topicOf } from '../../support/reference-scenarios.ts';
import { STREAM_CASES } from '../../support/reference-streams.ts';

const cases = scenarios;

if (cases === null || STREAM_CASES === null) {
  it('reference data not present', () => expect(cases).toBeNull());
} else {
  const ids = [...cases.map(({ id }) => id), ...STREAM_CASES];
  const listed = Object.keys(NOT_APPLICABLE);
  const run = ids.filter((id) => !listed.includes(id));

  it(`runs ${run.length} of ${ids.length} cases and lists ${listed.length} with the reason`, () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(run.length + listed.length).toBe(ids.length);
  });

  it('gives every case to one file', () => {
    expect(cases.filter((scenario) => topicOf(scenario) === null)).toEqual([]);
    const names: readonly string[] = Object.values(TOPICS).flat();
    expect(new Set(names).size).toBe(names.length);
    const known = cases.flatMap(({ id, group }) => [id, group]);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('lists nothing that does not exist, and nothing without a reason', () => {
    expect(listed.filter((id) => !ids.includes(id))).toEqual([]);
    expect(Object.values(NOT_APPLICABLE).filter((reason) => reason.length < 40)).toEqual([]);
  });
}
