import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BookRig } from './book-rig.ts';

let rig: BookRig;
beforeEach(async () => {
  rig = await BookRig.open();
});
afterEach(() => rig.close());

const snapshotIds = async (): Promise<readonly string[]> => {
  const { db } = await rig.folder.file();
  const rows = await db.selectFrom('snapshot').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
};

describe('trueup snapshot verify', () => {
  it('says that every snapshot is as it was certified, and how fast', async () => {
    const ids = await snapshotIds();
    const verified = await rig.run('snapshot verify --database DATABASE --json');
    expect({ exitCode: verified.exitCode, ...JSON.parse(verified.out) }).toEqual({
      exitCode: 0,
      verified: true,
      snapshots: ids.length,
      altered: 0,
      first: null,
      durationMs: expect.any(Number),
      snapshotsPerSecond: expect.any(Number),
    });
    expect(ids.length).toBeGreaterThan(1);
    const people = await rig.run('snapshot verify --database DATABASE');
    expect(people.out).toMatch(new RegExp(`^verified: ${ids.length} snapshots\n\\d+ snapshots a second: `));
  });

  it('names the first that was altered, with place, expected and found', async () => {
    const [first = '', second = ''] = await snapshotIds();
    rig.folder.tamper('snapshot', `update snapshot set body = replace(body, '3000', '3001')`);
    const altered = await rig.run('snapshot verify --database DATABASE --json');
    expect(altered.exitCode).toBe(1);
    const verdict = JSON.parse(altered.out);
    expect(verdict).toMatchObject({ verified: false, first: { id: first, venue: 'cb' } });
    expect(verdict.altered).toBe(verdict.snapshots);
    expect(verdict.first.problems.map(({ place }: { place: string }) => place)).toEqual([
      'id',
      'certificate.contentSha256',
    ]);
    const people = await rig.run([
      'snapshot',
      'verify',
      '--database',
      'DATABASE',
      '--id',
      second.slice(0, 8),
    ]);
    expect(people.exitCode).toBe(1);
    expect(people.out).toContain(`not verified: 1 altered or missing, 1 read\nfirst: ${second} of cb at `);
    expect(people.out).toMatch(/ {2}certificate.contentSha256: expected [0-9a-f]{64}, found [0-9a-f]{64}\n/);
  });

  it('misses a snapshot that the audit log names', async () => {
    const [first = '', ...others] = await snapshotIds();
    rig.folder.tamper('snapshot', `delete from snapshot where id = '${first}'`);
    const missing = await rig.run('snapshot verify --database DATABASE --json');
    expect(missing.exitCode).toBe(1);
    expect(JSON.parse(missing.out)).toMatchObject({
      snapshots: others.length,
      altered: 1,
      first: {
        id: first,
        problems: [
          { place: expect.stringMatching(/^audit entry \d+$/), expected: 'the snapshot that it names' },
        ],
      },
    });
    const one = await rig.run(['snapshot', 'verify', '--database', 'DATABASE', '--id', first]);
    expect(one).toMatchObject({ exitCode: 1, out: expect.stringContaining('1 altered or missing, 0 read') });
  });

  it('finds a snapshot that was altered and sealed again: no report names it', async () => {
    const { db } = await rig.folder.file();
    const [row] = await db.selectFrom('snapshot').selectAll().orderBy('id').execute();
    const { sha256Hex } = await import('../../src/domain/hash.ts');
    const body = row?.body.replace('3000', '3001') ?? '';
    const certificate =
      row?.certificate.replace(/"contentSha256":"[0-9a-f]+"/, `"contentSha256":"${sha256Hex(body)}"`) ?? '';
    const id = sha256Hex(`{"body":${body},"certificate":${certificate}}`);
    rig.folder.tamper(
      'snapshot',
      `update snapshot set id = '${id}', body = '${body}', certificate = '${certificate}' where id = '${row?.id}'`,
    );
    const sealed = JSON.parse((await rig.run(`snapshot verify --database DATABASE --id ${id} --json`)).out);
    expect(sealed).toMatchObject({
      verified: false,
      first: {
        id,
        problems: [{ place: 'audit log', expected: 'a report that names the snapshot', found: 'none' }],
      },
    });
    const all = JSON.parse((await rig.run('snapshot verify --database DATABASE --json')).out);
    expect(all).toMatchObject({ verified: false, altered: 2 });
  });

  it.each([
    [['snapshot', 'verify'], "required option '--database <file>' not specified"],
    [
      ['snapshot', 'verify', '--database', 'DATABASE', '--id', 'abc'],
      '--id: expected an id, or at least 4 of its first digits',
    ],
    [
      ['snapshot', 'verify', '--database', 'DATABASE', '--id', 'ffffffffffffffff'],
      '--id: expected the id of a snapshot, found ffffffffffffffff',
    ],
    [['snapshot'], "required option '--config <file>' not specified"],
    [['snapshot', '--config', 'CONFIG'], "required option '--venue <id>' not specified"],
  ])('refuses %j', async (words, message) => {
    const ended = await rig.run(words);
    expect(ended).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining(message) });
  });

  it('leaves the command above it as it is: it reads one venue once', async () => {
    const read = await rig.run('snapshot --config CONFIG --venue cb --json');
    expect({ exitCode: read.exitCode, ...JSON.parse(read.out) }).toMatchObject({
      exitCode: 0,
      state: 'known',
    });
  });

  it('has help of its own, as the command above it has', async () => {
    const above = await rig.run('snapshot --help');
    expect(above).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('Usage: trueup snapshot [options]'),
    });
    expect(above.out).toContain('--venue <id>');
    expect(above.out).toContain('verify [options]');
    const { out } = await rig.run('snapshot verify --help');
    expect(out).toContain('$ trueup snapshot verify --database trueup.sqlite');
    expect(out).not.toContain('--venue');
  });
});
