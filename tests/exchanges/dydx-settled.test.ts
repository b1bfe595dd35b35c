import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Amount, add, amount, subtract, sum } from '../../src/domain/money/amount.ts';
import type { Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import type { FundingRow, SubaccountRow } from '../../src/exchanges/dydx/dydx-rows.ts';
import { isPaymentUnsettled } from '../../src/exchanges/dydx/read-activity.ts';
import { readSerializableInt } from '../../src/exchanges/dydx/serializable-int.ts';
import { splitFunding } from '../../src/exchanges/dydx/split-funding.ts';
import { loadStateMessages } from '../../src/exchanges/dydx/state-messages.ts';
import { serializableInt } from '../../src/exchanges/simulated/dydx-state-face.ts';
import { TEST_ADDRESS } from '../support/dydx-account.ts';
import { BTC_BUY, simulatedDydx } from '../support/dydx-venue.ts';
import { recordedDydx } from '../support/dydx-wire-venue.ts';
import type { ScriptedAnswer } from '../support/scripted-server.ts';

const signal = new AbortController().signal;
describe('an integer of the chain', () => {
  it.each<readonly [readonly number[], bigint | null]>([
    [[], 0n],
    [[2], 0n],
    [[3], 0n],
    [[2, 1], 1n],
    [[3, 1], -1n],
    [[2, 0x01, 0x00], 256n],
    [[3, 0x0d, 0xe0, 0xb6, 0xb3, 0xa7, 0x64, 0x00, 0x00, 0x00], -256_000_000_000_000_000_000n],
    [[0, 1], null],
    [[4, 1], null],
    [[49, 50], null],
  ])('%j is %s', (bytes, value) => {
    expect(readSerializableInt(Uint8Array.from(bytes))).toBe(value);
  });

  it('is read as it is written', () =>
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (value) => {
        expect(readSerializableInt(serializableInt(value))).toBe(value);
      }),
    ));
});

/** 0.05 BTC long, with 150 USDC of initial margin, last touched at height 1000. */
function rowOf(usdc: string, more: Partial<SubaccountRow> = {}): SubaccountRow {
  const side = usdc.startsWith('-') ? 'SHORT' : 'LONG';
  const size = amount(usdc.replace('-', ''));
  return {
    address: TEST_ADDRESS,
    subaccountNumber: 0,
    equity: amount('10000'),
    freeCollateral: amount('9850'),
    openPerpetualPositions: {
      'BTC-USD': {
        market: 'BTC-USD',
        status: 'OPEN',
        side: 'LONG',
        size: amount('0.05'),
        entryPrice: amount('60000'),
      },
    },
    assetPositions: size === '0' ? {} : { USDC: { symbol: 'USDC', side, size } },
    updatedAtHeight: 1_000,
    ...more,
  };
}

describe('splitting the collateral', () => {
  const split = (
    row: SubaccountRow,
    settled: string,
    positions: Readonly<Record<string, string>>,
    height = 1_100,
  ) =>
    splitFunding({
      row,
      height,
      chain: {
        collateral: amount(settled),
        positions: new Map(Object.entries(positions).map(([market, size]) => [market, amount(size)])),
      },
    });
  const held = { 'BTC-USD': '0.05' };

  it.each([
    ['nothing is unsettled', '7000', '7000', '0'],
    ['the indexer has less', '6999.7', '7000', '-0.3'],
    ['the indexer has more', '7000.125', '7000', '0.125'],
    ['what is owed brings it below zero', '-0.1', '0.2', '-0.3'],
    ['it is a debt', '-12537.505625', '-12537.2', '-0.305625'],
    ['the indexer shows none', '0', '0.3', '-0.3'],
    ['the chain has none', '0.3', '0', '0.3'],
    ['it is all that funding can be in one tick', '7225', '7000', '225'],
  ])('where %s: %s of which %s are settled', (_what, usdc, settled, accrued) => {
    expect(split(rowOf(usdc), settled, held)).toEqual({ state: 'split', settled, accrued });
  });

  it.each<readonly [string, string, SubaccountRow, string, Readonly<Record<string, string>>]>([
    ['incoherent', 'the sizes differ', rowOf('7000'), '7000', { 'BTC-USD': '0.06' }],
    ['incoherent', 'the signs differ', rowOf('7000'), '7000', { 'BTC-USD': '-0.05' }],
    ['incoherent', 'the markets differ', rowOf('7000'), '7000', { 'ETH-USD': '0.05' }],
    ['incoherent', 'the chain has another position', rowOf('7000'), '7000', { ...held, 'ETH-USD': '1' }],
    ['incoherent', 'the chain does not know it', rowOf('7000'), '0', {}],
    ['incoherent', 'more is unsettled than one tick moves', rowOf('7225.1'), '7000', held],
    ['incoherent', 'a deposit is missing on the other side', rowOf('7000'), '7500', held],
    ['incomplete', 'no equity is told', rowOf('7000', { equity: null }), '7000', held],
    ['incomplete', 'no free collateral is told', rowOf('7000', { freeCollateral: null }), '7000', held],
  ])('is %s where %s', (reason, _what, row, settled, positions) => {
    expect(split(row, settled, positions)).toMatchObject({ state: 'unknown', reason });
  });

  it('is incomplete where the last change has no height', () => {
    const { updatedAtHeight: _none, ...row } = rowOf('7000');
    expect(split(row, '7000', held)).toMatchObject({ state: 'unknown', reason: 'incomplete' });
  });

  it('allows one tick more for every half hour of blocks', () => {
    expect(split(rowOf('7450'), '7000', held, 1_000 + 1_799)).toMatchObject({ state: 'unknown' });
    expect(split(rowOf('7450'), '7000', held, 1_000 + 1_800)).toMatchObject({ state: 'split' });
  });

  it('gives both parts of every collateral', () =>
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), (micros) => {
        const unsettled = amount((micros / 1e6).toFixed(6));
        const found = split(rowOf(add(amount('7000'), unsettled)), '7000', held);
        expect(found).toEqual({ state: 'split', settled: '7000', accrued: unsettled });
      }),
    ));
});

describe('a funding payment', () => {
  const payment = (createdAtHeight: number): FundingRow => ({
    createdAt: 0,
    createdAtHeight,
    ticker: 'BTC-USD',
    payment: amount('-0.3'),
    subaccountNumber: '0',
  });

  it.each([
    ['before the last change', 999, false],
    ['in the block of the last change, whose end it is', 1_000, true],
    ['since then', 1_001, true],
  ])('that fell due %s', (_when, height, isUnsettled) => {
    expect(isPaymentUnsettled(payment(height), [rowOf('7000')])).toBe(isUnsettled);
  });

  it('of a subaccount without positions is settled', () => {
    expect(isPaymentUnsettled(payment(1_001), [rowOf('7000', { openPerpetualPositions: {} })])).toBe(false);
  });

  it('cannot be judged where the last change has no height', () => {
    const { updatedAtHeight: _none, ...row } = rowOf('7000');
    expect(() => isPaymentUnsettled(payment(1), [row])).toThrow(/expected the height of its last change/);
  });
});

function known(observed: Observation<Snapshot>): Snapshot {
  if (observed.state === 'unknown') throw new Error(`${observed.reason}: ${observed.detail}`);
  return observed.value;
}

const usdcOf = ({ balances }: Snapshot): string | undefined =>
  balances.find(({ asset }) => asset === 'USDC')?.total;

describe('unsettled funding apart', () => {
  let dydx: Awaited<ReturnType<typeof recordedDydx>>;
  beforeEach(async () => {
    dydx = await recordedDydx({ unsettledFunding: 'apart' });
  });
  afterEach(() => dydx.close());
  const observe = () => dydx.exchange.observe({ fillsSinceMs: null }, signal);

  function tick(): Amount {
    dydx.passTime(3_600_000);
    return dydx.venue
      .settleFunding(amount('0.0001'))
      .map(({ payment }) => payment)
      .reduce(add);
  }

  it('is none, and the validator is not asked, where there is no position', async () => {
    const snapshot = known(await observe());
    expect([usdcOf(snapshot), snapshot.accrued]).toEqual(['10000', []]);
    expect(dydx.queries).toEqual([]);
  });

  it('grows with every tick while the balance stays, and is paid when something moves', async () => {
    dydx.venue.submit(BTC_BUY);
    const before = known(await observe());
    expect(before.accrued).toEqual([]);
    const owed = add(tick(), tick());
    const later = known(await observe());
    expect([usdcOf(later), later.accrued]).toEqual([usdcOf(before), [{ asset: 'USDC', amount: owed }]]);
    expect(owed).toBe('-0.6');
    dydx.passTime(1_000);
    dydx.venue.deposit('USDC', amount('5'));
    const settled = known(await observe());
    expect(usdcOf(settled)).toBe(add(amount(usdcOf(before) ?? ''), add(owed, amount('5'))));
    expect(settled.accrued).toEqual([]);
  });

  it('adds up to what the indexer shows, over all subaccounts', async () => {
    const family = { children: [128] };
    for (const unsettledFunding of ['included', 'apart'] as const) {
      const venue = await simulatedDydx({ ...family, unsettledFunding });
      try {
        venue.server.moveCollateral({ from: 0, to: 128, amount: amount('4000') });
        venue.venue.submit(BTC_BUY);
        venue.children[128]?.submit({ ...BTC_BUY, side: 'sell', limitPrice: amount('50000') });
        venue.passTime(3_600_000);
        venue.venue.settleFunding(amount('0.0001'));
        venue.children[128]?.settleFunding(amount('0.0003'));
        const snapshot = known(await venue.exchange.observe({ fillsSinceMs: null }, signal));
        const [accrued] = snapshot.accrued;
        expect(accrued?.amount).toBe(unsettledFunding === 'apart' ? '0.6' : undefined);
        const truth = [venue.venue, ...Object.values(venue.children)].flatMap((one) => one.balances());
        expect(add(amount(usdcOf(snapshot) ?? ''), amount(accrued?.amount ?? '0'))).toBe(
          sum(truth.map(({ available }) => available)),
        );
      } finally {
        await venue.close();
      }
    }
  });

  it('is asked for at the height of the indexer, and proven', async () => {
    dydx.venue.submit(BTC_BUY);
    tick();
    const observed = await observe();
    if (observed.state === 'unknown') throw new Error(observed.detail);
    const { watermarkAfter, pages, sources } = observed.certificate;
    expect(dydx.queries.map(({ path, height }) => [path, height])).toEqual([
      ['/dydxprotocol.subaccounts.Query/Subaccount', String(watermarkAfter.height)],
      ['/dydxprotocol.perpetuals.Query/Perpetual', String(watermarkAfter.height)],
    ]);
    expect(pages.map(({ endpoint }) => endpoint)).toEqual(
      expect.arrayContaining([
        'RPC abci_query /dydxprotocol.subaccounts.Query/Subaccount',
        'RPC abci_query /dydxprotocol.perpetuals.Query/Perpetual',
      ]),
    );
    expect(sources).toHaveLength(2);
  });

  it('marks a payment until it is settled', async () => {
    dydx.venue.submit(BTC_BUY);
    tick();
    const read = async () => {
      const activity = await dydx.exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, signal);
      if (activity.state === 'unknown') throw new Error(activity.detail);
      return activity.value.map(({ kind, isUnsettled = false }) => [kind, isUnsettled]);
    };
    expect(await read()).toEqual([['funding', true]]);
    dydx.passTime(1_000);
    dydx.venue.deposit('USDC', amount('5'));
    expect(await read()).toEqual([
      ['funding', false],
      ['deposit', false],
    ]);
  });

  it('ends with the caller where the validator hangs', async () => {
    dydx.venue.submit(BTC_BUY);
    dydx.answerQueries(() => 'hang');
    const abort = new AbortController();
    const observing = dydx.exchange.observe({ fillsSinceMs: null }, abort.signal);
    while (dydx.queries.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect(await observing).toMatchObject({ state: 'unknown', reason: 'timedOut' });
  });

  const messages = loadStateMessages();
  const response = (change: object): ScriptedAnswer => ({
    body: { jsonrpc: '2.0', id: 1, result: { response: { code: 0, height: '1000000', ...change } } },
  });
  const subaccount = (state: object): ScriptedAnswer => {
    const message = messages.QuerySubaccountResponse;
    const bytes = message.encode(message.fromPartial({ subaccount: state })).finish();
    return response({ value: Buffer.from(bytes).toString('base64') });
  };
  const perpetual = (state: object): ScriptedAnswer => {
    const message = messages.QueryPerpetualResponse;
    const bytes = message.encode(message.fromPartial({ perpetual: state })).finish();
    return response({ value: Buffer.from(bytes).toString('base64') });
  };
  const id = { owner: TEST_ADDRESS, number: 0 };
  const long = (quantums: bigint) => ({ perpetualId: 0, quantums: serializableInt(quantums) });
  const usdc = { assetId: 0, quantums: serializableInt(6_996_999_250n) };

  it.each<readonly [string, string, 'Subaccount' | 'Perpetual', ScriptedAnswer]>([
    ['unreachable', 'does not answer', 'Subaccount', 'cut'],
    ['unreachable', 'fails', 'Subaccount', { status: 502, body: 'bad gateway' }],
    ['rateLimited', 'is busy', 'Subaccount', { status: 429, headers: { 'retry-after': '2' }, body: '' }],
    ['malformed', 'is no RPC', 'Subaccount', { body: '<html></html>' }],
    ['malformed', 'says nothing', 'Subaccount', { body: { jsonrpc: '2.0', id: 1, result: {} } }],
    ['malformed', 'answers with no base 64', 'Subaccount', response({ value: '%%%' })],
    ['malformed', 'answers with other bytes', 'Subaccount', response({ value: '/////w==' })],
    ['malformed', 'answers with nothing', 'Subaccount', response({ value: null })],
    [
      'malformed',
      'answers with no integer',
      'Subaccount',
      subaccount({ id, assetPositions: [{ assetId: 0, quantums: Buffer.from('12') }] }),
    ],
    [
      'malformed',
      'shows the collateral twice',
      'Subaccount',
      subaccount({ id, assetPositions: [usdc, usdc] }),
    ],
    [
      'malformed',
      'shows a position twice',
      'Subaccount',
      subaccount({ id, perpetualPositions: [long(1n), long(2n)] }),
    ],
    ['wrongScope', 'shows another subaccount', 'Subaccount', subaccount({ id: { ...id, number: 1 } })],
    ['incoherent', 'does not know the subaccount', 'Subaccount', subaccount({ id })],
    [
      'incoherent',
      'shows another size',
      'Subaccount',
      subaccount({ id, assetPositions: [usdc], perpetualPositions: [long(400_000_000n)] }),
    ],
    [
      'incoherent',
      'shows the other side',
      'Subaccount',
      subaccount({ id, assetPositions: [usdc], perpetualPositions: [long(-500_000_000n)] }),
    ],
    [
      'incoherent',
      'has settled what funding cannot be',
      'Subaccount',
      subaccount({ id, perpetualPositions: [long(500_000_000n)] }),
    ],
    ['incoherent', 'answers for another height', 'Subaccount', response({ height: '999999' })],
    ['incoherent', 'answers for no height', 'Subaccount', response({ height: null })],
    [
      'stale',
      'has not come so far',
      'Subaccount',
      response({ code: 26, codespace: 'sdk', log: 'invalid height' }),
    ],
    [
      'refused',
      'has forgotten that height',
      'Subaccount',
      response({ code: 18, codespace: 'sdk', log: 'invalid request' }),
    ],
    [
      'refused',
      'does not know the perpetual',
      'Perpetual',
      response({ code: 22, codespace: 'sdk', log: 'not found' }),
    ],
    [
      'malformed',
      'tells of another perpetual',
      'Perpetual',
      perpetual({ params: { id: 1, ticker: 'BTC-USD' } }),
    ],
    ['malformed', 'names no market', 'Perpetual', perpetual({ params: { id: 0 } })],
    [
      'malformed',
      'counts in no unit',
      'Perpetual',
      perpetual({ params: { id: 0, ticker: 'BTC-USD', atomicResolution: 41 } }),
    ],
    [
      'incoherent',
      'names another market',
      'Perpetual',
      perpetual({ params: { id: 0, ticker: 'ETH-USD', atomicResolution: -10 } }),
    ],
  ])('is %s where the validator %s', async (reason, _what, path, answer) => {
    dydx.venue.submit(BTC_BUY);
    dydx.answerQueries((taken, query) => (query.path.endsWith(path) ? answer : taken()));
    expect(await observe()).toMatchObject({ state: 'unknown', reason });
    dydx.answerQueries((taken) => taken());
    expect(usdcOf(known(await observe()))).toBe('6996.99925');
  });

  it('counts what is set aside for a position as collateral, as the indexer does', async () => {
    dydx.venue.submit(BTC_BUY);
    const aside = serializableInt(1_000_000n);
    const rest = { assetId: 0, quantums: serializableInt(6_995_999_250n) };
    const answer = subaccount({
      id,
      assetPositions: [rest],
      perpetualPositions: [{ ...long(500_000_000n), quoteBalance: aside }],
    });
    dydx.answerQueries((taken, query) => (query.path.endsWith('Subaccount') ? answer : taken()));
    const snapshot = known(await observe());
    expect([usdcOf(snapshot), snapshot.accrued]).toEqual(['6996.99925', []]);
  });

  it('is not asked for, nor told, where it is included', async () => {
    const included = await recordedDydx();
    try {
      included.venue.submit(BTC_BUY);
      included.passTime(3_600_000);
      included.venue.settleFunding(amount('0.0001'));
      const snapshot = known(await included.exchange.observe({ fillsSinceMs: null }, signal));
      expect([usdcOf(snapshot), snapshot.accrued]).toEqual([
        subtract(amount('6996.99925'), amount('0.3')),
        [],
      ]);
      expect(included.queries).toEqual([]);
      const activity = await included.exchange.readActivity({ sinceMs: 0, assets: ['USDC'] }, signal);
      expect(activity).toMatchObject({ value: [{ kind: 'funding' }] });
      expect(JSON.stringify(activity)).not.toContain('isUnsettled');
    } finally {
      await included.close();
    }
  });
});
