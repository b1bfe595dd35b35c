import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registerConfig } from '../../src/cli/config-command.ts';
import { registerReconcile } from '../../src/cli/reconcile-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { type Ended, runInProcess, type Started, startInProcess } from './command-line.ts';

const commands = [registerConfig, registerRun, registerReconcile];
type Environment = Readonly<Record<string, string>>;

let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
let config: string;
const started: Started[] = [];

beforeEach(async () => {
  folder = new DatabaseFolder();
  world = await servedCoinbase();
  configure();
});
afterEach(async () => {
  for (const command of started.splice(0)) {
    command.stop();
    await command.ended;
  }
  await world.server.close();
  await folder.clean();
});

function configure(reconciliation: object = {}): void {
  config = folder.path('trueup.json');
  const document = world.configuration({ venue: { policy: 'propose' }, reconciliation });
  writeFileSync(config, JSON.stringify({ database: 'book.sqlite', ...document }));
}

const wordsOf = (words: string): string[] => words.replace('CONFIG', config).split(' ');

const run = (words: string, environment: Environment = {}): Promise<Ended> =>
  runInProcess(wordsOf(words), { commands, environment: { ...world.environment, ...environment } });

async function inForce(words: string, environment: Environment = {}) {
  const { exitCode, out } = await run(`config check CONFIG --json ${words}`.trim(), environment);
  expect(exitCode).toBe(0);
  const { reconciliation } = JSON.parse(out) as {
    reconciliation: { key: string; value: unknown; source: { from: string; name?: string } }[];
  };
  return (key: string) => {
    const { value, source } = reconciliation.find((each) => each.key === key)!;
    return [value, source.from, ...(source.name === undefined ? [] : [source.name])];
  };
}

/** Every flag with a value that neither the file, nor the environment, nor the defaults have. */
const EVERY_FLAG = [
  ['enabled', '--enabled no', false],
  ['intervalSeconds', '--interval-seconds 77', 77],
  ['timeoutSeconds', '--timeout-seconds 7.5', 7.5],
  ['retryCount', '--retry-count 3', 3],
  ['thresholdUsd', '--threshold-usd 12.5', '12.5'],
  ['thresholdPercentage', '--threshold-percentage 0.01', '0.01'],
] as const;

describe('what is in force', () => {
  it('comes from the default, the file, the environment and the flag, the later before the earlier', async () => {
    configure({ thresholdUsd: '20', thresholdPercentage: '0.02', autoCorrect: { maxUsd: '9' } });
    const environment = { RECONCILIATION_THRESHOLD_USD: '30', RECONCILIATION_THRESHOLD_PERCENTAGE: '0.03' };
    const of = await inForce('--threshold-usd 40', environment);
    expect(of('combine')).toEqual(['or', 'default']);
    expect(of('retryCount')).toEqual([0, 'file']);
    expect(of('autoCorrect.maxUsd')).toEqual(['9', 'file']);
    expect(of('autoCorrect.maxPerAssetPerDay')).toEqual([3, 'default']);
    expect(of('thresholdPercentage')).toEqual(['0.03', 'environment', 'RECONCILIATION_THRESHOLD_PERCENTAGE']);
    expect(of('thresholdUsd')).toEqual(['40', 'flag', '--threshold-usd']);
  });

  it.each(EVERY_FLAG)('of %s is what %s says', async (key, words, value) => {
    const of = await inForce(words);
    expect(of(key)).toEqual([value, 'flag', words.split(' ')[0]]);
  });

  it('names the alias that said it, in the units of the file', async () => {
    const of = await inForce('', {
      RECONCILIATION_TIMEOUT_MILLISECONDS: '1500',
      RECONCILIATION_MAX_RETRIES: '4',
    });
    expect(of('timeoutSeconds')).toEqual([1.5, 'environment', 'RECONCILIATION_TIMEOUT_MILLISECONDS']);
    expect(of('retryCount')).toEqual([4, 'environment', 'RECONCILIATION_MAX_RETRIES']);
  });

  it('is a table for people', async () => {
    const { out } = await run('config check CONFIG --interval-seconds 77');
    expect(out).toMatch(/^Reconciliation +In force +From$/m);
    expect(out).toMatch(/^intervalSeconds +77 +--interval-seconds$/m);
    expect(out).toMatch(/^retryCount +0 +file$/m);
    expect(out).toMatch(/^confirmations +2 +default$/m);
  });
});

const COMMANDS = ['run --config CONFIG --once', 'reconcile --config CONFIG', 'config check CONFIG'];

describe.each(COMMANDS)('trueup %s', (words) => {
  it.each([
    ['--enabled maybe', 'true or false'],
    ['--interval-seconds 0', 'a number of seconds between 1 and 86400'],
    ['--timeout-seconds soon', 'a number of seconds between 0.05 and 600'],
    ['--retry-count 21', 'a whole number between 0 and 20'],
    ['--threshold-usd -1', 'a decimal number as text that is not negative, such as "10"'],
    ['--threshold-percentage 60', 'a fraction between 0 and 1 as text, such as "0.001"'],
  ])('names %s as what is wrong', async (flag, expected) => {
    const [name, value] = flag.split(' ');
    const ended = await run(`${words} ${flag}`);
    expect(ended.exitCode).toBe(2);
    expect(ended.err).toContain(`${name}: expected ${expected}, found ${JSON.stringify(value)}`);
  });

  it('refuses two names that disagree, also where a flag decides', async () => {
    const ended = await run(`${words} --timeout-seconds 3`, {
      RECONCILIATION_TIMEOUT_SECONDS: '2',
      RECONCILIATION_TIMEOUT_MILLISECONDS: '3000',
    });
    expect(ended.exitCode).toBe(2);
    expect(ended.err).toContain(
      'RECONCILIATION_TIMEOUT_MILLISECONDS: expected the same as RECONCILIATION_TIMEOUT_SECONDS, which is "2", found "3000"',
    );
  });
});

describe('a threshold', () => {
  // 500 USD beside 3000: 16.7 %, which is material by default.
  const LAX = '--threshold-usd 1000 --threshold-percentage 0.5';

  it.each(['run --config CONFIG --once', 'reconcile --config CONFIG'])(
    'from a flag decides what "trueup %s" finds',
    async (words) => {
      await run('reconcile --config CONFIG');
      world.venue.deposit('USD', amount('500'));
      expect((await run(`${words} ${LAX}`)).exitCode).toBe(0);
      expect((await run(words)).exitCode).toBe(4);
    },
  );

  it('from a flag counts before the environment, and that before the file', async () => {
    configure({ thresholdUsd: '1000', thresholdPercentage: '0.5' });
    await run('reconcile --config CONFIG');
    world.venue.deposit('USD', amount('500'));
    expect((await run('reconcile --config CONFIG')).exitCode).toBe(0);
    const strict = { RECONCILIATION_THRESHOLD_USD: '10' };
    expect((await run('reconcile --config CONFIG --threshold-usd 1000', strict)).exitCode).toBe(0);
    expect((await run('reconcile --config CONFIG', strict)).exitCode).toBe(4);
  });

  it('from a flag is refused where a running owner would reconcile under its own', async () => {
    const service = startInProcess(wordsOf('run --config CONFIG'), {
      commands,
      environment: world.environment,
    });
    started.push(service);
    await service.said('running in');
    const ended = await run(`reconcile --config CONFIG ${LAX}`);
    expect(ended.exitCode).toBe(2);
    expect(ended.err).toContain(
      `--threshold-usd, --threshold-percentage: expected no owner of the book, found process ${process.pid}`,
    );
    expect((await run('reconcile --config CONFIG')).exitCode).not.toBe(2);
  });
});
