import { describe, expect, it } from '@jest/globals';
import { type Unknown, unknown } from '../../src/domain/venue/observation.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { retryRead } from '../../src/resilience/retry-read.ts';

const GOOD = { state: 'known' } as const;

/** A read that answers in turn as told, the last answer for ever. */
function reading(answers: readonly (typeof GOOD | Unknown)[], retryCount = 4) {
  const clock = new TurnClock(0);
  const stop = new AbortController();
  const askedAtMs: number[] = [];
  const retries: string[] = [];
  const ports = {
    clock,
    random: () => 0.5,
    retryCount,
    onRetry: ({ reason }: Unknown, retryInMs: number) => retries.push(`${reason} ${retryInMs}`),
  };
  const read = retryRead(ports, stop.signal, async () => {
    askedAtMs.push(clock.now());
    return answers[askedAtMs.length - 1] ?? (answers.at(-1) as Unknown);
  });
  return { clock, stop, askedAtMs, retries, read };
}

describe('a read that is tried again', () => {
  it('is asked once where it is answered', async () => {
    const { read, askedAtMs, clock, retries } = reading([GOOD]);
    expect(await read).toBe(GOOD);
    expect(askedAtMs).toEqual([0]);
    expect(retries).toEqual([]);
    expect(clock.nextDueAtMs()).toBeNull();
  });

  it('waits longer each time, and never less than the venue asks, until it is answered', async () => {
    const busy = unknown('rateLimited', 'slow down', 7_000);
    const { read, askedAtMs, clock, retries } = reading([
      unknown('unreachable', 'no route'),
      unknown('timedOut', 'no answer'),
      busy,
      GOOD,
    ]);
    await settle();
    await clock.moveTo(60_000);
    expect(await read).toBe(GOOD);
    expect(askedAtMs).toEqual([0, 125, 375, 7_375]);
    expect(retries).toEqual(['unreachable 125', 'timedOut 250', 'rateLimited 7000']);
  });

  it('says what came last once it has had its tries', async () => {
    const { read, askedAtMs, clock } = reading([unknown('unreachable', 'no route')], 4);
    await settle();
    await clock.moveTo(60_000);
    expect(await read).toMatchObject({ reason: 'unreachable' });
    expect(askedAtMs).toHaveLength(5);
  });

  it.each([
    unknown('refused', 'no'),
    unknown('malformed', 'what'),
    unknown('rateLimited', 'slow down', 30_001),
  ])('is not asked again for what would be said again: %j', async (answer) => {
    const { read, askedAtMs } = reading([answer]);
    expect(await read).toBe(answer);
    expect(askedAtMs).toEqual([0]);
  });

  it('ends where it is aborted, also while it waits, and leaves no timer', async () => {
    const { read, askedAtMs, clock, stop } = reading([unknown('unreachable', 'no route')]);
    await settle();
    stop.abort();
    expect(await read).toMatchObject({ reason: 'unreachable' });
    expect(askedAtMs).toEqual([0]);
    expect(clock.nextDueAtMs()).toBeNull();
  });
});
