import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openPortfolio } from '../../src/app/open-portfolio.ts';
import type { Portfolio } from '../../src/app/portfolio-api.ts';
import { settle } from '../../src/platform/turn-clock.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
let portfolio: Portfolio | null = null;
beforeEach(async () => {
  folder = new DatabaseFolder();
  world = await servedCoinbase();
});
afterEach(async () => {
  await portfolio?.close();
  await world.server.close();
  await folder.clean();
});

it("keeps to the rate limit of its venues: what it cannot ask yet waits, and does not reach the venue's door", async () => {
  // A latency of nothing changes nothing, and the server counts whom it meets.
  world.server.inject({ fault: { kind: 'latency', delayMs: 0 }, endpoint: 'GET', count: 1_000 });
  const arrived = () => world.server.faultsMet().find(({ endpoint }) => endpoint === 'GET')?.met ?? 0;
  portfolio = await openPortfolio({
    configuration: world.configuration({ venue: { requestsPerSecond: 0.1 } }),
    database: folder.path(),
    environment: world.environment,
    onProblem: () => undefined,
  });
  const requests = async () => (await portfolio?.status())?.runtime.venues[0]?.requests;
  while ((await requests())?.waiting !== 1) await settle();
  // The one request that may go out in ten seconds has told what the key may do.
  expect(arrived()).toBe(1);
  expect(await requests()).toMatchObject({ underWay: 0, waiting: 1 });
});
