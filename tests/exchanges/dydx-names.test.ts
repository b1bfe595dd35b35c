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

it.each(['assetPositions', 'openPerpetualPositions'] as const)(
  'takes the sign of a SHORT in %s from its side, and refuses a LONG below zero',
  (key) => {
    const [name, row] = Object.entries(subaccount[key])[0] as [string, { readonly size: string }];
    const size = row.size.replace(/^-/, '');
    const read = (side: string, text: string) =>
      parseBody('GET', addressBody, {
        subaccounts: [{ ...subaccount, [key]: { [name]: { ...row, side, size: text } } }],
      });
    for (const text of [size, `-${size}`]) expect(read('SHORT', text)).toMatchObject({ state: 'parsed' });
    expect(read('LONG', size)).toMatchObject({ state: 'parsed' });
    expect(read('LONG', `-${size}`)).toMatchObject({
      reason: 'malformed',
      detail: expect.stringContaining(`${key}.${name}.size: expected no less than zero for a LONG`),
    });
  },
);
