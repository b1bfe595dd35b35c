import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPortfolio } from '../../src/app/open-portfolio.ts';
import { TransferRefusedError } from '../../src/app/portfolio-api.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { registerTransfer } from '../../src/cli/transfer-command.ts';
import { registerTransfers } from '../../src/cli/transfers-command.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { type SolanaServer, startSolanaServer } from '../../src/exchanges/simulated/solana-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { USDC } from '../support/solana-chain.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { RECEIVER } from '../support/transfer-world.ts';
import { type RunInProcessOptions, runInProcess, type Started, startInProcess } from './command-line.ts';

const commands = [registerTransfer, registerTransfers, registerRun];

let folder: DatabaseFolder;
let server: SolanaServer;
let config: string;
const started: Started[] = [];
beforeEach(async () => {
  folder = new DatabaseFolder();
  server = await startSolanaServer({
    clock: systemClock,
    seed: 'cli',
    mints: [{ mint: USDC, symbol: 'USDC', decimals: 6, program: 'spl-token' }],
    balances: [
      { asset: 'SOL', amount: amount('10') },
      { asset: USDC, amount: amount('1000') },
    ],
    prices: { priceAt: () => amount('1') },
  });
  configure();
});
afterEach(async () => {
  for (const command of started.splice(0)) {
    command.stop();
    await command.ended;
  }
  await server.close();
  await folder.clean();
});

function configure(changes: object = {}): void {
  config = folder.path('trueup.json');
  const { rpcUrl, secondRpcUrl, swapUrl } = server.urls;
  const solana = {
    id: 'sol',
    kind: 'solana',
    opening: 'auto',
    rpcUrls: [rpcUrl, secondRpcUrl],
    swapUrl,
    credentials: { secretKey: server.secretKey },
    custody: 'full',
    transfersTo: [RECEIVER],
    scope: { owner: server.owner },
    ...changes,
  };
  const reconciliation = { quietWindowSeconds: 0, timeoutSeconds: 5 };
  writeFileSync(config, JSON.stringify({ database: 'book.sqlite', venues: [solana], reconciliation }));
}

const run = (words: string, options: RunInProcessOptions = {}) =>
  runInProcess(wordsOf(words), { commands, ...options });
const wordsOf = (words: string): string[] =>
  words.split(' ').map((word) => (word === 'CONFIG' ? config : word === 'RECEIVER' ? RECEIVER : word));
const transfer = (words: string, options: RunInProcessOptions = {}) =>
  run(`transfer --config CONFIG --venue sol --to RECEIVER ${words}`, options);
const documentOf = ({ out }: { readonly out: string }) => JSON.parse(out);
const held = (asset: string) => server.balances().find((each) => each.asset === asset)?.total;

describe('trueup transfer', () => {
  it('shows what it would do, and sends nothing', async () => {
    const tried = await transfer('--asset USDC --amount 250.5');
    expect(tried).toMatchObject({ exitCode: 0, err: '' });
    expect(tried.out).toContain(`250.5 USDC from sol to ${RECEIVER}: could be sent; nothing was`);
    expect(tried.out).toMatch(/arrives 250\.5 USDC, costs 0\.00204503 SOL/);
    const asJson = documentOf(await transfer('--asset SOL --amount 2 --json'));
    expect(asJson).toEqual({
      transferId: expect.stringMatching(/^[0-9a-f]{16}$/),
      venue: 'sol',
      asset: 'SOL',
      amount: '2',
      to: RECEIVER,
      live: false,
      state: 'couldBeSent',
      arrives: '2',
      fee: { asset: 'SOL', amount: '0.000005005' },
    });
    expect([held('SOL'), held(USDC)]).toEqual(['10', '1000']);
    const denied = await transfer('--asset SOL --amount 20');
    expect(denied).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('deniedLocally: 20 SOL is more'),
    });
    server.inject({ fault: { kind: 'serverError', status: 503 }, endpoint: 'RPC', count: 100 });
    expect(await transfer('--asset SOL --amount 2')).toMatchObject({ exitCode: 3 });
  });

  it('asks for the amount before it sends, and sends once however often it is typed', async () => {
    const words = '--asset USDC --amount 250.5 --live';
    expect(await transfer(words)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('expected --yes'),
    });
    expect(await transfer(words, { typed: ['yes'] })).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('nothing was sent'),
    });
    expect(held(USDC)).toBe('1000');
    const sent = await transfer(words, { typed: ['250.5 USDC'] });
    expect(sent).toMatchObject({ exitCode: 0, out: expect.stringContaining(': confirmed') });
    expect(held(USDC)).toBe('749.5');
    const again = documentOf(await transfer(`${words} --yes --json`));
    expect(again).toMatchObject({ live: true, outcome: 'confirmed', arrives: '250.5' });
    expect(held(USDC)).toBe('749.5');
    expect(sent.out).toContain(again.reference);
    const other = await transfer(`--asset USDC --amount 3 --live --yes --id ${again.transferId}`);
    expect(other).toMatchObject({ exitCode: 1, err: expect.stringContaining('is another transfer') });
    const listed = documentOf(await run('transfers --config CONFIG --json'));
    expect(listed.transfers).toMatchObject([
      { transferId: again.transferId, status: 'confirmed', amount: '250.5', reference: again.reference },
    ]);
    expect(JSON.stringify(listed)).not.toContain('payload');
    expect((await run('transfers --config CONFIG')).out).toContain('confirmed');
  }, 60_000);

  it('is done by the service that owns the book, which denies it in paper mode', async () => {
    for (const [mode, outcome, exitCode] of [
      ['paper', 'deniedLocally', 1],
      ['live', 'confirmed', 0],
    ] as const) {
      const service = startInProcess(wordsOf(`run --config CONFIG --mode ${mode} --yes`), { commands });
      started.push(service);
      await service.said('running in');
      const done = await transfer(`--asset SOL --amount 2 --live --yes --json`);
      expect([documentOf(done).outcome, done.exitCode]).toEqual([outcome, exitCode]);
      service.stop();
      await service.ended;
    }
    expect(held('SOL')).toBe('7.999994995');
  }, 60_000);

  it('says what is wrong with what was typed', async () => {
    configure();
    for (const [words, message] of [
      ['--asset SOL --amount much', '--amount: expected a decimal number, found "much"'],
      ['--asset GOLD --amount 1', '--asset: expected SOL, a known symbol or a mint, found "GOLD"'],
      ['--asset SOL --amount 1 --to-venue cb', '--venue: expected "sol", found "cb"'],
      ['--asset SOL --amount 1 --to-venue sol', '--to-venue: expected another venue than --venue'],
    ] as const)
      expect(await transfer(words)).toMatchObject({ exitCode: 2, err: expect.stringContaining(message) });
    expect(await run('transfers --config CONFIG')).toMatchObject({ exitCode: 1 });
  });
});

describe('a portfolio', () => {
  it('resolves with what became of a transfer, refuses another under its id, and names what is none', async () => {
    const portfolio = await openPortfolio({
      configurationFile: config,
      environment: {},
      mode: 'live',
      onProblem: () => undefined,
    });
    try {
      const wanted = { transferId: 't-1', venue: 'sol', asset: 'SOL', amount: '1.50', to: RECEIVER };
      const [first, same] = await Promise.all([portfolio.transfer(wanted), portfolio.transfer(wanted)]);
      expect(first).toMatchObject({ transferId: 't-1', outcome: 'confirmed', arrives: '1.5', reason: '' });
      expect(same).toEqual(first);
      await expect(portfolio.transfer({ ...wanted, amount: '2' })).rejects.toThrow(TransferRefusedError);
      await expect(portfolio.transfer({ ...wanted, amount: 'much' })).rejects.toThrow(
        'amount: expected a decimal number',
      );
      await expect(portfolio.transfer({ ...wanted, venue: 'cb' })).rejects.toThrow(
        'expected one of sol, found cb',
      );
      await expect(portfolio.transfer({ ...wanted, toVenue: 'sol' })).rejects.toThrow(
        'a venue other than sol',
      );
      expect(held('SOL')).toBe('8.499994995');
    } finally {
      await portfolio.close();
    }
  }, 60_000);
});
