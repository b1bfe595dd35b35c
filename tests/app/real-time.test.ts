import { describe, expect, it } from '@jest/globals';
import { runInRealTime } from '../../src/app/real-time.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { type Input, Intake } from '../../src/replay/intake.ts';
import { noRecorder } from '../../src/replay/journal.ts';

const START_MS = 1_700_000_000_000;

/** A machine whose time and timers the test moves; `fireEarly` fires what is not due yet. */
function machineAt(startMs: number) {
  const time = new TurnClock(startMs);
  const waits: number[] = [];
  const pending = new Set<number>();
  return {
    waits,
    pending,
    now: time.now,
    setTimeout: (fn: () => void, ms: number) => {
      waits.push(ms);
      const id = time.setTimeout(() => {
        pending.delete(id);
        fn();
      }, ms);
      pending.add(id);
      return id;
    },
    clearTimeout: (id: unknown) => {
      pending.delete(id as number);
      time.clearTimeout(id);
    },
    pass: (ms: number) => time.moveTo(time.now() + ms),
  };
}

function start() {
  const machine = machineAt(START_MS);
  const clock = new TurnClock(START_MS);
  const inputs: Input[] = [];
  const intake = new Intake(clock, { ...noRecorder, input: (input) => inputs.push(input) });
  const realTime = runInRealTime({ clock, intake, machine });
  const pass = async (ms: number) => {
    await machine.pass(ms);
    await intake.idle();
  };
  return { machine, clock, inputs, realTime, pass, intake };
}

describe('real time', () => {
  it('ticks when something is due, and not before', async () => {
    const { clock, inputs, pass } = start();
    const fired: number[] = [];
    clock.setTimeout(() => fired.push(clock.now()), 100);
    await pass(99);
    expect({ fired, inputs }).toEqual({ fired: [], inputs: [] });
    await pass(1);
    expect(fired).toEqual([START_MS + 100]);
    expect(inputs).toEqual([{ kind: 'tick', atMs: START_MS + 100 }]);
  });

  it('wakes earlier for a timer that is set while a later one is waited for', async () => {
    const { clock, pass } = start();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 10_000);
    clock.setTimeout(() => fired.push('early'), 10);
    await pass(10);
    expect(fired).toEqual(['early']);
    await pass(9_990);
    expect(fired).toEqual(['early', 'late']);
  });

  it('gives no tick for a timer that was cleared, and keeps no timer of the machine for it', async () => {
    const { clock, inputs, pass, machine } = start();
    const id = clock.setTimeout(() => {}, 10);
    clock.clearTimeout(id);
    expect(machine.pending.size).toBe(0);
    await pass(20);
    expect(inputs).toEqual([]);
  });

  it('goes on after every tick: a timer set by a timer is waited for', async () => {
    const { clock, pass } = start();
    let rounds = 0;
    const round = (): void => {
      rounds += 1;
      clock.setTimeout(round, 5);
    };
    round();
    for (let turn = 0; turn < 4; turn += 1) await pass(5);
    expect(rounds).toBe(5);
  });

  it('waits for longer than a timer of the machine can', async () => {
    const { clock, pass, machine } = start();
    let isFired = false;
    clock.setTimeout(() => {
      isFired = true;
    }, 3_000_000_000);
    await pass(2_000_000_000);
    expect(isFired).toBe(false);
    await pass(1_000_000_000);
    expect(isFired).toBe(true);
    expect(Math.max(...machine.waits)).toBeLessThan(2 ** 31);
  });

  it('leaves no timer behind when it is stopped', async () => {
    const { clock, realTime, machine } = start();
    clock.setTimeout(() => {}, 10);
    realTime.stop();
    clock.setTimeout(() => {}, 5);
    expect(machine.pending.size).toBe(0);
  });
});
