import { describe, expect, it } from '@jest/globals';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { REQUEST_TIMEOUT_MS, RequestGate } from '../../src/resilience/request-gate.ts';
import type { RequestClass } from '../../src/resilience/token-bucket.ts';
import { deferred } from '../support/actor-rig.ts';

function gateOf(more: Partial<{ burst: number; perSecond: number; concurrencyMax: number }> = {}) {
  const clock = new TurnClock(0);
  const gate = new RequestGate({ burst: 10, perSecond: 10, concurrencyMax: 100, clock, ...more });
  const log: string[] = [];
  const ask = (name: string, requestClass: RequestClass, signal = new AbortController().signal) => {
    const end = deferred<string>();
    const passed = gate.pass(requestClass, signal, () => {
      log.push(`${clock.now()} ${name}`);
      return end.promise;
    });
    passed.catch(() => undefined);
    return { passed, end: () => end.resolve(name) };
  };
  return { clock, gate, log, ask };
}

describe('a request gate', () => {
  it('lets requests through as fast as the venue allows, and no faster', async () => {
    const { clock, log, ask, gate } = gateOf({ burst: 2, perSecond: 2 });
    const asked = ['a', 'b', 'c', 'd'].map((name) => ask(name, 'cancel'));
    await settle();
    expect(log).toEqual(['0 a', '0 b']);
    expect(gate.state()).toMatchObject({ underWay: 2, waiting: 2 });
    await clock.moveTo(2_000);
    expect(log).toEqual(['0 a', '0 b', '500 c', '1000 d']);
    for (const { end } of asked) end();
    await settle();
    expect(clock.nextDueAtMs()).toBeNull();
  });

  it('ends a request when its own time is over, counted from when it went out', async () => {
    const { clock, gate } = gateOf({ burst: 1, perSecond: 1 / 60 });
    const { signal } = new AbortController();
    const hang = (ending: AbortSignal) =>
      new Promise<never>((_, reject) =>
        ending.addEventListener('abort', () => reject(new Error('as a client words it'))),
      );
    const ended: string[] = [];
    const ask = (timeoutMs?: number) =>
      gate.pass('cancel', signal, hang, timeoutMs).catch((error) => ended.push(`${clock.now()} ${error}`));
    void ask(3_000);
    void ask();
    await settle();
    await clock.moveTo(120_000);
    expect(ended).toEqual([
      '3000 DeadlinePassed: no answer within 3000 ms',
      '70000 DeadlinePassed: no answer within 10000 ms',
    ]);
    expect(gate.state().underWay).toBe(0);
    expect(clock.nextDueAtMs()).toBeNull();
  });

  it("ends a request with its caller's signal, and tells whoever asked what it threw", async () => {
    const { gate } = gateOf();
    const stop = new AbortController();
    const passed = gate.pass('trade', stop.signal, async (ending) => {
      stop.abort(new Error('stopped'));
      ending.throwIfAborted();
    });
    await expect(passed).rejects.toThrow('stopped');
  });

  it('keeps room for cancels and reconciliation, whatever trading does', async () => {
    const { log, ask } = gateOf();
    for (let n = 0; n < 20; n += 1) ask(`trade`, 'trade');
    await settle();
    expect(log).toHaveLength(6);
    for (let n = 0; n < 20; n += 1) ask('read', 'reconcile');
    await settle();
    expect(log.filter((line) => line.endsWith('read'))).toHaveLength(3);
    ask('cancel', 'cancel');
    await settle();
    expect(log.at(-1)).toBe('0 cancel');
  });

  it('has only so many under way at once, and one more for a cancel', async () => {
    const { log, ask } = gateOf({ concurrencyMax: 2 });
    const first = ask('a', 'trade');
    ask('b', 'trade');
    ask('c', 'trade');
    ask('d', 'cancel');
    await settle();
    expect(log).toEqual(['0 a', '0 b', '0 d']);
    first.end();
    await settle();
    expect(log).toHaveLength(3);
    expect(await first.passed).toBe('a');
  });

  it('makes no request for whoever has stopped waiting', async () => {
    const { clock, log, ask, gate } = gateOf({ burst: 1, perSecond: 1 });
    ask('a', 'cancel');
    const stop = new AbortController();
    const { passed } = ask('b', 'cancel', stop.signal);
    await settle();
    stop.abort(new Error('stopped'));
    await expect(passed).rejects.toThrow('stopped');
    expect(gate.state().waiting).toBe(0);
    // Nobody is to be let through: what is left is the deadline of the request that is under way.
    expect(clock.nextDueAtMs()).toBe(REQUEST_TIMEOUT_MS);
    await clock.moveTo(5_000);
    expect(log).toEqual(['0 a']);
    expect(gate.state().waiting).toBe(0);
    await expect(ask('c', 'cancel', stop.signal).passed).rejects.toThrow('stopped');
  });

  it('gives the place of a request that failed to the next', async () => {
    const { gate, clock } = gateOf({ concurrencyMax: 1 });
    const signal = new AbortController().signal;
    const failed = gate.pass('trade', signal, () => Promise.reject(new Error('reset')));
    await expect(failed).rejects.toThrow('reset');
    expect(await gate.pass('trade', signal, async () => clock.now())).toBe(0);
  });
});
