import { describe, expect, it } from '@jest/globals';
import { withDeadline } from '../../src/platform/deadline.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';

describe('turn clock', () => {
  it('fires what is due in order, each at its own time, and timers set by timers too', async () => {
    const clock = new TurnClock(1_000);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push(`late ${clock.now()}`), 30);
    clock.setTimeout(() => {
      fired.push(`early ${clock.now()}`);
      clock.setTimeout(() => fired.push(`nested ${clock.now()}`), 5);
    }, 10);
    await clock.moveTo(1_020);
    expect(fired).toEqual(['early 1010', 'nested 1015']);
    await clock.moveTo(1_030);
    expect(fired).toEqual(['early 1010', 'nested 1015', 'late 1030']);
    expect(clock.nextDueAtMs()).toBeNull();
  });

  it('fires timers of the same time in the order in which they were set', async () => {
    const clock = new TurnClock(0);
    const fired: number[] = [];
    for (const n of [1, 2, 3]) clock.setTimeout(() => fired.push(n), 7);
    await clock.moveTo(7);
    expect(fired).toEqual([1, 2, 3]);
  });

  it('forgets a timer that was cleared, and refuses to run backwards', async () => {
    const clock = new TurnClock(5);
    const id = clock.setTimeout(() => {
      throw new Error('cleared');
    }, 1);
    clock.clearTimeout(id);
    await clock.moveTo(10);
    await expect(clock.moveTo(9)).rejects.toThrow('time does not run backwards');
  });
});

describe('deadline', () => {
  it('aborts what takes longer, at its time and not before', async () => {
    const clock = new TurnClock(0);
    let abortedAtMs = -1;
    const run = withDeadline({ clock, timeoutMs: 100 }, async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      abortedAtMs = clock.now();
      return 'aborted';
    });
    await clock.moveTo(99);
    expect(abortedAtMs).toBe(-1);
    await clock.moveTo(100);
    expect(await run).toBe('aborted');
    expect(abortedAtMs).toBe(100);
  });

  it('leaves no timer behind when the work is done', async () => {
    const clock = new TurnClock(0);
    expect(await withDeadline({ clock, timeoutMs: 100 }, async () => 'done')).toBe('done');
    expect(clock.nextDueAtMs()).toBeNull();
  });
});
