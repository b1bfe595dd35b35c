// Every published figure, by the same list as `npm run references` goes through.

import { describe, expect, it, test } from '@jest/globals';
import { referenceText } from '../support/reference-data.ts';
import { casesBySource, checkReference, projectOf, type ReferenceCase } from './reference-case.ts';
import { OWN_PROJECTS, RECORDED, TRANSCRIBED } from './registry.ts';

/** One test for the cases of a source: each is told in its own line where it fails. */
function agrees(cases: readonly ReferenceCase[]): void {
  test.each(casesBySource(cases))('%s', (_, ofSource) => {
    const wrong = ofSource.flatMap((one) => {
      const { isMet, actual } = checkReference(one);
      return isMet ? [] : [`${one.name}: published ${one.expected}, here ${actual}`];
    });
    expect(wrong).toEqual([]);
  });
}

const transcribed = TRANSCRIBED.flat();

describe('figures that stand in the repository', () => {
  agrees(transcribed);

  it('are of at least eight other projects', () => {
    const others = new Set(transcribed.map(({ source }) => projectOf(source)));
    for (const own of OWN_PROJECTS) others.delete(own);
    expect(others.size).toBeGreaterThanOrEqual(8);
  });

  it('are told once each', () => {
    const names = transcribed.map(({ source, name }) => `${source} ${name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe.each(RECORDED)('figures of $path', ({ path, cases }) => {
  if (referenceText(path) === null)
    test('reference data not present', () => expect(referenceText(path)).toBeNull());
  else agrees(cases());
});

describe('a comparison', () => {
  const one = (actual: ReferenceCase['actual'], expected: ReferenceCase['expected'], tolerance = 0.1) =>
    checkReference({ source: 'nobody: nowhere', name: 'one', actual, expected, tolerance }).isMet;

  it.each([
    ['a number that is near', () => 1.05, 1, true],
    ['a number that is not', () => 1.2, 1, false],
    ['no number for a number', () => null, 0, false],
    ['what is no number', () => Number.NaN, 0, false],
    ['a number for none', () => 0, null, false],
    ['none for none', () => null, null, true],
    ['a word for the same', () => 'a', 'a', true],
    ['text of a number for the number', () => '1', 1, false],
  ])('of %s', (_, actual, expected, isMet) => {
    expect(one(actual, expected)).toBe(isMet);
  });

  it('fails where something throws, and says what', () => {
    const thrown = checkReference({
      source: 'nobody: nowhere',
      name: 'one',
      actual: () => {
        throw new Error('broken');
      },
      expected: null,
      tolerance: 0,
    });
    expect(thrown).toEqual({ isMet: false, actual: 'threw: broken' });
  });
});
