import { describe, expect, it } from '@jest/globals';
import {
  type StoredSnapshotText,
  snapshotIdOf,
  verifySnapshot,
} from '../../../src/domain/venue/verify-snapshot.ts';
import { drawOf } from '../../../src/incidents/draw.ts';
import { drawStoredSnapshot, mutateSnapshots, SNAPSHOT_MUTATIONS } from '../../support/snapshot-mutations.ts';

const stored = drawStoredSnapshot(drawOf(1, 1));
const problemsOf = (changed: Partial<StoredSnapshotText>) => {
  const verified = verifySnapshot({ ...stored, ...changed });
  return verified.verdict === 'intact' ? [] : verified.problems.map(({ place }) => place);
};
/** As someone would who knows how ids are made. */
const withNewId = (changed: Partial<StoredSnapshotText>) => {
  const all = { ...stored, ...changed };
  return { ...changed, id: snapshotIdOf(all) };
};

describe('verifySnapshot', () => {
  it('finds nothing where nothing was changed', () => {
    expect(verifySnapshot(stored)).toEqual({ verdict: 'intact' });
  });

  it('names every place that is not as it was certified', () => {
    expect(problemsOf({ id: '0'.repeat(64) })).toEqual(['id']);
    expect(problemsOf({ venue: 'other' })).toEqual(['venue']);
    expect(problemsOf({ observedAtMs: 1 })).toEqual(['observedAtMs']);
    expect(problemsOf({ body: '{}' })).toEqual(['id', 'certificate.contentSha256']);
    expect(problemsOf(withNewId({ body: '{}' }))).toEqual(['certificate.contentSha256']);
    expect(problemsOf({ certificate: 'null' })).toEqual(['id', 'certificate']);
    expect(problemsOf({ body: '{' })).toEqual(['id', 'certificate.contentSha256', 'body']);
  });

  it.each([
    ['"complete":true', '"complete":false', 'certificate.complete'],
    ['"coherent":true', '"coherent":false', 'certificate.coherent'],
    ['"watermarkAfter":{"activity":"w', '"watermarkAfter":{"activity":"x', 'certificate.watermarkAfter'],
    [/"clockSkewMs":-?\d+/, '"clockSkewMs":2001', 'certificate.clockSkewMs'],
    [/"rows":\d+/, '"rows":-1', 'certificate.pages[0]'],
    [/"pages":\[.*?\]/, '"pages":{}', 'certificate.pages'],
  ])(
    'does not take a certificate for one that says %s otherwise, whatever its id',
    (said, otherwise, place) => {
      const certificate = stored.certificate.replace(said, otherwise);
      expect(problemsOf(withNewId({ certificate }))).toEqual([place]);
    },
  );
});

describe('invariants of stored snapshots', () => {
  it('1. What was stored as it was certified is intact.', () => {
    expect(mutateSnapshots(500, 1).falseAlarms).toBe(0);
  });

  it('2. A page dropped, duplicated or reordered, a row changed or a digit flipped anywhere in a stored snapshot is found.', () => {
    const report = mutateSnapshots(500, 2);
    expect(report).toMatchObject({ count: 500, detected: 500, missed: 0 });
    expect(Object.keys(report.byMutation).sort()).toEqual(Object.keys(SNAPSHOT_MUTATIONS).sort());
  });
});
