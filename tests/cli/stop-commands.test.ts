import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../db/database.ts';
import { savePerformance } from '../../db/performance-repository.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { BookRig } from './book-rig.ts';

let rig: BookRig;
beforeEach(async () => {
  rig = await BookRig.open();
});
afterEach(() => rig.close());

const statusOf = () => rig.document('status --database DATABASE --json');

describe('trueup halt and trueup rearm', () => {
  it('stop trading where no service runs, once, and the next service finds it so', async () => {
    const halt = ['halt', '--config', 'CONFIG', '--reason', 'the key may be known', '--yes'];
    expect(await rig.run(halt)).toMatchObject({
      exitCode: 0,
      out: 'trading is stopped, until somebody re-arms it: no service runs, and the next one finds it so\n',
    });
    expect((await statusOf()).killSwitch).toMatchObject({
      isOn: true,
      by: expect.stringMatching(/^person:/),
      reason: 'the key may be known',
    });
    // No service has written a gate since; what was written last is not all that is said.
    expect((await rig.run('gates --config CONFIG')).out).toMatch(
      /trading was stopped by person:\w+ .* ago: the key may be known \(trueup rearm\)/,
    );
    const again = await rig.run(halt);
    expect(again.exitCode).toBe(1);
    expect(again.err).toMatch(/refused: trading was stopped already, by person:\w+ at \d{4}-/);
    await rig.startRun();
    await rig.run('reconcile --config CONFIG');
    const gates = await rig.document('gates --config CONFIG --json');
    expect(gates.killSwitch).toMatchObject({ isOn: true, reason: 'the key may be known' });
    expect(gates.venues).toMatchObject([
      { mode: 'halted', reason: expect.stringContaining('the key may be known') },
    ]);
  });

  it('close and open the gates of a service that runs', async () => {
    await rig.startRun();
    const run = (...words: readonly string[]) => rig.run([...words, '--config', 'CONFIG', '--yes', '--json']);
    expect(JSON.parse((await run('halt', '--reason', 'a test')).out)).toMatchObject({ status: 'done' });
    const closed = await rig.document('gates --config CONFIG --json');
    expect(closed.venues).toMatchObject([{ mode: 'halted' }]);
    expect(JSON.parse((await run('rearm', '--reason', 'the test is over')).out)).toEqual({
      status: 'done',
      reason: 'trading may go on',
    });
    const open = await rig.document('gates --config CONFIG --json');
    expect(open.venues).toMatchObject([{ mode: 'active' }]);
    expect((await run('rearm', '--reason', 'once more')).exitCode).toBe(1);
    const kinds = await rig.document('history --database DATABASE --json');
    expect(JSON.stringify(kinds)).toContain('the test is over');
  });

  it('end a halt for a drawdown, where no service runs, and where one does', async () => {
    const halted = async () => {
      const database = await openDatabase(rig.folder.path('book.sqlite'), { nowMs: 1 });
      await savePerformance(database.db, {
        drawdown: {
          index: amount('0.7'),
          indexAtMs: 1,
          highWaterIndex: amount('1'),
          halt: { atMs: 1, drawdown: amount('0.3') },
        },
        day: { pnlUsd: amount('0'), startUsd: amount('1'), haltedAtMs: null },
      });
      await database.close();
    };
    const rearm = ['rearm', '--config', 'CONFIG', '--reason', 'looked at it', '--yes'];
    await halted();
    expect((await rig.run('status --database DATABASE')).out).toMatch(
      /trading is halted: the portfolio fell by 0\.3 from its highest .* ago \(trueup rearm\)/,
    );
    expect(await rig.run(rearm)).toMatchObject({
      exitCode: 0,
      out: 'trading may go on, once a service runs\n',
    });
    expect((await statusOf()).losses.drawdown).toMatchObject({ highWaterIndex: '0.7', halt: null });
    expect(await rig.run(rearm)).toMatchObject({ exitCode: 1 });
    await halted();
    await rig.startRun();
    expect((await rig.run(rearm)).out).toContain('the high-water mark is what the portfolio is now');
    expect((await statusOf()).losses.drawdown.halt).toBeNull();
  });

  it('want a reason, and a word or --yes', async () => {
    expect(await rig.run('halt --config CONFIG --yes')).toMatchObject({ exitCode: 2 });
    expect(await rig.run(['rearm', '--config', 'CONFIG', '--reason', ' ', '--yes'])).toMatchObject({
      exitCode: 2,
      err: 'trueup: --reason: expected why, found nothing\n',
    });
    expect(await rig.run('halt --config CONFIG --reason x')).toMatchObject({ exitCode: 2 });
    expect((await statusOf()).killSwitch.isOn).toBe(false);
  });
});

describe.each(['abort', 'pause', 'resume'])('trueup %s', (name) => {
  it('says that nothing is under way, and that no service runs', async () => {
    const alone = await rig.run(`${name} --config CONFIG --yes`);
    expect(alone).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('nothing is sent while that is so'),
    });
    await rig.startRun();
    const beside = await rig.run(`${name} --config CONFIG --yes`);
    expect(beside.exitCode).toBe(1);
    expect(beside.err).toContain('refused: paper mode sends nothing');
  });

  it('has an example, --json and its exit codes in its help', async () => {
    const { exitCode, out } = await rig.run([name, '--help']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`Examples?:\\n  \\$ trueup ${name} `));
    expect(out).toContain('--json');
    expect(out).toContain('Exit codes: 0');
  });
});
