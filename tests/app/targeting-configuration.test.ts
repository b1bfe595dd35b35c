import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../src/app/configuration.ts';
import { DEFAULT_AGGREGATION } from '../../src/domain/signals/aggregation-rules.ts';

const cb = {
  id: 'cb',
  kind: 'coinbase',
  credentials: { keyName: 'key', privateKey: 'secret' },
  markets: ['BTC-USD', 'ETH-USD'],
};
const TWO = {
  strategies: [
    { id: 'trend', weight: '0.5', mix: { BTC: '0.6', ETH: '0.4' } },
    { id: 'carry', weight: '0.3', mix: { BTC: '0.5' } },
  ],
  cash: '0.2',
};
const RETURNS = { file: 'returns.csv' };

function load(document: object, files: Readonly<Record<string, string>> = {}) {
  const all: Readonly<Record<string, string>> = {
    '/etc/trueup/config.json': JSON.stringify({ venues: [cb], ...document }),
    ...files,
  };
  const readFile = (path: string): string => {
    const text = all[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  };
  return loadConfiguration({ path: '/etc/trueup/config.json', environment: {}, readFile });
}

function loaded(document: object, files: Readonly<Record<string, string>> = {}) {
  const result = load(document, files);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.configuration;
}

function problems(document: object, files: Readonly<Record<string, string>> = {}) {
  const result = load(document, files);
  return result.ok ? [] : result.problems;
}

describe('strategies in a configuration', () => {
  it('are read in whole millionths, with the defaults of everything that is not written', () => {
    const { targeting, targets, targetFiles } = loaded(TWO);
    expect(targets).toEqual({});
    expect(targetFiles).toEqual({ returns: [], signals: null });
    expect(targeting).toEqual({
      base: {
        kind: 'strategies',
        strategies: [
          {
            id: 'trend',
            weightPpm: 500_000,
            mixPpm: { BTC: 600_000, ETH: 400_000 },
            registered: [],
            venues: null,
          },
          { id: 'carry', weightPpm: 300_000, mixPpm: { BTC: 500_000 }, registered: [], venues: null },
        ],
        cashPpm: 200_000,
        caps: { bounds: {}, excess: 'cash' },
      },
      method: { kind: 'threshold' },
      over: 'assets',
      caps: { bounds: {}, excess: 'cash' },
      returnsAgeMaxMs: 0,
      unassigned: 'hold',
      symbols: { BTC: 'BTC', ETH: 'ETH' },
    });
  });

  it('carry their caps, methods and files, with paths from the folder of the configuration', () => {
    const { targeting, targetFiles } = loaded({
      ...TWO,
      strategies: [{ ...TWO.strategies[0], minWeight: '0.1', maxWeight: '0.6' }, TWO.strategies[1]],
      caps: {
        assets: { BTC: { maxWeight: '0.4' } },
        others: { maxWeight: '0.3' },
        minPosition: '0.01',
        excess: 'refuse',
      },
      method: {
        kind: 'adaptive',
        returns: { ...RETURNS, maxAgeSeconds: 86_400 },
        over: 'strategies',
        tilt: 0.5,
      },
    });
    expect(targetFiles.returns).toEqual([
      { name: 'returns.csv', path: '/etc/trueup/returns.csv', uses: ['targets'] },
    ]);
    expect(targeting).toMatchObject({
      base: { caps: { bounds: { trend: { lowerPpm: 100_000, upperPpm: 600_000 } }, excess: 'refuse' } },
      method: {
        kind: 'adaptive',
        rules: { tilt: 0.5, tiltShareMax: 0.25, priorObservations: 250, minImprovement: 0.02 },
      },
      over: 'strategies',
      caps: {
        bounds: { BTC: { upperPpm: 400_000 } },
        others: { upperPpm: 300_000 },
        positionMinPpm: 10_000,
        excess: 'refuse',
      },
      returnsAgeMaxMs: 86_400_000,
    });
  });

  it('may leave their mix to a registry', () => {
    const files = {
      '/etc/trueup/registry.json': JSON.stringify({
        trend: { traded_tokens: ['BTC', 'ETH'] },
        other: { traded_tokens: ['DOGE'] },
      }),
    };
    const document = { strategies: [{ id: 'trend', weight: '1' }], strategyRegistry: 'registry.json' };
    expect(loaded(document, files).targeting?.base).toMatchObject({
      strategies: [{ id: 'trend', mixPpm: null, registered: ['BTC', 'ETH'] }],
    });
    expect(problems(document)).toEqual([
      { path: 'strategyRegistry', expected: 'the path of a file that can be read', found: 'ENOENT' },
    ]);
    const unknown = { '/etc/trueup/registry.json': '{"trend": {"traded_tokens": ["DOGE"]}}' };
    expect(problems(document, unknown)).toEqual([
      {
        path: 'registry.json: trend.traded_tokens',
        expected: 'assets of which some venue has a market',
        found: '"DOGE"',
      },
    ]);
  });

  it('take plain weights as they are, with a method and caps if wanted', () => {
    const targets = { BTC: '0.6', CASH: '0.4' };
    expect(loaded({ targets }).targeting).toBeNull();
    expect(loaded({ targets, unassigned: 'sell' }).targeting).toMatchObject({
      base: { kind: 'weights', weights: { BTC: 600_000, CASH: 400_000 } },
      unassigned: 'sell',
    });
  });

  it('are scaled to 1 where that is asked for, and mixes never', () => {
    const strategies = [
      { id: 'a', weight: '0.5', mix: { BTC: '1' } },
      { id: 'b', weight: '0.3', mix: { ETH: '0.5' } },
    ];
    expect(loaded({ strategies, normalize: true }).targeting?.base).toMatchObject({
      strategies: [{ weightPpm: 625_000 }, { weightPpm: 375_000, mixPpm: { ETH: 500_000 } }],
    });
    expect(loaded({ targets: { BTC: '0.1', CASH: '0.3' }, normalize: true }).targeting?.base).toEqual({
      kind: 'weights',
      weights: { BTC: 250_000, CASH: 750_000 },
    });
    expect(problems({ targets: { BTC: '0', CASH: '0' }, normalize: true })).toMatchObject([
      { path: 'targets', expected: 'weights that sum to more than 0' },
    ]);
  });

  it('may aggregate signals, with the defaults of everything that is not written', () => {
    const sources = [
      { source: 'desk', asset: 'BTC' },
      { source: 'news', asset: 'BTC' },
    ];
    const method = (aggregation: object) => ({ ...TWO, method: { kind: 'signals', sources, aggregation } });
    expect(loaded(method({})).targeting?.method).toMatchObject({
      rules: { aggregation: DEFAULT_AGGREGATION },
    });
    const written = {
      method: 'majority',
      halfLifeSeconds: 3_600,
      minSources: 2,
      maxConflict: 0.5,
      maxSourceWeight: '0.6',
      sources: {
        desk: { weight: 2, trackRecord: { hits: 30, misses: 20 } },
        news: { maxWeight: '0.4', trackRecord: { correlation: 0.1, observations: 200 } },
      },
      limits: { BTC: { minWeight: '0.1', maxWeight: '0.5' }, ETH: {} },
    };
    expect(loaded(method(written)).targeting?.method).toMatchObject({
      rules: {
        aggregation: {
          ...DEFAULT_AGGREGATION,
          method: 'majority',
          halfLifeMs: 3_600_000,
          sourcesMin: 2,
          conflictMax: 0.5,
          shareMaxPpm: 600_000,
          sources: {
            desk: { weight: 2, shareMaxPpm: 600_000, trackRecord: { kind: 'hits', hits: 30, misses: 20 } },
            news: {
              weight: 1,
              shareMaxPpm: 400_000,
              trackRecord: { kind: 'correlation', correlation: 0.1, observations: 200 },
            },
          },
          limits: { BTC: { lowerPpm: 100_000, upperPpm: 500_000 }, ETH: {} },
        },
      },
    });
    const wrong: readonly [object, object][] = [
      [{ sources: { web: {} } }, { path: 'method.aggregation.sources.web', expected: 'one of desk, news' }],
      [{ limits: { CASH: {} } }, { path: 'method.aggregation.limits.CASH', expected: 'one of BTC, ETH' }],
      [
        { limits: { BTC: { minWeight: '0.2', maxWeight: '0.1' } } },
        { path: 'method.aggregation.limits.BTC.maxWeight' },
      ],
      [
        { limits: { BTC: { minWeight: '0.6' }, ETH: { minWeight: '0.6' } } },
        { path: 'method.aggregation.limits', found: '1.2' },
      ],
      [
        { sources: { desk: { trackRecord: { hits: 1, correlation: 0.1 } } } },
        {
          path: 'method.aggregation.sources.desk.trackRecord',
          expected: 'hits and misses, or correlation and observations',
        },
      ],
      [{ halfLifeSeconds: 0 }, { path: 'method.aggregation.halfLifeSeconds' }],
      [
        { methods: 'rank' },
        { path: 'method.aggregation.methods', expected: 'a known key, perhaps "method"' },
      ],
    ];
    for (const [aggregation, problem] of wrong)
      expect(problems(method(aggregation))).toMatchObject([problem]);
  });

  it.each<[string, object, object]>([
    ['targets beside them', { ...TWO, targets: { CASH: '1' } }, { path: 'strategies', found: 'both' }],
    ['cash without them', { cash: '0.2' }, { path: 'cash', found: 'no strategies' }],
    ['a method of nothing', { method: { kind: 'calendar' } }, { path: 'method', found: 'neither' }],
    ['scaling of nothing', { normalize: true }, { path: 'normalize', found: 'neither' }],
    ['caps of nothing', { caps: {} }, { path: 'caps', found: 'neither' }],
    ['weights that do not sum to 1', { ...TWO, cash: '0.1' }, { path: 'strategies', found: '0.9' }],
    [
      'a mix above 1',
      { strategies: [{ id: 'a', weight: '1', mix: { BTC: '0.6', ETH: '0.5' } }] },
      { path: 'strategies[0].mix', found: '1.1' },
    ],
    [
      'a weight finer than a millionth',
      { strategies: [{ id: 'a', weight: '0.1234567', mix: {} }] },
      { path: 'strategies[0].weight', found: '"0.1234567"' },
    ],
    [
      'a name twice',
      {
        strategies: [
          { id: 'a', weight: '0.5', mix: {} },
          { id: 'a', weight: '0.5', mix: {} },
        ],
      },
      { path: 'strategies[1].id', found: 'a' },
    ],
    [
      'the name of cash',
      { strategies: [{ id: 'CASH', weight: '1', mix: {} }] },
      { path: 'strategies[0].id', found: '"CASH"' },
    ],
    [
      'an unknown key',
      { strategies: [{ id: 'a', weight: '1', mixes: {} }] },
      { path: 'strategies[0].mixes', expected: 'a known key, perhaps "mix"' },
    ],
    [
      'a band of what no strategy trades',
      { ...TWO, rebalancing: { destination: 'optimal', bands: { DOGE: '0.05' } } },
      { path: 'rebalancing.bands.DOGE', expected: expect.stringContaining('which have a target') },
    ],
    [
      'an asset of a group',
      { strategies: [{ id: 'a', weight: '1', mix: { USDC: '1' } }] },
      { path: 'strategies[0].mix.USDC', expected: 'the group "CASH", which holds "USDC"' },
    ],
    [
      'an asset without any market',
      { strategies: [{ id: 'a', weight: '1', mix: { DOGE: '1' } }] },
      { path: 'strategies.DOGE', found: 'no market for a weight of 1' },
    ],
    ['a plain target without any market', { targets: { DOGE: '1' } }, { path: 'targets.DOGE' }],
    [
      'a venue that is none',
      { strategies: [{ id: 'a', weight: '1', mix: {}, venues: ['cb', 'db'] }] },
      { path: 'strategies[0].venues[1]', expected: 'one of cb', found: '"db"' },
    ],
    [
      'venues that have no market of its assets',
      {
        venues: [cb, { id: 'db', kind: 'statement', file: 'a.csv' }],
        strategies: [{ id: 'a', weight: '1', mix: { BTC: '1' }, venues: ['db'] }],
      },
      { path: 'strategies[0].mix.BTC', expected: 'an asset that db has a market of', found: '"BTC"' },
    ],
    [
      'a cap below its floor',
      { strategies: [{ id: 'a', weight: '1', mix: {}, minWeight: '0.5', maxWeight: '0.4' }] },
      { path: 'strategies[0].maxWeight', expected: 'at least minWeight, 0.5', found: '0.4' },
    ],
    [
      'a cap of what has no weight',
      { ...TWO, caps: { assets: { SOL: { maxWeight: '0.1' } } } },
      { path: 'caps.assets.SOL', expected: 'one of BTC, CASH, ETH', found: '"SOL"' },
    ],
    [
      'caps that no weights meet',
      { ...TWO, caps: { assets: { BTC: { minWeight: '0.7' }, ETH: { minWeight: '0.7' } } } },
      { path: 'caps', found: '1400000' },
    ],
    [
      'a calendar without a time',
      { ...TWO, method: { kind: 'calendar' } },
      { path: 'rebalancing.triggers.calendar', found: 'nothing' },
    ],
    [
      'a threshold without one',
      { ...TWO, method: { kind: 'threshold' } },
      { path: 'rebalancing.triggers', found: 'none of them' },
    ],
    [
      'equal risk without returns',
      { ...TWO, method: { kind: 'risk_parity' } },
      { path: 'method.returns', found: 'nothing' },
    ],
    [
      'a method that is none',
      { ...TWO, method: { kind: 'magic' } },
      { path: 'method.kind', expected: expect.stringContaining('"risk_parity"') },
    ],
    [
      'a method over strategies that are not there',
      { targets: { BTC: '1' }, method: { kind: 'risk_parity', returns: RETURNS, over: 'strategies' } },
      { path: 'method.over', found: '"strategies"' },
    ],
    [
      'a signal of what has no weight',
      { ...TWO, method: { kind: 'signals', sources: [{ source: 'desk', asset: 'SOL' }] } },
      { path: 'method.sources[0].asset', found: '"SOL"' },
    ],
  ])('are refused with %s', (_, document, problem) => {
    expect(problems(document)).toMatchObject([problem]);
  });
});
