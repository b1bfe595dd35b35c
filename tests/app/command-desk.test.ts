import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findCommandAnswer, requestCommand } from '../../db/command-repository.ts';
import type { OpenDatabase } from '../../db/database.ts';
import { COMMAND_AGE_MAX_MS, COMMAND_POLL_MS, CommandDesk } from '../../src/app/command-desk.ts';
import type { Portfolio } from '../../src/app/portfolio-api.ts';
import { settle, TurnClock } from '../../src/platform/turn-clock.ts';
import { NOW_MS } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
let database: OpenDatabase;
let clock: TurnClock;
let desk: CommandDesk;
const calls: unknown[] = [];
const problems: string[] = [];
let answerRound: () => void = () => {};

/** What the desk uses of a portfolio; a round ends when the test says so. */
const portfolio = {
  decide: async (...given: unknown[]) => {
    calls.push(given);
    return { status: 'refused', reason: 'it is applied already' };
  },
  reconcile: (venue?: string) => {
    calls.push(['reconcile', venue]);
    return new Promise((resolve) => {
      answerRound = () => resolve([]);
    });
  },
} as unknown as Portfolio;

beforeEach(async () => {
  folder = new DatabaseFolder();
  database = await folder.file();
  clock = new TurnClock(NOW_MS);
  calls.length = 0;
  problems.length = 0;
  desk = new CommandDesk({ portfolio, database, clock, onProblem: (problem) => void problems.push(problem) });
  desk.start();
});
afterEach(async () => {
  await desk.stop();
  await folder.clean();
});

const leave = (kind: string, body: unknown, requestedAtMs = NOW_MS) =>
  requestCommand(database.db, { id: kind, kind, body, requestedAtMs });
const answerTo = (id: string) => findCommandAnswer(database.db, id);
const look = () => clock.moveTo(clock.now() + COMMAND_POLL_MS);

describe('commands of other processes', () => {
  it('are done in the name of whoever left them, and answered', async () => {
    await leave('approveCorrection', { correctionId: 'c-1', by: 'person:me' });
    await look();
    expect(calls).toEqual([[{ kind: 'approveCorrection', correctionId: 'c-1' }, 'person:me']]);
    expect(await answerTo('approveCorrection')).toMatchObject({
      state: 'answered',
      answer: { status: 'refused', reason: 'it is applied already' },
    });
  });

  it('are done once, however long they take', async () => {
    await leave('reconcile', { venue: null });
    await look();
    await look();
    expect(calls).toEqual([['reconcile', undefined]]);
    expect(await answerTo('reconcile')).toEqual({ state: 'requested' });
    answerRound();
    await settle();
    expect(await answerTo('reconcile')).toMatchObject({ answer: { status: 'done', result: [] } });
  });

  it.each([
    ['of a kind that nobody knows', 'sellEverything', {}, 'expected a known command, found sellEverything'],
    ['without what its kind needs', 'approveCorrection', { by: 'person:me' }, 'correctionId'],
    ["in nobody's name", 'openVenue', { venue: 'coinbase' }, 'by'],
  ])('are refused when one is %s', async (_name, kind, body, reason) => {
    await leave(kind, body);
    await look();
    expect(await answerTo(kind)).toMatchObject({
      answer: { status: 'refused', reason: expect.stringContaining(reason) },
    });
    expect(calls).toEqual([]);
  });

  it('are refused when they have waited for longer than anybody waits for an answer', async () => {
    await leave('approveCorrection', { correctionId: 'c-1', by: 'person:me' }, NOW_MS - COMMAND_AGE_MAX_MS);
    await look();
    expect(await answerTo('approveCorrection')).toMatchObject({
      answer: { reason: 'it waited for too long' },
    });
    expect(calls).toEqual([]);
  });

  it('are left for the next owner when this one ends', async () => {
    await leave('reconcile', { venue: null });
    await look();
    await desk.stop();
    answerRound();
    await settle();
    expect(await answerTo('reconcile')).toEqual({ state: 'requested' });
    expect({ problems, next: clock.nextDueAtMs() }).toEqual({ problems: [], next: null });
  });
});
