import { afterEach, describe, expect, it } from '@jest/globals';
import type { Observation, Snapshot } from '../../src/domain/venue/observation.ts';
import type { Exchange } from '../../src/exchanges/exchange.ts';
import {
  type DydxDocuments,
  FILLS_PATH,
  ORDERS_PATH,
  openTestDydx,
  parentBody,
  parentPath,
  serveDydxAccount,
  subaccountPath,
  TEST_ADDRESS,
} from '../support/dydx-account.ts';
import { fixture } from '../support/fixture.ts';
import type { ScriptedAnswer, ScriptedRequest, ScriptedServer } from '../support/scripted-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: fixtures are taken apart and changed in many ways.
type Loose = any;
const signal = new AbortController().signal;
const load = (name: string): Loose => fixture(`dydx/${name}.json`);
const row = (name: string): Loose => load(name).subaccount;
const FAMILY_PATH = parentPath(TEST_ADDRESS, 0);
const LIST_PATH = `/v4/addresses/${TEST_ADDRESS}`;
const FAMILY_ORDERS_PATH = '/v4/orders/parentSubaccountNumber';
const FAMILY_FILLS_PATH = '/v4/fills/parentSubaccountNumber';
const NOT_THERE: ScriptedAnswer = { status: 404, body: { errors: [{ msg: 'Not Found' }] } };

describe('the subaccounts of a dYdX account', () => {
  let server: ScriptedServer | null = null;
  let exchange: Exchange | null = null;
  afterEach(async () => {
    await exchange?.close();
    await server?.close();
    exchange = null;
    server = null;
  });

  async function observe(
    script: (request: ScriptedRequest) => ScriptedAnswer | null = () => null,
    subaccountNumbers: readonly number[] = [0],
    documents: Partial<DydxDocuments> = {},
  ): Promise<Observation<Snapshot>> {
    server = await serveDydxAccount(
      TEST_ADDRESS,
      {
        subaccounts: { 0: load('subaccount-0'), 128: load('subaccount-128') },
        height: { height: '41000299', time: '2026-03-01T10:00:00.000Z' },
        others: { [FAMILY_ORDERS_PATH]: load('orders'), [FAMILY_FILLS_PATH]: load('fills') },
        ...documents,
      },
      script,
    );
    exchange = await openTestDydx(server.url, { scope: { address: TEST_ADDRESS, subaccountNumbers } });
    return exchange.observe({ fillsSinceMs: null }, signal);
  }

  const paths = (): ReadonlySet<string> => new Set(server?.requests.map(({ path }) => path));
  const family = (...children: Loose[]) => ({ body: parentBody(TEST_ADDRESS, 0, children) });
  const at = (path: string, answer: ScriptedAnswer) => (request: ScriptedRequest) =>
    request.path === path ? answer : null;

  it('counts a child that nobody has listed: its debt, its opposite position, its orders and fills', async () => {
    const observed = await observe();
    expect(observed).toMatchObject({
      state: 'known',
      certificate: { scope: `${TEST_ADDRESS}/0` },
      value: {
        balances: [{ asset: 'USDC', total: '1633.799999' }],
        // (-0.25 × 2511.72… + 0.05 × 2400) / -0.2
        positions: [{ market: 'ETH-USD', size: '-0.2', entryPrice: '2539.6500000000000000005' }],
        openOrders: [{ clientOrderId: '4294967295' }, { clientOrderId: '8' }],
        fills: [{ price: '2350.5' }, { price: '2511.7' }],
      },
    });
    expect(paths()).toContain(FAMILY_ORDERS_PATH);
    expect(paths()).toContain(FAMILY_FILLS_PATH);
    expect(paths()).not.toContain(ORDERS_PATH);
  });

  it('counts a child once where the scope lists it as well', async () => {
    const observed = await observe(() => null, [128, 0]);
    expect(observed).toMatchObject({ value: { balances: [{ total: '1633.799999' }] } });
    expect(paths()).not.toContain(subaccountPath(TEST_ADDRESS, 128));
  });

  it('counts a child alone where the scope lists it without its parent', async () => {
    const observed = await observe(() => null, [128]);
    expect(observed).toMatchObject({ value: { balances: [{ total: '-68.000001' }], openOrders: [] } });
    expect(paths()).toContain(ORDERS_PATH);
    expect(paths()).not.toContain(FAMILY_PATH);
  });

  it('asks a parent without children as it asks any subaccount', async () => {
    const one = { subaccounts: { 0: load('subaccount-0') } };
    expect(await observe(() => null, [0], one)).toMatchObject({ state: 'known' });
    expect(paths()).toContain(FILLS_PATH);
    expect(paths()).not.toContain(FAMILY_FILLS_PATH);
  });

  describe('invariants', () => {
    it("1. A parent of the scope is read with every child that the venue has of it, or the certificate's scope says that it is not.", async () => {
      const siblings = [128, 256, 128_000 - 128].map((subaccountNumber) => ({
        ...row('subaccount-128'),
        subaccountNumber,
        assetPositions: {
          USDC: { ...row('subaccount-128').assetPositions.USDC, subaccountNumber },
        },
        openPerpetualPositions: {},
        equity: '-68.000001',
        freeCollateral: '-68.000001',
      }));
      const all = await observe(at(FAMILY_PATH, family(row('subaccount-0'), ...siblings)));
      expect(all).toMatchObject({
        value: { balances: [{ total: '1497.799997' }] },
        certificate: { scope: `${TEST_ADDRESS}/0` },
      });
      await exchange?.close();
      await server?.close();
      // A server of before isolated margin, and one that has neither endpoint.
      const list = { body: { subaccounts: [row('subaccount-128'), row('subaccount-0')] } };
      const none = { hasParents: false };
      expect(await observe(at(LIST_PATH, list), [0], none)).toMatchObject({
        value: { balances: [{ total: '1633.799999' }] },
        certificate: { scope: `${TEST_ADDRESS}/0` },
      });
      await exchange?.close();
      await server?.close();
      expect(await observe(() => null, [0], none)).toMatchObject({
        value: { balances: [{ total: '1701.8' }] },
        certificate: { scope: `${TEST_ADDRESS}/0 without children` },
      });
    });

    const other = (changes: object) => ({ ...row('subaccount-128'), ...changes });
    const numbered = (subaccountNumber: number) =>
      other({ subaccountNumber, assetPositions: {}, openPerpetualPositions: {}, equity: '0' });
    it.each<readonly [string, string, ScriptedAnswer]>([
      ['incoherent', 'the same child twice', family(row('subaccount-0'), other({}), other({}))],
      ['wrongScope', 'a child of another parent', family(row('subaccount-0'), numbered(129))],
      ['wrongScope', 'a child of another address', family(row('subaccount-0'), other({ address: 'dydx1o' }))],
      ['wrongScope', 'another parent', { body: parentBody(TEST_ADDRESS, 1, [row('subaccount-0')]) }],
      ['wrongScope', 'another address', { body: parentBody('dydx1other', 0, [row('subaccount-0')]) }],
      ['malformed', 'no list of children', { body: { subaccount: row('subaccount-0') } }],
      ['unreachable', 'a server error, whatever else is served', { status: 503, body: '' }],
      ['refused', 'GEOBLOCKED', { status: 403, body: { errors: [{ msg: 'Because', code: 'GEOBLOCKED' }] } }],
      [
        'suspectSource',
        'an equity that its subaccounts do not make',
        {
          body: {
            subaccount: {
              address: TEST_ADDRESS,
              parentSubaccountNumber: 0,
              equity: '1',
              childSubaccounts: [row('subaccount-0'), row('subaccount-128')],
            },
          },
        },
      ],
    ])(
      '2. No subaccount is read twice in one look, and none of another address or of another parent is taken. It is %s for %s.',
      async (reason, _what, answer) => {
        expect(await observe(at(FAMILY_PATH, answer))).toMatchObject({ state: 'unknown', reason });
      },
    );

    it.each([
      ['a parent that has only children', [0], family(row('subaccount-128'))],
      ['a parent without a subaccount', [0], family()],
      ['a child that its parent has not', [0, 256], family(row('subaccount-0'), row('subaccount-128'))],
      ['a subaccount that is nowhere', [0], NOT_THERE],
    ])(
      '3. A subaccount that the scope lists and the venue has not is `wrongScope`, never empty: %s.',
      async (_what, numbers, answer) => {
        const script = (request: ScriptedRequest) =>
          request.path === FAMILY_PATH || request.path === subaccountPath(TEST_ADDRESS, 0) ? answer : null;
        expect(await observe(script, numbers)).toMatchObject({ state: 'unknown', reason: 'wrongScope' });
      },
    );
  });

  it('does not take a parent that is gone for an older server', async () => {
    let isGone = false;
    const list = { body: { subaccounts: [row('subaccount-0')] } };
    await observe(({ path }) => {
      if (path === LIST_PATH) return list;
      return isGone && path === FAMILY_PATH ? NOT_THERE : null;
    });
    isGone = true;
    const observed = await exchange?.observe({ fillsSinceMs: null }, signal);
    expect(observed).toMatchObject({ state: 'unknown', reason: 'wrongScope' });
  });

  it('is incomplete where the list of an address is as long as it may be', async () => {
    const subaccounts = Array.from({ length: 1_000 }, (_, index) => ({
      ...row('subaccount-128'),
      subaccountNumber: 128 * index + 5,
    }));
    const script = at(LIST_PATH, { body: { subaccounts } });
    expect(await observe(script, [0], { hasParents: false })).toMatchObject({ reason: 'incomplete' });
  });

  it('reads again where a child appears while it reads', async () => {
    const observed = await observe(({ path, earlier }) =>
      path === FAMILY_PATH && earlier === 0 ? family(row('subaccount-0')) : null,
    );
    expect(observed).toMatchObject({ value: { balances: [{ total: '1633.799999' }] } });
    expect(server?.requests.filter(({ path }) => path === FAMILY_PATH)).toHaveLength(4);
  });

  it('does not take a row of a subaccount that is no member of the family', async () => {
    const orders = load('orders').map((order: Loose) => ({ ...order, subaccountNumber: 256 }));
    expect(await observe(at(FAMILY_ORDERS_PATH, { body: orders }))).toMatchObject({ reason: 'wrongScope' });
  });
});
