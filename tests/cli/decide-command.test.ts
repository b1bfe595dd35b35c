import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { BookRig } from './book-rig.ts';

let rig: BookRig;
beforeEach(async () => {
  rig = await BookRig.open();
});
afterEach(() => rig.close());

const booked = async () => {
  const { db } = await rig.folder.file();
  const row = await db
    .selectFrom('balance')
    .select('available')
    .where('asset', '=', 'USD')
    .executeTakeFirst();
  return row?.available;
};

const decisions = async () => {
  const { db } = await rig.folder.file();
  const entries = await readAudit(db, { afterSequence: 0, limit: 1_000, kind: 'decisionMade' });
  return entries.map(({ actor, body }) => ({ actor, ...(body as object) }));
};

describe('trueup approve', () => {
  it('shows what it posts, and posts it once a person has typed the short id', async () => {
    const { correctionId } = await rig.differ();
    const short = correctionId.slice(0, 8);
    const nobody = await rig.run(`approve ${correctionId} --config CONFIG`);
    expect(nobody).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('expected --yes, or a terminal'),
    });
    const turnedDown = await rig.run(`approve ${short} --config CONFIG`, { typed: ['yes'] });
    expect(turnedDown).toMatchObject({ exitCode: 1, out: '' });
    expect(turnedDown.err).toContain('The venue reports a deposit of 500 USD, which the book lacks.');
    expect(turnedDown.err).toMatch(/transfer +USD +-500\n +cb available +USD +500\n/);
    expect(turnedDown.err).toContain(`nothing was decided on ${short}`);
    expect(await booked()).toBe('3000');
    const approved = await rig.run(`approve ${short} --config CONFIG`, { typed: [short] });
    expect(approved).toMatchObject({ exitCode: 0, out: `${short}: applied\n` });
    expect(await booked()).toBe('3500');
    expect(await decisions()).toMatchObject([
      {
        actor: 'person:tester',
        decision: { kind: 'approveCorrection', correctionId },
        answer: { status: 'done' },
      },
    ]);
  });

  it('takes the discrepancy that has one proposal', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    const approved = await rig.document(`approve ${discrepancyId} --config CONFIG --yes --json`);
    expect(approved).toEqual({
      decision: 'approve',
      id: correctionId,
      shortId: correctionId.slice(0, 8),
      venue: 'cb',
      status: 'done',
      reason: 'applied',
    });
  });

  it('leaves it to the owner where one runs, and never posts twice', async () => {
    const service = await rig.startRun();
    const { correctionId } = await rig.differ();
    expect(await rig.run(`approve ${correctionId} --config CONFIG --yes`)).toMatchObject({ exitCode: 0 });
    await service.said('correction applied by person:tester');
    const again = await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    expect(again).toMatchObject({
      exitCode: 1,
      err: `trueup: expected a correction that is proposed, ${correctionId.slice(0, 8)} is applied\n`,
    });
    expect(await booked()).toBe('3500');
  });

  it('says what the service refuses and why', async () => {
    const { correctionId } = await rig.differ();
    // What it is for is gone before the book is taken: the round that comes first finds that out.
    rig.world.venue.withdraw('USD', amount('500'));
    const refused = await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    expect(refused).toMatchObject({ exitCode: 1, out: '' });
    expect(refused.err).toContain(
      `${correctionId.slice(0, 8)} was refused: it was withdrawn: its time ended, or what it was for has changed`,
    );
    expect(await booked()).toBe('3000');
  });

  it('refuses a discrepancy without a proposal, and says what it has', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    await rig.run(`reject ${correctionId} --config CONFIG --yes`);
    const refused = await rig.run(`approve ${discrepancyId} --config CONFIG --yes`);
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain(`${correctionId.slice(0, 8)}  correction  rejected`);
  });

  it('refuses a venue that is not configured any more', async () => {
    const { correctionId } = await rig.differ();
    rig.configure({ venue: { id: 'other' } });
    const refused = await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    expect(refused).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('expected cb among the venues of'),
    });
  });
});

describe('trueup reject', () => {
  it('posts nothing and leaves the difference open', async () => {
    const { discrepancyId } = await rig.differ();
    const short = discrepancyId.slice(0, 8);
    expect(await rig.run(`reject ${short} --config CONFIG`, { typed: [short] })).toMatchObject({
      exitCode: 1,
    });
    expect(await rig.run(`reject ${short} --config CONFIG --yes`)).toMatchObject({ exitCode: 0 });
    expect(await booked()).toBe('3000');
    const listed = await rig.run('discrepancies --config CONFIG --json');
    expect({ exitCode: listed.exitCode, ...JSON.parse(listed.out) }).toMatchObject({
      exitCode: 4,
      discrepancies: [{ id: discrepancyId, state: 'rejected' }],
    });
  });
});

describe('trueup reverse', () => {
  it('undoes what was posted, to the last digit, and refuses what was not', async () => {
    const { correctionId } = await rig.differ('500.00000001');
    const early = await rig.run(`reverse ${correctionId} --config CONFIG --yes`);
    expect(early).toMatchObject({ exitCode: 1, err: expect.stringContaining('is proposed') });
    await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    expect(await booked()).toBe('3500.00000001');
    const short = correctionId.slice(0, 8);
    const reversed = await rig.run(`reverse ${correctionId} --config CONFIG`, { typed: [short] });
    expect(reversed.err).toMatch(/cb available +USD +-500.00000001\n/);
    expect(reversed).toMatchObject({ exitCode: 0, out: `${short}: reversed\n` });
    expect(await booked()).toBe('3000');
  });
});

describe('trueup accept', () => {
  it('makes the book follow the venue against the account for what nobody can explain', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    const short = discrepancyId.slice(0, 8);
    const accepted = await rig.run(`accept ${discrepancyId} --config CONFIG`, { typed: [short] });
    expect(accepted.err).toMatch(/cb available +USD +500\n +unexplained +USD +-500\n/);
    expect(accepted).toMatchObject({ exitCode: 0 });
    expect(await booked()).toBe('3500');
    const { discrepancies, corrections } = await rig.document(`explain ${short} --config CONFIG --json`);
    expect(discrepancies).toMatchObject([{ state: 'accepted' }]);
    const posted = corrections.find(({ state }: { state: string }) => state === 'applied');
    expect(posted).toMatchObject({
      cause: 'accepted',
      postings: [{ external: 'unexplained' }, { venue: 'cb' }],
    });
    expect(posted.id).not.toBe(correctionId);
    expect(await rig.run(`reverse ${posted.id} --config CONFIG --yes`)).toMatchObject({ exitCode: 0 });
    expect(await booked()).toBe('3000');
  });

  it('is done by the owner where one runs', async () => {
    await rig.startRun();
    const { discrepancyId } = await rig.differ();
    const accepted = await rig.document(`accept ${discrepancyId} --config CONFIG --yes --json`);
    expect(accepted).toMatchObject({ decision: 'accept', id: discrepancyId, status: 'done' });
    expect(await booked()).toBe('3500');
  });

  it('takes a discrepancy that is open, and no correction', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    const correction = await rig.run(`accept ${correctionId} --config CONFIG --yes`);
    expect(correction).toMatchObject({
      exitCode: 2,
      err: `trueup: <id>: expected a discrepancy, found the correction ${correctionId.slice(0, 8)}, which is for ${discrepancyId.slice(0, 8)}\n`,
    });
    await rig.run(`approve ${correctionId} --config CONFIG --yes`);
    const ended = await rig.run(`accept ${discrepancyId} --config CONFIG --yes`);
    expect(ended).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('two reads have confirmed and that is open'),
    });
  });
});

describe('a reason', () => {
  it('is kept beside the decision, whoever carries it out, and shown with what it is about', async () => {
    const { discrepancyId, correctionId } = await rig.differ();
    const words = [
      'approve',
      correctionId,
      '--config',
      'CONFIG',
      '--yes',
      '--note',
      'the venue confirmed it',
    ];
    expect(await rig.run(words)).toMatchObject({ exitCode: 0 });
    expect((await rig.document(`explain ${discrepancyId} --config CONFIG --json`)).notes).toMatchObject([
      { by: 'person:tester', on: correctionId, text: 'the venue confirmed it' },
    ]);
    await rig.startRun();
    await rig.run(['reverse', correctionId, '--config', 'CONFIG', '--yes', '--note', 'it was wrong']);
    expect((await rig.document(`explain ${discrepancyId} --config CONFIG --json`)).notes).toHaveLength(2);
  });

  it('that is none stops the decision', async () => {
    const { correctionId } = await rig.differ();
    const ended = await rig.run(['approve', correctionId, '--config', 'CONFIG', '--yes', '--note', ' ']);
    expect(ended).toMatchObject({
      exitCode: 2,
      err: 'trueup: --note: expected 1 to 2000 characters, found none\n',
    });
    expect(await decisions()).toEqual([]);
  });
});
