import { describe, expect, it } from '@jest/globals';
import { steadyTime } from '../../src/platform/steady-time.ts';

function machine() {
  const at = { wallMs: 1_000_000, elapsedMs: 50 };
  const now = steadyTime({ wallMs: () => at.wallMs, elapsedMs: () => at.elapsedMs });
  const pass = (ms: number): void => {
    at.wallMs += ms;
    at.elapsedMs += ms;
  };
  const set = (ms: number): void => {
    at.wallMs += ms;
  };
  return { now, pass, set };
}

describe('steady time', () => {
  it("follows the machine's clock, also when it is set forward", () => {
    const { now, pass, set } = machine();
    pass(10);
    expect(now()).toBe(1_000_010);
    set(3_600_000);
    expect(now()).toBe(4_600_010);
  });

  it("goes on at the same pace when the machine's clock is set back, until that has caught up", () => {
    const { now, pass, set } = machine();
    expect(now()).toBe(1_000_000);
    set(-100);
    expect(now()).toBe(1_000_000);
    pass(40);
    expect(now()).toBe(1_000_040);
    set(200);
    expect(now()).toBe(1_000_140);
  });

  it('loses no fraction of a millisecond while it is ahead', () => {
    const { now, pass, set } = machine();
    now();
    set(-100);
    for (let step = 0; step < 10; step += 1) {
      pass(0.5);
      now();
    }
    expect(now()).toBe(1_000_005);
  });
});
