import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../src/app/configuration.ts';
import { serviceSettingsOf } from '../../src/app/settings-of-configuration.ts';

const OWNER = '9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM';
const USDC_MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
const PLANTED = 'planted-c0ffee-secret';
const credentials = { keyName: PLANTED, privateKey: PLANTED };

function settingsOf(document: object) {
  const loaded = loadConfiguration({
    path: '/etc/trueup.json',
    environment: {},
    readFile: () => JSON.stringify(document),
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return serviceSettingsOf(loaded.configuration, 'paper');
}

const everyKind = [
  { id: 'cb', kind: 'coinbase', credentials, markets: ['BTC-USD'], policy: 'auto', opening: 'auto' },
  {
    id: 'wallet',
    kind: 'coinbase-wallet',
    credentials,
    scope: { network: 'base-mainnet', addresses: ['0x1'] },
  },
  { id: 'dydx', kind: 'dydx', scope: { address: 'dydx1abc' } },
  { id: 'sol', kind: 'solana', scope: { owner: OWNER } },
];

describe('the settings of a configuration', () => {
  it('know what each kind of venue holds, pays with and calls its orders', () => {
    const { venues } = settingsOf({ venues: everyKind });
    expect(venues).toMatchObject([
      { venue: 'cb', cashAsset: 'USD', usesHolds: true, numberedAccount: null, markets: ['BTC-USD'] },
      { venue: 'wallet', cashAsset: null, usesHolds: false, numberedAccount: null, markets: [] },
      { venue: 'dydx', cashAsset: 'USDC', usesHolds: false, numberedAccount: 'dydx1abc/0' },
      { venue: 'sol', cashAsset: USDC_MINT, usesHolds: false, numberedAccount: null },
    ]);
  });

  it('carry the caps of automatic corrections to every venue', () => {
    const autoCorrect = { maxUsd: '7', maxNavFraction: '0.02', maxPerAssetPerDay: 9 };
    const { venues } = settingsOf({ venues: everyKind, reconciliation: { autoCorrect } });
    expect(venues[0]?.policy).toEqual({
      mode: 'auto',
      valueMaxUsd: '7',
      navShareMax: '0.02',
      perAssetAndDayMax: 9,
    });
    expect(venues[1]?.policy).toMatchObject({ mode: 'propose', valueMaxUsd: '7' });
  });

  it('bound shares and turnover only where a bound is written: a default would overrule targets', () => {
    const [one, , other] = everyKind;
    const unwritten = settingsOf({ venues: [one, other] });
    for (const name of ['maxPositionPct', 'maxVenuePct', 'maxClusterPct', 'maxTurnoverPerDay'] as const)
      expect(unwritten.limits[name]).toBeUndefined();
    expect(unwritten.limitsWritten).toEqual([]);
    const written = settingsOf({ venues: [one], limits: { maxVenuePct: '70' } });
    expect(written).toMatchObject({ limits: { maxVenuePct: '70' }, limitsWritten: ['maxVenuePct'] });
  });

  it('close gates after five minutes of silence unless told otherwise', () => {
    expect(settingsOf({ venues: [] }).reconciliation.gateTimeLimitMs).toBe(300_000);
    const reconciliation = { gateTimeLimitSeconds: 12 };
    expect(settingsOf({ venues: [], reconciliation }).reconciliation.gateTimeLimitMs).toBe(12_000);
  });

  it('leave a century between rounds where the schedule is switched off', () => {
    const { pollIntervalMs } = settingsOf({ venues: [], reconciliation: { enabled: false } }).reconciliation;
    expect(pollIntervalMs).toBeGreaterThan(50 * 365 * 86_400_000);
  });

  it('pair SOL with its wrapped mint where a Solana wallet is configured', () => {
    expect(settingsOf({ venues: everyKind }).wrappedPairs).toMatchObject([{ native: 'SOL' }]);
    expect(settingsOf({ venues: [] }).wrappedPairs).toEqual([]);
  });

  it('hold no secret', () => {
    expect(JSON.stringify(settingsOf({ venues: everyKind }))).not.toContain(PLANTED);
  });
});
