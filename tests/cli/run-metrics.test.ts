import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registerReconcile } from '../../src/cli/reconcile-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { parseExposition } from '../support/parse-exposition.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { runInProcess, type Started, startInProcess } from './command-line.ts';

const commands = [registerRun, registerReconcile];
const ADDRESS = /^metrics at (http:\/\/\S+)$/m;

let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
let config: string;
const started: Started[] = [];
const others: Server[] = [];

beforeEach(async () => {
  folder = new DatabaseFolder();
  world = await servedCoinbase();
  configure();
});
afterEach(async () => {
  for (const server of others.splice(0)) await new Promise((resolve) => server.close(resolve));
  for (const command of started.splice(0)) {
    command.stop();
    await command.ended;
  }
  await world.server.close();
  await folder.clean();
});

function configure(more: object = {}): void {
  config = folder.path('trueup.json');
  writeFileSync(config, JSON.stringify({ database: 'book.sqlite', ...world.configuration({ more }) }));
}

const options = () => ({ commands, environment: world.environment });
const run = (words: string) => runInProcess(words.replace('CONFIG', config).split(' '), options());

async function startRun(words: string): Promise<Started> {
  const command = startInProcess(words.replace('CONFIG', config).split(' '), options());
  started.push(command);
  await command.said('running in');
  return command;
}

/** A port that another server listens at. */
async function usedPort(): Promise<number> {
  const server = createServer();
  others.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('trueup run --metrics-port', () => {
  it('says where it serves metrics on stderr, and serves nothing once it has ended', async () => {
    const service = await startRun('run --config CONFIG --metrics-port 0');
    await service.said('cb opened by policy');
    service.stop();
    const { err, exitCode } = await service.ended;
    expect(exitCode).toBe(0);
    const [, url = ''] = ADDRESS.exec(err) ?? [];
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('counts before the configuration, whose host stays', async () => {
    configure({ metrics: { port: 1, host: '127.0.0.2' } });
    const { err } = await run('run --config CONFIG --once --metrics-port 0');
    expect(err).toMatch(/^metrics at http:\/\/127\.0\.0\.2:\d+\/metrics$/m);
  });

  it.each(['x', '-1', '65536', '1.5', ''])('refuses %j with exit code 2', async (port) => {
    const ended = await runInProcess(['run', '--config', config, '--metrics-port', port], options());
    expect(ended.exitCode).toBe(2);
    expect(ended.err).toContain(
      `--metrics-port: expected a whole number between 0 and 65535, found ${JSON.stringify(port)}`,
    );
  });

  it('ends the command where the port is in use, before anything is started', async () => {
    const port = await usedPort();
    const ended = await run(`run --config CONFIG --once --metrics-port ${port}`);
    expect(ended).toMatchObject({
      exitCode: 1,
      err: `trueup: metrics.port: expected a free port of 127.0.0.1, found ${port}, which is in use\n`,
    });
  });

  it('takes no port for a command that ends by itself', async () => {
    configure({ metrics: { port: await usedPort() } });
    expect((await run('run --config CONFIG --once')).exitCode).toBe(1);
    expect((await run('reconcile --config CONFIG')).exitCode).not.toBe(1);
  });
});

describe('the program', () => {
  it('serves metrics while it runs, and ends in order on a signal', async () => {
    const words = ['src/cli/main.ts', 'run', '--config', config, '--metrics-port', '0'];
    const child = spawn(process.execPath, ['--import', 'tsx', ...words], {
      env: { PATH: process.env.PATH, ...world.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    let err = '';
    const url = await new Promise<string>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
        const [, found] = ADDRESS.exec(err) ?? [];
        if (found !== undefined && err.includes('running in')) resolve(found);
      });
      child.on('close', () => reject(new Error(`ended: ${err}`)));
    });
    const families = parseExposition(await (await fetch(url)).text());
    expect(families.get('trueup_build_info')?.samples).toMatchObject([
      { labels: { version: expect.stringMatching(/^\d+\.\d+\.\d+/), node: process.versions.node }, value: 1 },
    ]);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  }, 30_000);
});
