import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openPortfolio } from '../../src/app/open-portfolio.ts';
import type { Portfolio } from '../../src/app/portfolio-api.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { coinbaseStream, type StreamConnection, serveStream, until } from '../support/stream-server.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A portfolio at a simulated Coinbase with a stream beside it, polled once an hour. */
async function start(streamUrl?: string) {
  const coinbase = await servedCoinbase();
  const script = coinbaseStream();
  const stream = await serveStream({ answer: script.answer });
  const folder = mkdtempSync(join(tmpdir(), 'trueup-stream-'));
  const journal = join(folder, 'journal.jsonl');
  const problems: string[] = [];
  const told: string[] = [];
  const portfolio: Portfolio = await openPortfolio({
    configuration: coinbase.configuration({ venue: { streamUrl: streamUrl ?? stream.url } }),
    environment: coinbase.environment,
    database: ':memory:',
    journal,
    onProblem: (problem) => problems.push(problem),
  });
  portfolio.on(
    'streamStateChanged',
    ({ venue, state, reason }) => void told.push(`${venue} ${state}: ${reason}`),
  );
  closing.push(
    () => rmSync(folder, { recursive: true }),
    () => coinbase.server.close(),
    stream.close,
    () => portfolio.close(),
  );
  const connection = async (count = 1): Promise<StreamConnection> => {
    await until(() => (stream.connections[count - 1]?.heard.length ?? 0) === 2, `subscription ${count}`);
    return stream.connections[count - 1] as StreamConnection;
  };
  return { ...coinbase, ...script, stream, portfolio, journal, problems, told, connection };
}

describe('a portfolio with a stream', () => {
  it('finds what the venue tells of long before the next poll', async () => {
    const { venue, portfolio, connection, update, told } = await start();
    const peer = await connection();
    await until(() => told.length === 1, 'a live stream');
    expect(told).toEqual(['cb live: subscribed']);
    const status = await portfolio.status();
    expect(status.runtime.venues).toMatchObject([{ venue: 'cb', stream: { state: 'live', isHeld: false } }]);
    await portfolio.reconcile();
    const found = new Promise((resolve) => portfolio.on('discrepancyChanged', resolve));
    venue.deposit('USD', amount('500'));
    update(peer);
    expect(await found).toMatchObject({ discrepancy: { venue: 'cb', asset: 'USD', delta: '500' } });
  });

  it('holds its gates while nobody knows what the stream has missed, and is streamed again', async () => {
    const { portfolio, connection, skip, update, told } = await start();
    const peer = await connection();
    await until(() => told.length === 1, 'a live stream');
    await portfolio.reconcile();
    const modes: string[] = [];
    portfolio.on('venueModeChanged', ({ mode, reason }) => void modes.push(`${mode}: ${reason}`));
    skip(peer);
    update(peer);
    await until(() => modes.length === 2, 'a hold and its end');
    expect(told[1]).toMatch(/^cb lost: messages were missed: \d follows \d on the connection/);
    expect(modes[0]).toMatch(
      /^reduceOnly: the stream was lost, and no read has begun since: messages were missed/,
    );
    expect(modes[1]).toBe('active: book and venue agree');
  });

  it('keeps no token of a subscription, in its journal or elsewhere', async () => {
    const { portfolio, connection, told, journal, problems } = await start();
    const peer = await connection();
    const tokens = peer.heard.map(({ jwt }) => String(jwt));
    expect(tokens.every((token) => token.startsWith('eyJ'))).toBe(true);
    // A venue that says back what it was sent.
    peer.say({ type: 'error', message: `no such token: ${tokens[0]}` });
    await until(() => told.length === 2, 'a lost stream');
    expect(told[1]).toBe('cb lost: refused: no such token: [secret]');
    await portfolio.close();
    const kept = [readFileSync(journal, 'utf8'), ...problems, ...told].join('\n');
    expect(kept).toContain('portfolio.streamChanged');
    for (const token of tokens) for (const part of token.split('.')) expect(kept).not.toContain(part);
  });

  it('is polled alone where the stream cannot be reached, and says so once', async () => {
    const { portfolio, told } = await start('ws://127.0.0.1:9');
    await until(() => told.length === 1, 'a stream that is not there');
    expect(told[0]).toMatch(/^cb lost: .*ECONNREFUSED/);
    // The first round opens the venue.
    await portfolio.reconcile();
    expect(await portfolio.reconcile()).toMatchObject([{ status: 'reconciled' }]);
    expect(portfolio.isTradable('cb', 'BTC')).toBe(true);
  });

  it('leaves no connection behind', async () => {
    const { portfolio, connection, stream } = await start();
    await connection();
    await portfolio.close();
    await until(() => stream.open() === 0, 'no connection');
  });
});
