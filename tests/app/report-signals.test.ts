import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPortfolio } from '../../src/app/open-portfolio.ts';
import { type Portfolio, PortfolioUnavailableError } from '../../src/app/portfolio-api.ts';
import { SignalError, type WrittenSignal } from '../../src/app/targeting/read-signals.ts';
import { realTimeConfiguration, realTimeExchange } from '../support/real-time-venue.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
let portfolio: Portfolio;

beforeEach(async () => {
  folder = new DatabaseFolder();
  portfolio = await start();
});
afterEach(async () => {
  await portfolio.close();
  await folder.clean();
});

const start = () =>
  openPortfolio({
    configuration: realTimeConfiguration({
      more: {
        targets: { BTC: '0.4', ETH: '0.2', CASH: '0.4' },
        method: { kind: 'signals', sources: [{ source: 'desk', asset: 'BTC' }], reach: 1 },
      },
    }),
    database: folder.path(),
    exchanges: { coinbase: realTimeExchange().exchange },
    environment: {},
    onProblem: () => undefined,
  });

const signal = (changes: Partial<WrittenSignal> = {}): WrittenSignal => {
  const at = Date.now();
  return {
    source: 'desk',
    asset: 'BTC',
    direction: 'short',
    strength: 0.5,
    confidence: 1,
    at,
    expiresAt: at + 3_600_000,
    ...changes,
  };
};

const orders = async (): Promise<readonly string[]> =>
  (await portfolio.plan()).orders.map(({ side, asset }) => `${side} ${asset}`);

it('a bot reports what a source says, and hears what became of it; plans follow it, also over a restart', async () => {
  await portfolio.reports();
  await portfolio.reconcile();
  // 0.1 BTC of 9000, 1 ETH of 3000 and 3000 USD: BTC weighs more than 0.4, and ETH is as wanted.
  const told = signal();
  expect(await portfolio.reportSignals([told, signal({ source: 'stranger' })])).toMatchObject([
    { source: 'desk', asset: 'BTC', status: 'kept', reason: '' },
    { source: 'stranger', status: 'refused', reason: expect.stringContaining('found stranger on BTC') },
  ]);
  expect(await portfolio.reportSignals([told])).toMatchObject([{ status: 'repeated' }]);
  await expect(portfolio.reportSignals([signal({ strength: 2 })])).rejects.toBeInstanceOf(SignalError);
  expect(await orders()).toContain('sell BTC');
  await portfolio.close();
  await expect(portfolio.reportSignals([told])).rejects.toBeInstanceOf(PortfolioUnavailableError);
  portfolio = await start();
  expect(await portfolio.reportSignals([told])).toMatchObject([{ status: 'repeated' }]);
});
