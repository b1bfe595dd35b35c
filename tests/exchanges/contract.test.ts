import { describe, expect, it } from '@jest/globals';
import { certify, type Known, type Snapshot } from '../../src/domain/venue/observation.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import { type AdapterUnderTest, PLAIN, runContract } from './contract.ts';
import { ADAPTERS, VARIANTS } from './contract-adapters.ts';
import { inProcessUnderTest } from './contract-in-process.ts';
import { readCases } from './contract-reads.ts';

describe('the contract', () => {
  it.each(ADAPTERS)('is kept by $adapter, but for what is known', async (under) => {
    const { cases, failures } = await runContract(under, 'short');
    expect(failures.filter(({ known }) => known === null)).toEqual([]);
    for (const { name, known } of failures)
      process.stderr.write(`KNOWN ${under.adapter}: ${name}: ${known}\n`);
    expect(cases).toBeGreaterThan(30);
  });

  it.each(VARIANTS)('is kept by snapshots of $adapter', async (under) => {
    const rig = await under.open(PLAIN);
    try {
      const cases = [...readCases(under, rig, 'all')].filter(({ name }) => name.startsWith('observe,'));
      expect(cases.length).toBeGreaterThan(20);
      for (const { name, run } of cases) expect([name, await run()]).toEqual([name, null]);
    } finally {
      await rig.close();
    }
  });
});

/** The simulated exchange with a defect. */
const withDefect = (change: (exchange: Exchange) => Partial<Exchange>): AdapterUnderTest => ({
  ...inProcessUnderTest,
  async open(setting) {
    const rig = await inProcessUnderTest.open(setting);
    return { ...rig, exchange: { ...rig.exchange, ...change(rig.exchange) } };
  },
});

const failing = async (under: AdapterUnderTest): Promise<readonly string[]> =>
  (await runContract(under)).failures.map(({ name }) => name);

/** What it says, with another value. */
const recertified = (read: Known<Snapshot>, value: Snapshot) =>
  certify(value, { ...read.certificate, complete: true });

describe('an adapter breaks the contract', () => {
  it('where it takes silence for an empty account', async () => {
    const defect = withDefect((exchange) => ({
      async observe(request, signal) {
        const read = await exchange.observe(request, signal);
        if (read.state === 'known') return read;
        const good = await exchange.observe(request, new AbortController().signal);
        if (good.state === 'unknown') return good;
        return recertified(good, { ...good.value, balances: [], fills: [] });
      },
    }));
    expect(await failing(defect)).toEqual(
      expect.arrayContaining([
        'observe, rateLimited',
        'observe, serverError',
        'observe, hang',
        'observe, reset',
      ]),
    );
  });

  it('where it leaves a balance or a fill out', async () => {
    const without = (part: 'balances' | 'fills') =>
      withDefect((exchange) => ({
        async observe(request, signal) {
          const read = await exchange.observe(request, signal);
          if (read.state === 'unknown') return read;
          return recertified(read, { ...read.value, [part]: read.value[part].slice(1) });
        },
      }));
    expect(await failing(without('balances'))).toContain('observe, ok');
    expect(await failing(without('balances'))).toContain('observe, 100 balances');
    expect(await failing(without('fills'))).toContain('observe, ok');
  });

  it('where it leaves out something that was moved, or takes it of another account', async () => {
    const less = withDefect((exchange) => ({
      async readActivity(request, signal) {
        const read = await exchange.readActivity(request, signal);
        if (read.state === 'unknown') return read;
        return certify(read.value.slice(1), { ...read.certificate, complete: true });
      },
    }));
    expect(await failing(less)).toEqual(
      expect.arrayContaining(['readActivity, 1 deposits', 'readActivity, 100 deposits']),
    );
    const foreign = { ...inProcessUnderTest, namesAccount: true };
    expect(await failing(foreign)).toEqual(
      expect.arrayContaining(['observe, wrong account', 'readActivity, wrong account']),
    );
  });

  it('where it changes what was certified', async () => {
    const defect = withDefect((exchange) => ({
      async observe(request, signal) {
        const read = await exchange.observe(request, signal);
        if (read.state === 'unknown') return read;
        return {
          ...read,
          value: {
            ...read.value,
            fills: [...read.value.fills].reverse(),
            accrued: [{ asset: 'X', amount: '1' }],
          },
        };
      },
    }));
    expect(await failing(defect)).toContain('observe, ok');
  });

  it('where it throws, or does not settle', async () => {
    const throwing = withDefect((exchange) => ({
      async readActivity(request, signal) {
        const read = await exchange.readActivity(request, signal);
        if (read.state === 'unknown') throw new Error(read.detail);
        return read;
      },
    }));
    expect(await failing(throwing)).toContain('readActivity, reset');
    const deaf = withDefect((exchange) => ({
      readMarkets: (markets) => exchange.readMarkets(markets, new AbortController().signal),
    }));
    expect(await failing(deaf)).toEqual(
      expect.arrayContaining(['readMarkets, hang', 'readMarkets, aborted before']),
    );
  });

  it('where it takes no answer for a refusal', async () => {
    const defect = withDefect((exchange) => ({
      async submitOrder(order, signal) {
        const outcome = await exchange.submitOrder(order, signal);
        return outcome.state === 'outcomeUnknown' ? { state: 'rejected', reason: 'no answer' } : outcome;
      },
    }));
    expect(await failing(defect)).toEqual(
      expect.arrayContaining(['submitOrder, hang', 'submitOrder, reset', 'submitOrder, lostAnswer']),
    );
  });

  it('where it sends an order twice, or proves that one is absent which is there', async () => {
    const twice = withDefect((exchange) => ({
      async submitOrder(order, signal) {
        const outcome = await exchange.submitOrder(order, signal);
        if (outcome.state === 'outcomeUnknown') await exchange.submitOrder(order, signal);
        return outcome;
      },
    }));
    expect(await failing(twice)).toContain('submitOrder, reset');
    const absent = withDefect(() => ({
      findOrder: async () => ({ state: 'absent', isProven: true, detail: 'it is not there' }),
    }));
    expect(await failing(absent)).toContain('submitOrder, lostAnswer');
  });
});
