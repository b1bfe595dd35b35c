import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenDatabase } from '../../db/database.ts';
import { readCashAccount } from '../../db/venue-cash-repository.ts';
import { keepReserved, takeReading } from '../../src/app/rebalancing/cash-accounts.ts';
import { type Amount, add, amount, subtract, ZERO } from '../../src/domain/money/amount.ts';
import { applyExecutionEvent } from '../../src/domain/rebalancing/apply-execution-event.ts';
import { IDLE_VIEW, nextActions } from '../../src/domain/rebalancing/execution-actions.ts';
import { startExecution } from '../../src/domain/rebalancing/execution-start.ts';
import { demoInput, planned } from '../domain/rebalancing/plan-fixtures.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const ACCOUNT = { venue: 'dydx', asset: 'USDC' };
const READ_AT_MS = Date.UTC(2025, 0, 2, 10, 59, 30);
/** 0.1 BTC at 94 990 and 0.5 ETH at 3 339, 5 % higher, at 1.5 %. */
const FUNDING_OPEN = '175.903875';

let folder: DatabaseFolder;
let database: OpenDatabase;
beforeEach(async () => {
  folder = new DatabaseFolder();
  database = await folder.memory();
});
afterEach(() => folder.clean());

const input = {
  ...demoInput,
  venues: demoInput.venues.filter(({ id }) => id === 'dydx'),
  targets: { BTC: 900_000, ETH: 100_000, CASH: 0 },
};

/** The account as the reading of a venue leaves it, and the first buy about to be intended. */
async function read(usdc: Amount) {
  const before = startExecution(planned(input), input);
  const reading = { venue: 'dydx', revision: 0, cashEvent: 0, confirmed: { USDC: usdc } };
  await takeReading(before, reading, { trx: database.db, atMs: READ_AT_MS });
  const action = nextActions(before, IDLE_VIEW).find(({ kind }) => kind === 'intend');
  if (action?.kind !== 'intend') throw new Error('expected a buy');
  const event = { ...action, type: 'legIntended' } as const;
  const execution = applyExecutionEvent(before, event);
  const { cashFloor } = before.venues[0] ?? { cashFloor: ZERO };
  const reserveAt = (atMs: number) => keepReserved({ before, execution, event }, { trx: database.db, atMs });
  return { cashFloor, reservation: action.reservation, reserveAt };
}

describe('the account of a venue with perpetuals', () => {
  it('keeps the worst funding of what is open above its floor, in the transaction that a buy is reserved in', async () => {
    const { cashFloor, reservation, reserveAt } = await read(amount('18000'));
    expect(await readCashAccount(database.db, ACCOUNT)).toMatchObject({
      floor: add(cashFloor, amount(FUNDING_OPEN)),
    });
    expect(await reserveAt(READ_AT_MS + 1_000)).toEqual({ state: 'committed' });
    expect(await readCashAccount(database.db, ACCOUNT)).toMatchObject({ reserved: reservation });
  });

  it('refuses a buy that would take of it', async () => {
    const whole = await read(amount('18000'));
    await folder.clean();
    folder = new DatabaseFolder();
    database = await folder.memory();
    const enough = add(add(whole.cashFloor, amount(FUNDING_OPEN)), whole.reservation);
    const { reserveAt } = await read(subtract(enough, amount('0.01')));
    expect(await reserveAt(READ_AT_MS + 1_000)).toMatchObject({ state: 'refused' });
  });

  it('reserves nothing by a reading before the last payment: the reserve is for one', async () => {
    const { reserveAt } = await read(amount('18000'));
    expect(await reserveAt(READ_AT_MS + 30_000)).toEqual({
      state: 'refused',
      reason:
        'funding of perpetual:BTC-USD has fallen due at dydx since it was read at 2025-01-02T10:59:30.000Z',
    });
    expect(await readCashAccount(database.db, ACCOUNT)).toMatchObject({ reserved: '0' });
  });
});
