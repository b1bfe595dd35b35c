import { describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../db/database.ts';
import { performPortfolioWork } from '../../src/app/portfolio/perform-portfolio-work.ts';
import { loadPortfolioState } from '../../src/app/portfolio/portfolio-state.ts';
import { transfersUnderWay } from '../../src/app/portfolio/read-standing.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { serviceSettings } from '../support/service-settings.ts';

const NOW_MS = 1_722_816_000_000;
const SENT_AT_MS = NOW_MS - 60_000;

describe('a transfer in transit', () => {
  it('is known by when it left, also after a restart, so that its arrival can be told from new money', async () => {
    const database = await openDatabase(':memory:', { nowMs: NOW_MS });
    const settings = serviceSettings([{ venue: 'coinbase' }, { venue: 'solana', kind: 'solana' }]);
    const load = () => loadPortfolioState(database, ['coinbase', 'solana'], NOW_MS);
    const state = await load();
    const sent = {
      type: 'portfolio.transferSent',
      eventId: 'transfer-1:sent',
      venue: 'coinbase',
      atMs: SENT_AT_MS,
      transferId: 'transfer-1',
      toVenue: 'solana',
      asset: 'USDC',
      amount: amount('250'),
      fee: null,
    } as const;
    await performPortfolioWork({ database, state, settings, now: () => NOW_MS }, [sent]);
    const expected = [{ transferId: 'transfer-1', toVenue: 'solana', amount: '250', sentAtMs: SENT_AT_MS }];
    expect(transfersUnderWay(state)).toMatchObject(expected);
    expect(transfersUnderWay(await load())).toMatchObject(expected);
    await database.close();
  });
});
