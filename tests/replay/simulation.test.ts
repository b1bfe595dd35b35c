import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { Intake } from '../../src/replay/intake.ts';
import { noRecorder } from '../../src/replay/journal.ts';
import { Simulation } from '../../src/replay/simulation.ts';

/** A simulation whose questions are answered by whatever they are given, with the order and time of the answers. */
function open() {
  const clock = new TurnClock(1_000);
  const worldClock = new TurnClock(1_000);
  const answered: string[] = [];
  const intake = new Intake(
    clock,
    {
      ...noRecorder,
      input: (input) => {
        if (input.kind === 'answer') answered.push(`${input.atMs} ${JSON.stringify(input.answer)}`);
      },
    },
    () => undefined,
  );
  let parked = 0;
  const simulation = new Simulation({ clock, worldClock, intake, parking: [{ parked: () => parked }] });
  const ask = (run: () => Promise<unknown>): void => {
    const { call, answer } = intake.ask({ venue: 'v', method: 'observe', request: {} });
    answer.catch(() => undefined);
    simulation.startCall(call, run);
  };
  /** Holds a request back until the world's clock says so, and then takes some turns of the loop to answer. */
  const parkFor = (ms: number, turns: number, value: string) => async () => {
    parked += 1;
    await new Promise<void>((resolve) => worldClock.setTimeout(() => resolve(), ms));
    parked -= 1;
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    return value;
  };
  return { clock, worldClock, intake, simulation, answered, ask, parkFor };
}

describe('a simulation', () => {
  it('waits for a real network while time stands still', async () => {
    const server = createServer((_request, response) => response.end('"from the network"'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { clock, simulation, answered, ask } = open();
      ask(async () => {
        const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
        return response.json();
      });
      await simulation.quiesce();
      expect(answered).toEqual(['1000 {"value":"from the network"}']);
      expect(clock.now()).toBe(1_000);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('asks one venue at a time', async () => {
    const { simulation, ask } = open();
    const steps: string[] = [];
    for (const name of ['a', 'b']) {
      ask(async () => {
        steps.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`${name} ends`);
      });
    }
    await simulation.quiesce();
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('lets time pass while a request is held back, and only then', async () => {
    const { simulation, answered, ask, parkFor, clock } = open();
    ask(parkFor(4_000, 3, 'late'));
    ask(async () => 'prompt');
    await simulation.quiesce();
    expect([answered, clock.now()]).toEqual([['1000 {"value":"prompt"}'], 1_000]);
    await simulation.advanceTo(10_000);
    expect(answered).toEqual(['1000 {"value":"prompt"}', '5000 {"value":"late"}']);
  });

  it.each([
    [0, 9],
    [9, 0],
    [4, 5],
  ])(
    'takes answers in the order of the questions, whether networks take %d and %d turns',
    async (first, second) => {
      const { simulation, answered, ask, parkFor } = open();
      ask(parkFor(2_000, first, 'first'));
      ask(parkFor(2_000, second, 'second'));
      await simulation.advanceTo(5_000);
      expect(answered).toEqual(['3000 {"value":"first"}', '3000 {"value":"second"}']);
    },
  );

  it('tells the service of an adapter that throws, and goes on', async () => {
    const { simulation, answered, ask } = open();
    ask(() => Promise.reject(new Error('a bug of an adapter')));
    ask(async () => 'next');
    await simulation.quiesce();
    expect(answered).toEqual(['1000 {"thrown":"a bug of an adapter"}', '1000 {"value":"next"}']);
  });

  it('fails for whoever drives it when an input cannot be delivered', async () => {
    const { simulation, intake } = open();
    intake.submit({ kind: 'message', atMs: 1_000, message: 'nobody takes it' });
    await expect(simulation.advanceTo(5_000)).rejects.toThrow('once the service has started');
  });
});
