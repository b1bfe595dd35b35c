import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { type Input, Intake, type Recorder } from '../../src/replay/intake.ts';
import { noRecorder } from '../../src/replay/journal.ts';
import { portExchange, startConcurrently } from '../../src/replay/ported-exchange.ts';
import { simulatedAccount } from '../support/trading-session.ts';

function open(recorder: Partial<Recorder> = {}) {
  const clock = new TurnClock(1_000);
  const failures: unknown[] = [];
  const intake = new Intake(clock, { ...noRecorder, ...recorder }, (error) => failures.push(error));
  return { clock, intake, failures };
}

const message = (atMs: number, text: unknown = 'm'): Input => ({ kind: 'message', atMs, message: text });
const question = { venue: 'coinbase', method: 'observe', request: {} };

describe('the intake', () => {
  it('one input is delivered at a time; the next waits until everything it set in motion has settled', async () => {
    const anyTurns = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyTurns, async (turns) => {
        const { intake } = open();
        const steps: string[] = [];
        intake.connect(async (number) => {
          steps.push(`${number} begins`);
          for (let turn = 0; turn < (turns[Number(number)] ?? 0); turn += 1) await Promise.resolve();
          steps.push(`${number} ends`);
        });
        for (const number of turns.keys()) intake.submit(message(1_000, number));
        await intake.idle();
        expect(steps).toEqual([...turns.keys()].flatMap((number) => [`${number} begins`, `${number} ends`]));
      }),
      { numRuns: 50 },
    );
  });

  it('time stands still within an input: it is the time at which the input came', async () => {
    const anyTimes = fc.array(fc.integer({ min: 1_000, max: 5_000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyTimes, anyTimes, async (dueAtMs, cameAtMs) => {
        const { clock, intake } = open();
        const fired: (readonly [number, number])[] = [];
        const times: (readonly number[])[] = [];
        for (const atMs of dueAtMs) clock.setTimeout(() => fired.push([atMs, clock.now()]), atMs - 1_000);
        intake.connect(async () => {
          const begunAtMs = clock.now();
          for (let turn = 0; turn < 9; turn += 1) await Promise.resolve();
          times.push([begunAtMs, clock.now(), fired.length]);
        });
        const inOrder = [...cameAtMs].sort((one, other) => one - other);
        for (const atMs of inOrder) intake.submit(message(atMs));
        await intake.idle();
        // What was due until then has fired before it, each at its own time.
        const due = (atMs: number) => dueAtMs.filter((one) => one <= atMs).length;
        expect(times).toEqual(inOrder.map((atMs) => [atMs, atMs, due(atMs)]));
        expect(fired.every(([at, now]) => at === now)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('delivers nothing within a timer that submits the next input, also where nothing was under way', async () => {
    const steps: unknown[] = [];
    const { clock, intake } = open({ input: ({ kind }) => steps.push(`${kind} is recorded`) });
    intake.connect(() => steps.push('the message is delivered'));
    clock.setTimeout(() => {
      intake.submit(message(1_700));
      steps.push('the timer ends');
    }, 500);
    intake.submit({ kind: 'tick', atMs: 1_600 });
    await intake.idle();
    expect(steps).toEqual([
      'tick is recorded',
      'the timer ends',
      'message is recorded',
      'the message is delivered',
    ]);
  });

  it('never lets time run backwards, and records the time that it went by', async () => {
    const recorded: number[] = [];
    const { intake } = open({ input: ({ atMs }) => recorded.push(atMs) });
    intake.connect(() => undefined);
    for (const atMs of [3_000, 2_000, 2_999, 4_000]) intake.submit(message(atMs));
    await intake.idle();
    expect(recorded).toEqual([3_000, 3_000, 3_000, 4_000]);
  });

  it('records an input before it is delivered', async () => {
    const steps: string[] = [];
    const { intake } = open({ input: () => steps.push('recorded') });
    intake.connect(() => steps.push('delivered'));
    intake.submit(message(1_000));
    await intake.idle();
    expect(steps).toEqual(['recorded', 'delivered']);
  });

  it('gives an answer to whoever asked, also one that an adapter broke over', async () => {
    const { intake } = open();
    const asked = [intake.ask<string>(question), intake.ask<string>(question)] as const;
    const told = Promise.allSettled(asked.map(({ answer }) => answer));
    intake.submit({ kind: 'answer', atMs: 1_000, call: asked[1].call, answer: { thrown: 'a bug' } });
    intake.submit({ kind: 'answer', atMs: 1_000, call: asked[0].call, answer: { value: 'yes' } });
    await intake.idle();
    expect(await told).toMatchObject([{ value: 'yes' }, { reason: { message: 'a bug' } }]);
    expect(intake.openCalls()).toEqual([]);
  });

  it.each([
    [
      'an answer to a question that nobody asked',
      { kind: 'answer', atMs: 1_000, call: 7, answer: { value: 1 } },
    ],
    ['a message before anything takes messages', message(1_000)],
    ['an input without a time', message(Number.NaN)],
  ] as const)(
    'an input that cannot be delivered ends the intake and reaches whoever drives it; nothing is skipped silently: %s',
    async (_what, input) => {
      const { intake, failures } = open();
      intake.submit(input);
      await expect(intake.idle()).rejects.toThrow();
      expect(failures).toHaveLength(1);
      await expect(intake.idle()).rejects.toThrow();
      expect(() => intake.submit(message(1_000))).toThrow('no messages any more');
      intake.submit({ kind: 'tick', atMs: 2_000 });
      await expect(intake.idle()).rejects.toThrow();
    },
  );

  it('ends where an input cannot be recorded, and delivers nothing unrecorded', async () => {
    const { intake } = open({
      input: () => {
        throw new Error('the disk is full');
      },
    });
    const delivered: unknown[] = [];
    intake.connect((text) => delivered.push(text));
    intake.submit(message(1_000));
    await expect(intake.idle()).rejects.toThrow('the disk is full');
    expect(delivered).toEqual([]);
  });

  it('drops late answers once it is stopped, and refuses messages', async () => {
    const { intake, failures } = open();
    const { call } = intake.ask(question);
    intake.submit(message(1_000));
    intake.stop();
    intake.submit({ kind: 'answer', atMs: 1_000, call, answer: { value: 1 } });
    expect(() => intake.submit(message(1_000))).toThrow('no messages any more');
    await settle();
    expect(intake.openCalls()).toEqual([call]);
    expect(failures).toHaveLength(1);
  });
});

describe('a ported exchange', () => {
  it('lets every answer in through the intake, and asks nobody whose deadline has passed', async () => {
    const inputs: Input[] = [];
    const { clock, intake } = open({ input: (input) => inputs.push(input) });
    const { exchange } = simulatedAccount('coinbase', new TurnClock(Date.UTC(2024, 7, 5)));
    const ported = portExchange(exchange, intake, {
      target: exchange,
      start: startConcurrently(intake, clock.now),
    });
    const observed = await ported.observe({ fillsSinceMs: null }, new AbortController().signal);
    expect(observed.state).toBe('known');
    const late = await ported.observe({ fillsSinceMs: null }, AbortSignal.abort());
    expect(late).toMatchObject({ state: 'unknown', reason: 'timedOut' });
    expect(inputs.map(({ kind }) => kind)).toEqual(['answer', 'answer']);
    await exchange.close();
  });
});
