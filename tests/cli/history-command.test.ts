import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendAudit, readAudit } from '../../db/audit-repository.ts';
import { takeLock } from '../../db/lock-repository.ts';
import { openVenue } from '../../db/venue-state-repository.ts';
import { verifyAudit } from '../../db/verify-audit.ts';
import { sinceMsOf } from '../../src/cli/history-span.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { BookRig } from './book-rig.ts';

let rig: BookRig;
beforeEach(async () => {
  rig = await BookRig.open();
});
afterEach(() => rig.close());

interface Told {
  readonly atMs: number;
  readonly kind: string;
  readonly venue: string | null;
  readonly text: string;
}

const told = async (more = ''): Promise<readonly Told[]> =>
  (await rig.document(`history --database DATABASE --json${more}`)).entries;

const auditKinds = async () => {
  const { db } = await rig.folder.file();
  return (await readAudit(db, { afterSequence: 0, limit: 1_000 })).map(({ kind }) => kind);
};

describe('trueup history', () => {
  it('tells the story of the book, oldest first', async () => {
    const { correctionId } = await rig.differ();
    await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    await rig.run('reconcile --config CONFIG');
    const entries = await told();
    expect(entries.map(({ atMs }) => atMs)).toEqual(entries.map(({ atMs }) => atMs).sort((a, b) => a - b));
    const story = entries.map(({ kind, text }) => `${kind}: ${text}`);
    for (const part of [
      'opening: opened',
      'discrepancy: quantityMismatch of 500 is suspected: first seen: 500',
      'correction: deposit proposed: the policy is that a person approves',
      'correction: deposit applied: approved',
      'decision: approve: done, applied',
    ])
      expect(story).toContain(part);
    expect(story.some((line) => /^gate: closed: /.test(line))).toBe(true);
    expect(story.some((line) => /^status: from \w+ to reconciled$/.test(line))).toBe(true);
  });

  it('tells of a report only where the status is another one', async () => {
    await rig.run('reconcile --config CONFIG');
    const before = (await told()).filter(({ kind }) => kind === 'status');
    await rig.run('reconcile --config CONFIG');
    await rig.run('reconcile --config CONFIG');
    expect((await told()).filter(({ kind }) => kind === 'status')).toEqual(before);
    rig.world.server.inject({ fault: { kind: 'serverError', status: 503 }, endpoint: 'GET', count: 1_000 });
    await rig.run('reconcile --config CONFIG');
    const after = (await told()).filter(({ kind }) => kind === 'status');
    expect(after.at(-1)?.text).toMatch(/^from reconciled to inconclusive \(\w+\)$/);
    expect(after).toHaveLength(before.length + 1);
  });

  it('tells of whole rounds only: a look in between is none', async () => {
    await rig.differ();
    const statuses = (await told()).filter(({ kind }) => kind === 'status').map(({ text }) => text);
    expect(statuses.join()).toMatch(/to (critical|discrepant)/);
    expect(statuses.join()).not.toContain('pending');
  });

  it('tells of a proposal that was withdrawn, and what only the tables say: a venue that messages opened', async () => {
    const { correctionId } = await rig.differ();
    rig.world.venue.withdraw('USD', amount('500'));
    await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    const { db } = await rig.folder.file();
    await openVenue(db, 'bots', { state: 'fromMessages', atMs: NOW_MS, watermark: null });
    const entries = await told();
    expect(entries[0]).toMatchObject({ kind: 'opening', venue: 'bots', by: 'bot', atMs: NOW_MS });
    expect(entries).toContainEqual(
      expect.objectContaining({
        kind: 'correction',
        venue: 'cb',
        id: correctionId,
        text: expect.stringContaining('withdrawn: what it was for has changed'),
      }),
    );
    const since = await told(` --since ${new Date(NOW_MS + 1).toISOString()}`);
    expect(since).toEqual(entries.slice(1));
    expect(await told(' --venue bots')).toEqual([entries[0]]);
  });

  it('gives the newest up to its limit, also beyond the pages that it reads', async () => {
    const { db } = await rig.folder.file();
    const notes = Array.from({ length: 450 }, (_, index) => ({
      atMs: NOW_MS + index,
      actor: 'person:tester',
      kind: 'noteAdded',
      body: { text: `note ${index}`, venue: index % 2 === 0 ? 'cb' : 'other', on: null },
    }));
    await appendAudit(db, notes);
    const since = new Date(NOW_MS).toISOString();
    const of = async (more: string) =>
      (await told(` --since ${since}${more}`)).filter(({ kind }) => kind === 'note').map(({ text }) => text);
    expect(await of(' --limit 10000')).toEqual(notes.map(({ body }) => body.text));
    expect(await of(' --venue cb --limit 10000')).toHaveLength(225);
    const newest = await rig.document('history --database DATABASE --limit 3 --json');
    expect(newest.entries).toHaveLength(3);
    expect((await rig.document('history --database DATABASE --json')).entries).toHaveLength(100);
  });

  it('begins at a time where it is told to', async () => {
    const [first, ...others] = await told();
    const later = others.find(({ atMs }) => atMs > (first?.atMs ?? 0))?.atMs ?? 0;
    const since = await told(` --since ${new Date(later).toISOString()}`);
    expect(since.length).toBeGreaterThan(0);
    expect(since.every(({ atMs }) => atMs >= later)).toBe(true);
    expect(await told(' --since 1h')).toEqual([first, ...others]);
    expect(await told(' --since 0s')).toEqual([]);
  });

  it('is a table with every value quoted, of which a spreadsheet runs nothing', async () => {
    await rig.run(['note', '=HYPERLINK("http://example.com")\nsecond line\u001b[31m', '--config', 'CONFIG']);
    const { exitCode, out } = await rig.run('history --config CONFIG --csv');
    expect(exitCode).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe('"at","atMs","kind","venue","asset","id","by","text","sequence"');
    expect(lines.at(-1)).toContain(
      `"person:tester","'=HYPERLINK(""http://example.com"") second line�[31m","`,
    );
    expect(out).not.toContain('\u001b');
    expect(lines).toHaveLength((await told()).length + 1);
  });

  it.each([
    [['--csv', '--json'], 'expected --csv or --json, found both'],
    [['--limit', '0'], '--limit: expected a whole number from 1 to 10000, found "0"'],
    [['--limit', '10001'], '--limit: expected a whole number from 1 to 10000, found "10001"'],
    [['--limit', 'many'], '--limit: expected a whole number from 1 to 10000, found "many"'],
    [['--venue', 'elsewhere'], '--venue: expected "cb", found "elsewhere"'],
  ])('refuses %j', async (words, message) => {
    const ended = await rig.run(['history', '--config', 'CONFIG', ...words]);
    expect(ended.exitCode).toBe(2);
    expect(ended.out + ended.err).toContain(message.replaceAll('"', words.includes('--json') ? '\\"' : '"'));
  });
});

describe('a time on the command line', () => {
  const nowMs = Date.UTC(2026, 0, 31, 12);
  it.each([
    ['24h', nowMs - 86_400_000],
    ['90s', nowMs - 90_000],
    ['30m', nowMs - 1_800_000],
    ['7d', nowMs - 604_800_000],
    ['2w', nowMs - 1_209_600_000],
    ['2026-01-30', Date.UTC(2026, 0, 30)],
    ['2026-01-30T06:30', Date.UTC(2026, 0, 30, 6, 30)],
    ['2026-01-30T06:30:15.250Z', Date.UTC(2026, 0, 30, 6, 30, 15, 250)],
    ['2026-01-30T06:30:00+02:00', Date.UTC(2026, 0, 30, 4, 30)],
  ])('may be %j', (text, expected) => {
    expect(sinceMsOf(text, nowMs)).toBe(expected);
  });

  it.each([
    '',
    '24',
    '7 d',
    '-1h',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-01-30T25:00',
    '30.01.2026',
  ])('is not %j', (text) => {
    expect(() => sinceMsOf(text, nowMs)).toThrow(`found ${JSON.stringify(text)}`);
  });
});

describe('trueup note', () => {
  it('is kept in the audit log by name, and the book is free again', async () => {
    const kept = await rig.run([
      'note',
      'moved 500 USD by hand',
      '--config',
      'CONFIG',
      '--venue',
      'cb',
      '--json',
    ]);
    expect({ exitCode: kept.exitCode, ...JSON.parse(kept.out) }).toEqual({
      exitCode: 0,
      status: 'kept',
      venue: 'cb',
      on: null,
    });
    expect((await told()).at(-1)).toMatchObject({
      kind: 'note',
      venue: 'cb',
      by: 'person:tester',
      text: 'moved 500 USD by hand',
    });
    const { db } = await rig.folder.file();
    expect(await verifyAudit(db, {})).toMatchObject({ verified: true });
    expect(await db.selectFrom('owner_lock').selectAll().execute()).toEqual([]);
  });

  it('is kept by the owner where one runs, beside what it is about', async () => {
    const { discrepancyId } = await rig.differ();
    await rig.startRun();
    const short = discrepancyId.slice(0, 6);
    const kept = await rig.run(['note', 'asked the venue', '--config', 'CONFIG', '--on', short]);
    expect(kept).toMatchObject({ exitCode: 0, out: `kept, on discrepancy ${discrepancyId.slice(0, 8)}\n` });
    const { notes } = await rig.document(`explain ${short} --config CONFIG --json`);
    expect(notes).toMatchObject([{ by: 'person:tester', text: 'asked the venue', on: discrepancyId }]);
    expect((await rig.run(`explain ${short} --config CONFIG`)).out).toContain(
      'person:tester  asked the venue',
    );
  });

  it('does not go around an owner that does not answer', async () => {
    const { db } = await rig.folder.file();
    const owner = { processId: process.pid, host: 'elsewhere', startedAtMs: Date.now() };
    const request = { owner, nowMs: Date.now() - 29_000, staleAfterMs: 30_000, isProcessAlive: () => true };
    await takeLock(db, request);
    const before = await auditKinds();
    const ended = await rig.run(['note', 'hello', '--config', 'CONFIG']);
    expect(ended).toMatchObject({ exitCode: 1, err: expect.stringContaining('has ended without an answer') });
    expect(await auditKinds()).toEqual(before);
  });

  it.each([
    [[' '], '<text>: expected 1 to 2000 characters, found none'],
    [['x'.repeat(2_001)], '<text>: expected 1 to 2000 characters, found 2001'],
    [['hello', '--venue', 'elsewhere'], '--venue: expected "cb", found "elsewhere"'],
    [
      ['hello', '--on', '0000'],
      '--on: expected the id of a discrepancy or a correction, found 0000; none is open',
    ],
  ])('refuses %#', async (words, message) => {
    const before = await auditKinds();
    const ended = await rig.run(['note', ...words, '--config', 'CONFIG']);
    expect(ended).toEqual({ exitCode: 2, out: '', err: `trueup: ${message}\n` });
    expect(await auditKinds()).toEqual(before);
  });

  it('holds no key of the configuration', async () => {
    const line = rig.world.environment.CB_PRIVATE_KEY.split('\n')[1] ?? 'no key';
    const ended = await rig.run(['note', `my key is ${line}`, '--config', 'CONFIG']);
    expect(ended).toMatchObject({ exitCode: 2, err: expect.stringContaining('expected no secret') });
    expect(ended.err).not.toContain(line);
    expect(await auditKinds()).not.toContain('noteAdded');
  });

  it('is not appended to a log that does not verify', async () => {
    rig.folder.tamper('audit_entry', 'update audit_entry set at_ms = at_ms + 1 where sequence = 1');
    const ended = await rig.run(['note', 'hello', '--config', 'CONFIG']);
    expect(ended).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('the audit log does not verify'),
    });
    expect(await auditKinds()).not.toContain('noteAdded');
  });
});
