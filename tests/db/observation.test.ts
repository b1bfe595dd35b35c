import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import {
  countAppliedByAsset,
  findCorrection,
  moveCorrection,
  proposeCorrection,
  readCorrections,
  readCorrectionsOf,
} from '../../db/correction-repository.ts';
import {
  findDiscrepancy,
  readAllDiscrepancies,
  readDiscrepancies,
  readDiscrepancyHistory,
  saveDiscrepancy,
} from '../../db/discrepancy-repository.ts';
import { closeGates, readGates, setGate } from '../../db/gate-repository.ts';
import { readReports, saveReport } from '../../db/report-repository.ts';
import { findSnapshot, readNewestSnapshots, saveSnapshot } from '../../db/snapshot-repository.ts';
import { certify, type Known, type Snapshot } from '../../src/domain/venue/observation.ts';
import { a, NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

function observed(observedAtMs: number): Known<Snapshot> {
  const value: Snapshot = {
    balances: [{ asset: 'BTC', symbol: null, total: a('1'), available: a('1'), hold: a('0') }],
    positions: [],
    openOrders: [],
    fills: [],
    accrued: [],
  };
  const watermark = { activity: 'w', height: null };
  const observation = certify(value, {
    venue: 'coinbase',
    kind: 'coinbase',
    scope: 'portfolio-1',
    complete: true,
    observedAtMs,
    clockSkewMs: 12,
    watermarkBefore: watermark,
    watermarkAfter: watermark,
    pages: [{ endpoint: 'GET /accounts', rows: 1, sha256: 'ab' }],
    sources: ['https://venue.example'],
  });
  if (observation.state !== 'known') throw new Error('the observation is complete');
  return observation;
}

const DISCREPANCY = {
  id: 'd1',
  venue: 'coinbase',
  asset: 'BTC',
  class: 'quantityMismatch',
  severity: 'warning',
  state: 'suspected',
  firstSeenAtMs: NOW_MS,
  lastSeenAtMs: NOW_MS,
  body: { delta: '0.1' },
};
const CORRECTION = {
  id: 'c1',
  venue: 'coinbase',
  discrepancyIds: ['d1'],
  assets: ['BTC', 'USD'],
  evidenceHash: 'evidence',
  body: { parts: [] },
  proposedAtMs: NOW_MS,
  expiresAtMs: null,
};

describe('snapshots', () => {
  it('are kept once, with their certificate, and never changed', async () => {
    const { db } = await folder.memory();
    const id = await saveSnapshot(db, observed(NOW_MS));
    expect(await saveSnapshot(db, observed(NOW_MS))).toBe(id);
    const later = await saveSnapshot(db, observed(NOW_MS + 1));
    expect(await findSnapshot(db, id)).toEqual({ id, observation: observed(NOW_MS) });
    expect((await readNewestSnapshots(db, 'coinbase', 5)).map((snapshot) => snapshot.id)).toEqual([
      later,
      id,
    ]);
    const change = sql`update snapshot set body = '{}'`.execute(db);
    await expect(change).rejects.toMatchObject({
      message: 'snapshot is append-only: no row is ever updated',
    });
  });
});

describe('reports', () => {
  it('name the snapshot that was compared, or why there was none', async () => {
    const { db } = await folder.memory();
    const snapshotId = await saveSnapshot(db, observed(NOW_MS));
    const known = {
      venue: 'coinbase',
      atMs: NOW_MS,
      status: 'reconciled',
      snapshotId,
      unknownReason: null,
      body: {},
    };
    const unknown = {
      ...known,
      atMs: NOW_MS + 1,
      status: 'inconclusive',
      snapshotId: null,
      unknownReason: 'timedOut',
    } as const;
    for (const report of [known, known, unknown]) await saveReport(db, report);
    expect(await readReports(db, { venue: 'coinbase', limit: 9 })).toEqual([unknown, known]);
    expect(await readReports(db, { venue: null, limit: 1 })).toEqual([unknown]);
    expect(await readReports(db, { venue: 'solana', limit: 1 })).toEqual([]);
  });
});

describe('discrepancies', () => {
  it('keep every state that they went through', async () => {
    const { db } = await folder.memory();
    const seen = async (state: string, atMs: number) =>
      saveDiscrepancy(db, { ...DISCREPANCY, state, lastSeenAtMs: atMs }, { atMs, note: `now ${state}` });
    await seen('suspected', NOW_MS);
    await seen('suspected', NOW_MS + 1);
    await seen('confirmed', NOW_MS + 2);
    await seen('suspected', NOW_MS + 3);
    expect(await readDiscrepancyHistory(db, 'd1')).toEqual([
      { atMs: NOW_MS, state: 'suspected', note: 'now suspected' },
      { atMs: NOW_MS + 2, state: 'confirmed', note: 'now confirmed' },
      { atMs: NOW_MS + 3, state: 'suspected', note: 'now suspected' },
    ]);
    expect(await findDiscrepancy(db, 'd1')).toEqual({ ...DISCREPANCY, lastSeenAtMs: NOW_MS + 3 });
    expect(await readDiscrepancies(db, { states: ['suspected'] })).toHaveLength(1);
    expect(await readDiscrepancies(db, { states: ['suspected'], venue: 'solana' })).toEqual([]);
    expect(await readDiscrepancies(db, { states: ['closed'] })).toEqual([]);
    expect(await readAllDiscrepancies(db, 10)).toHaveLength(1);
    const change = sql`delete from discrepancy_history`.execute(db);
    await expect(change).rejects.toMatchObject({ message: expect.stringContaining('append-only') });
  });
});

describe('corrections', () => {
  it('are proposed once and decided once, on the evidence that was seen', async () => {
    const { db } = await folder.memory();
    await saveDiscrepancy(db, DISCREPANCY, { atMs: NOW_MS, note: '' });
    expect(await proposeCorrection(db, CORRECTION)).toBe('proposed');
    expect(await proposeCorrection(db, CORRECTION)).toBe('alreadyProposed');
    const apply = {
      id: 'c1',
      from: 'proposed',
      to: 'applied',
      evidenceHash: 'evidence',
      decidedBy: 'policy',
      atMs: NOW_MS + 1,
    } as const;
    expect(await moveCorrection(db, { ...apply, evidenceHash: 'other' })).toBe(false);
    expect(await moveCorrection(db, apply)).toBe(true);
    expect(await moveCorrection(db, { ...apply, to: 'rejected', decidedBy: 'person:ada' })).toBe(false);
    expect(await findCorrection(db, 'c1')).toMatchObject({
      state: 'applied',
      decidedBy: 'policy',
      decidedAtMs: NOW_MS + 1,
    });
    expect(await readCorrections(db, ['proposed'])).toEqual([]);
    expect(await readCorrections(db, ['applied', 'reversed'])).toHaveLength(1);
    expect(await readCorrectionsOf(db, 'd1')).toHaveLength(1);
  });

  it('that were applied are counted by asset', async () => {
    const { db } = await folder.memory();
    await saveDiscrepancy(db, DISCREPANCY, { atMs: NOW_MS, note: '' });
    for (const [id, assets] of [
      ['c1', ['BTC']],
      ['c2', ['BTC', 'USD']],
      ['c3', ['ETH']],
    ] as const) {
      await proposeCorrection(db, { ...CORRECTION, id, assets });
      if (id === 'c3') continue;
      await moveCorrection(db, {
        id,
        from: 'proposed',
        to: 'applied',
        evidenceHash: 'evidence',
        decidedBy: 'policy',
        atMs: NOW_MS,
      });
    }
    const by = { venue: 'coinbase', decidedBy: 'policy', sinceMs: NOW_MS };
    expect(await countAppliedByAsset(db, by)).toEqual(
      new Map([
        ['BTC', 2],
        ['USD', 1],
      ]),
    );
    expect(await countAppliedByAsset(db, { ...by, sinceMs: NOW_MS + 1 })).toEqual(new Map());
  });
});

describe('gates', () => {
  it('say whether they changed, and since when they are open or closed', async () => {
    const { db } = await folder.memory();
    const gate = {
      venue: 'coinbase',
      asset: 'BTC',
      state: 'closed',
      reason: 'unopened',
      atMs: NOW_MS,
    } as const;
    expect(await setGate(db, gate)).toBe(true);
    expect(await setGate(db, { ...gate, atMs: NOW_MS + 1 })).toBe(false);
    expect(await setGate(db, { ...gate, reason: 'drift', atMs: NOW_MS + 2 })).toBe(true);
    expect(await readGates(db, 'coinbase')).toMatchObject([{ reason: 'drift', sinceMs: NOW_MS }]);
    expect(await setGate(db, { ...gate, state: 'open', reason: '', atMs: NOW_MS + 3 })).toBe(true);
    expect(await readGates(db, null)).toMatchObject([{ state: 'open', sinceMs: NOW_MS + 3 }]);
    expect(await closeGates(db, { venue: 'coinbase', reason: 'silent', atMs: NOW_MS + 4 })).toBe(true);
    expect(await closeGates(db, { venue: 'coinbase', reason: 'silent', atMs: NOW_MS + 5 })).toBe(false);
    expect(await readGates(db, 'solana')).toEqual([]);
  });
});
