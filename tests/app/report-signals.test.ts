import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPortfolio } from '../../src/app/open-portfolio.ts';
import { type Portfolio, PortfolioUnavailableError } from '../../src/app/portfolio-api.ts';
import { SignalError, type WrittenSignal } from '../../src/app/targeting/read-signals.ts';
import { realTimeConfiguration, realTimeExchange } from '../support/real-time-venue.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const SOURCES = [{ source: 'desk', asset: 'BTC' }];

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

const start = (aggregation: object = {}) =>
  openPortfolio({
    configuration: realTimeConfiguration({
      more: {
        targets: { BTC: '0.4', ETH: '0.2', CASH: '0.4' },
        method: { kind: 'signals', sources: SOURCES, reach: 1, ...aggregation },
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

it('a bot reports what several sources say, which leads to a plan once enough of them agree, also over a restart', async () => {
  await portfolio.close();
  const sources = [...SOURCES, { source: 'news', asset: 'BTC' }];
  const aggregated = {
    sources,
    aggregation: { minSources: 2, maxConflict: 0.5, limits: { BTC: { maxWeight: '0.5' } } },
  };
  portfolio = await start(aggregated);
  await portfolio.reports();
  await portfolio.reconcile();
  const weightOfBtc = async () => (await portfolio.plan()).weightsTarget.BTC;
  const at = Date.now() - 60_000;
  const history = [signal({ strength: 0.4, at }), signal({ strength: 0.6, at: at - 1 })];
  expect(await portfolio.reportSignals(history)).toMatchObject([{ status: 'kept' }, { status: 'kept' }]);
  expect(await weightOfBtc()).toBe('0.4');
  await portfolio.reportSignals([signal({ source: 'news', strength: 0.8, at })]);
  // Half of 0.4 and half of 0.8 short.
  expect(await weightOfBtc()).toBe('0.16');
  await portfolio.reportSignals([signal({ direction: 'long', at: at + 1 })]);
  expect(await weightOfBtc()).toBe('0.4');
  await portfolio.reportSignals([signal({ source: 'news', direction: 'long', strength: 1, at: at + 1 })]);
  expect(await weightOfBtc()).toBe('0.5');
  await portfolio.close();
  portfolio = await start(aggregated);
  await portfolio.reports();
  await portfolio.reconcile();
  expect(await weightOfBtc()).toBe('0.5');
});
