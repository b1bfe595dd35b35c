import { expect, it } from '@jest/globals';
import { addressBody, marketsBody, parseBody } from '../../src/exchanges/dydx/dydx-rows.ts';
import { fixture } from '../support/fixture.ts';

const { subaccount } = fixture('dydx/subaccount-0.json') as {
  readonly subaccount: Readonly<Record<'assetPositions' | 'openPerpetualPositions', object>>;
};

/** As JSON gives it: a key like any other. */
const underProto = (row: unknown): object => JSON.parse(`{"__proto__":${JSON.stringify(row)}}`);

it.each(['assetPositions', 'openPerpetualPositions'] as const)(
  'is malformed where a row of %s has no name but __proto__, and is never left out',
  (key) => {
    const rows = Object.values(subaccount[key]);
    const read = (positions: object) =>
      parseBody('GET', addressBody, { subaccounts: [{ ...subaccount, [key]: positions }] });
    expect(read(subaccount[key])).toMatchObject({ state: 'parsed' });
    expect(read(underProto(rows[0] ?? {}))).toMatchObject({
      reason: 'malformed',
      detail: `GET: subaccounts.0.${key}: expected names, found __proto__`,
    });
  },
);

it('is malformed where a market has no name but __proto__', () => {
  expect(parseBody('GET', marketsBody, { markets: underProto({}) })).toMatchObject({ reason: 'malformed' });
});
