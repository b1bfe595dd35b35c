import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadDydxSdk } from '../../src/exchanges/dydx/dydx-sdk.ts';

describe('loading the dYdX client', () => {
  it('says what to install and under which licence where it is missing', () => {
    const elsewhere = createRequire(join('/', 'nowhere', 'index.js'));
    expect(() => loadDydxSdk(elsewhere)).toThrow(
      /npm install @dydxprotocol\/v4-client-js@3\.6\.0.*AGPL-3\.0/s,
    );
  });

  it('is refused where its requests to a validator cannot be bounded', () => {
    const installed = createRequire(import.meta.url);
    const rpc = createRequire(installed.resolve('@dydxprotocol/v4-client-js'))('@cosmjs/tendermint-rpc');
    const { execute } = rpc.HttpClient.prototype;
    rpc.HttpClient.prototype.execute = undefined;
    try {
      expect(() => loadDydxSdk()).toThrow(/tendermint-rpc: expected a class HttpClient .* found none/);
    } finally {
      rpc.HttpClient.prototype.execute = execute;
    }
  });

  it('makes integers of 64 bits exactly', () => {
    expect(String(loadDydxSdk().toUnsignedLong('9223372036854775807'))).toBe('9223372036854775807');
  });
});
