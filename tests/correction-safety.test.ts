import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { openDatabase } from '../db/database.ts';
import { performPortfolioWork } from '../src/app/portfolio/perform-portfolio-work.ts';
import { loadPortfolioState } from '../src/app/portfolio/portfolio-state.ts';
import { amount } from '../src/domain/money/amount.ts';
import { openPortfolio, type Portfolio } from '../src/index.ts';
import { servedCoinbase } from './support/served-coinbase.ts';
import { serviceSettings } from './support/service-settings.ts';

type World = Awaited<ReturnType<typeof servedCoinbase>>;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function rig(changes: Parameters<World['configuration']>[0] = {}) {
  const missing = { USD: 0, ETH: 0, fillsOf: '' };
  const world = await servedCoinbase({
    intercept: (answer, request) => {
      if (typeof answer.body !== 'string') return answer;
      const body = JSON.parse(answer.body || '{}');
      if (request.path.endsWith('/accounts'))
        for (const { currency, available_balance } of body.accounts ?? [])
          if (currency === 'USD' || currency === 'ETH')
            available_balance.value = String(Number(available_balance.value) - missing[currency as 'USD']);
      if (missing.fillsOf !== '') for (const fill of body.fills ?? []) fill.client_order_id = missing.fillsOf;
      return { ...answer, body: JSON.stringify(body) };
    },
  });
  ends.push(() => world.server.close());
  Object.assign(process.env, world.environment);
  const folder = mkdtempSync(join(tmpdir(), 'trueup-safety-'));
  ends.push(async () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'trueup.json');
  writeFileSync(file, JSON.stringify({ database: 'b.sqlite', ...world.configuration(changes) }));
  const open = async (): Promise<Portfolio> => {
    const portfolio = await openPortfolio({ configurationFile: file });
    ends.push(() => portfolio.close());
    return portfolio;
  };
  const portfolio = await open();
  await portfolio.reconcile();
  await portfolio.reconcile();
  const database = new SqliteDatabase(join(folder, 'b.sqlite'));
  ends.push(async () => database.close());
  const correction = (state: string) =>
    database.prepare('select id from correction where state = ? order by proposed_at_ms desc').get(state) as {
      id: string;
    };
  return { world, missing, portfolio, open, database, correction };
}

const order = (id: string, more: object = {}) =>
  ({
    type: 'portfolio.orderSubmitted',
    eventId: `s-${id}`,
    venue: 'cb',
    atMs: Date.now(),
    market: 'BTC-USD',
    base: 'BTC',
    quote: 'USD',
    side: 'buy',
    clientOrderId: id,
    quantity: '0.01',
    limitPrice: '40000',
    ...more,
  }) as never;
const moved = (type: string, more: object) =>
  ({
    type: `portfolio.${type}`,
    eventId: type,
    venue: 'cb',
    atMs: Date.now(),
    asset: 'USD',
    activityId: null,
    ...more,
  }) as never;
const propose = { venue: { policy: 'propose' } };
const usdOf = (p: Portfolio) => p.balances()[0]?.balances.find(({ asset }) => asset === 'USD');

/** Each of these was a way to a wrong book or to an open gate. */
describe('A correction, a gate and a decision', () => {
  it('keep a gate closed for a confirmed difference, whatever order rests', async () => {
    const { world, missing, portfolio } = await rig(propose);
    const resting = {
      clientOrderId: 'rest',
      market: 'BTC-USD',
      side: 'buy',
      quantity: amount('0.01'),
      limitPrice: amount('40000'),
      timeInForce: 'goodTilCancelled',
      reduceOnly: false,
    } as const;
    const { id } = world.venue.submit(resting);
    await portfolio.report(order('rest'));
    const hold = world.venue.balances().find(({ asset }) => asset === 'USD')?.hold;
    await portfolio.report({
      type: 'portfolio.orderAccepted',
      eventId: 'a',
      venue: 'cb',
      atMs: Date.now(),
      clientOrderId: 'rest',
      venueOrderId: id,
      hold: { asset: 'USD', amount: hold },
    } as never);
    missing.USD = 90;
    await portfolio.reconcile();
    expect(portfolio.isTradable('cb', 'USD')).toBe(false);
    await portfolio.reconcile();
    expect(portfolio.isTradable('cb', 'USD')).toBe(false);
  });

  it('keep a reduce-only venue closed over a restart, before its assets have prices', async () => {
    const { missing, portfolio, open } = await rig(propose);
    missing.ETH = 0.25;
    await portfolio.reconcile();
    expect(portfolio.gates()[0]).toMatchObject({ mode: 'reduceOnly' });
    await portfolio.close();
    const again = await open();
    await again.reports();
    expect(again.isTradable('cb', 'BTC')).toBe(false);
  });

  it('take the real report of a fill whose correction was reversed', async () => {
    const { world, missing, portfolio, correction } = await rig(propose);
    missing.fillsOf = 'o1';
    await portfolio.report(order('o1', { limitPrice: '60000' }));
    world.venue.submit({
      clientOrderId: 'o1',
      market: 'BTC-USD',
      side: 'buy',
      quantity: amount('0.01'),
      limitPrice: amount('60000'),
      timeInForce: 'immediateOrCancel',
      reduceOnly: false,
    });
    await portfolio.reconcile();
    const { id } = correction('proposed');
    await portfolio.decide({ kind: 'approveCorrection', correctionId: id });
    await portfolio.decide({ kind: 'reverseCorrection', correctionId: id });
    const [fill] = world.venue.fills();
    const { atMs, quantity, price, quoteAmount, fee, id: fillId } = fill as NonNullable<typeof fill>;
    const outcome = await portfolio.report({
      type: 'portfolio.fillReported',
      eventId: 'late',
      venue: 'cb',
      atMs,
      market: 'BTC-USD',
      base: 'BTC',
      quote: 'USD',
      side: 'buy',
      fillId,
      clientOrderId: 'o1',
      quantity,
      price,
      quoteAmount,
      fee,
    } as never);
    expect(outcome.status).toBe('posted');
  });

  it('answer who reverses a correction that a real report has replaced', async () => {
    const { world, portfolio, correction } = await rig(propose);
    const { id: activityId, atMs } = world.venue.deposit('USD', amount('500'));
    await portfolio.reconcile();
    const { id } = correction('proposed');
    await portfolio.decide({ kind: 'approveCorrection', correctionId: id });
    await portfolio.report(moved('depositReported', { amount: '500', activityId, atMs }));
    await expect(portfolio.decide({ kind: 'reverseCorrection', correctionId: id })).resolves.toMatchObject({
      status: 'done',
    });
    expect(usdOf(portfolio)?.total).toBe('3500');
  });

  it('answer who approves what the book has under the same id of the venue', async () => {
    const { world, portfolio, correction } = await rig(propose);
    const { id: activityId } = world.venue.deposit('USD', amount('500'));
    await portfolio.reconcile();
    const { id } = correction('proposed');
    await portfolio.report(moved('depositReported', { asset: 'ETH', amount: '1', activityId }));
    await expect(portfolio.decide({ kind: 'approveCorrection', correctionId: id })).resolves.toMatchObject({
      status: 'refused',
    });
  });

  it('do not apply by themselves what a person has just reversed', async () => {
    const { world, portfolio, correction, database } = await rig({ venue: { policy: 'auto' } });
    world.venue.deposit('USD', amount('9'));
    await portfolio.reconcile();
    await portfolio.decide({ kind: 'reverseCorrection', correctionId: correction('applied').id });
    expect(portfolio.isTradable('cb', 'USD')).toBe(false);
    await portfolio.reconcile();
    expect(database.prepare("select count(*) n from correction where state = 'applied'").get()).toEqual({
      n: 0,
    });
    expect(correction('proposed').id).not.toBe('');
  });

  it('do not explain a loss by a record that the book has already under no id', async () => {
    const { world, missing, portfolio, database } = await rig({
      venue: { policy: 'auto' },
      reconciliation: { thresholdUsd: '2' },
    });
    world.venue.withdraw('USD', amount('7'));
    await portfolio.report(moved('withdrawalReported', { amount: '7', fee: null }));
    await portfolio.reconcile();
    missing.USD = 7;
    await portfolio.reconcile();
    expect(database.prepare("select count(*) n from correction where state = 'applied'").get()).toEqual({
      n: 0,
    });
  });

  it('post nothing of a proposal whose row was edited', async () => {
    const { world, portfolio, correction, database } = await rig(propose);
    world.venue.deposit('USD', amount('500'));
    await portfolio.reconcile();
    const { id } = correction('proposed');
    database.prepare(`update correction set body = replace(body, '"500"', '"50000"') where id = ?`).run(id);
    await expect(portfolio.decide({ kind: 'approveCorrection', correctionId: id })).resolves.toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('not what the audit log has of it'),
    });
    expect(usdOf(portfolio)?.total).toBe('3000');
  });

  it('open with what two reads said and what the bot has reported since', async () => {
    const { world, portfolio } = await rig({ venue: { policy: 'propose', opening: 'confirm' } });
    const { id: activityId, atMs } = world.venue.deposit('USD', amount('500'));
    // A withdrawal does not open the venue.
    world.venue.withdraw('USD', amount('100'));
    const [withdrawal] = world.venue.transfers();
    expect(activityId).not.toBe(withdrawal?.id);
    await portfolio.report(
      moved('withdrawalReported', {
        amount: '100',
        fee: null,
        activityId: withdrawal?.id,
        atMs: withdrawal?.atMs ?? atMs,
      }),
    );
    await portfolio.decide({ kind: 'openVenue', venue: 'cb' });
    expect(usdOf(portfolio)?.total).toBe('2900');
  });

  it('refuse a decision that is none, and go on', async () => {
    const { portfolio } = await rig();
    await expect(
      portfolio.decide({ kind: 'addNote', text: 1, venue: null, on: null } as never),
    ).rejects.toThrow('decision.text: expected a text, found 1');
    await expect(portfolio.decide({ kind: 'openVenue', venue: 'cb' }, '' as never)).rejects.toThrow(
      'by: expected who decides',
    );
    await expect(portfolio.decide({ kind: 'sell' } as never)).rejects.toThrow('one of "openVenue"');
    await expect(portfolio.report(moved('depositReported', { amount: '1' }))).resolves.toMatchObject({
      status: 'posted',
    });
  });

  it('close the asset of every fill without an order, also of those that come together', async () => {
    const nowMs = 1_722_816_000_000;
    const database = await openDatabase(':memory:', { nowMs });
    ends.push(() => database.close());
    const settings = serviceSettings([{ venue: 'coinbase' }]);
    const state = await loadPortfolioState(database, ['coinbase'], nowMs);
    const work = (messages: readonly object[]) =>
      performPortfolioWork({ database, state, settings, now: () => nowMs }, messages as never);
    const said = { venue: 'coinbase', atMs: nowMs };
    await work([
      {
        ...said,
        type: 'portfolio.depositReported',
        eventId: 'd',
        asset: 'USD',
        amount: '1000',
        activityId: null,
      },
    ]);
    const fill = (base: string) => ({
      ...said,
      type: 'portfolio.fillReported',
      eventId: base,
      market: `${base}-USD`,
      base,
      quote: 'USD',
      side: 'buy',
      fillId: base,
      clientOrderId: base,
      quantity: '1',
      price: '10',
      quoteAmount: null,
      fee: { asset: 'USD', amount: '0' },
    });
    await work([fill('BTC'), fill('ETH')]);
    expect([...(state.venues.get('coinbase')?.unclaimed.keys() ?? [])]).toEqual(['BTC', 'ETH']);
  });
});
