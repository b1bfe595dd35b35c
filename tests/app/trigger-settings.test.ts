import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../src/app/configuration.ts';
import { serviceSettingsOf } from '../../src/app/settings-of-configuration.ts';

const load = (rebalancing: unknown) =>
  loadConfiguration({
    path: 'config.json',
    environment: {},
    readFile: () => JSON.stringify({ venues: [], rebalancing }),
  });

const settings = (rebalancing: unknown) => {
  const loaded = load(rebalancing);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return serviceSettingsOf(loaded.configuration, 'paper').triggers;
};

describe('the triggers of a configuration', () => {
  it('are none unless they are named: then nothing is planned but on request', () => {
    expect(settings({})).toBeUndefined();
    expect(settings({ triggers: {}, approval: 'auto' })).toBeUndefined();
  });

  it('are those that are named, with the gates of the specification', () => {
    const triggers = {
      hybrid: true,
      absolute: '0.05',
      relative: '0.25',
      total: '0.1',
      calendar: { every: 'month' },
    };
    expect(settings({ triggers })).toEqual({
      triggers: [
        { kind: 'hybrid525' },
        { kind: 'absolute', halfWidth: '0.05' },
        { kind: 'relative', share: '0.25' },
        { kind: 'total', threshold: '0.1' },
        {
          kind: 'calendar',
          schedule: { every: 'month', day: 1, zone: 'UTC', hour: 9, minute: 0 },
          catchUp: true,
          force: true,
        },
      ],
      combination: 'any',
      gates: { confirmations: 2, confirmationSpacingMs: 60_000, minIntervalMs: 86_400_000 },
      checkIntervalMs: 300_000,
      approval: { kind: 'ask' },
    });
  });

  it('ask for drift with the time where a calendar says how much', () => {
    const calendar = { every: 'week', weekday: 7, at: '23:30', zone: 'Europe/Berlin', minDrift: '0.03' };
    expect(settings({ triggers: { calendar }, approval: 'auto', combine: 'all' })).toMatchObject({
      triggers: [
        {
          schedule: { every: 'week', weekday: 7, zone: 'Europe/Berlin', hour: 23, minute: 30 },
          force: false,
          minDrift: '0.03',
        },
      ],
      combination: 'all',
      approval: {
        kind: 'policy',
        limits: { maxUsd: '1000', maxNavFraction: '0.1', maxUsdPerDay: '2000' },
      },
    });
  });

  it('are judged by tracking error, flows of cash, limits and bands where they are named', () => {
    const triggers = { trackingError: '0.02', cashFlow: {}, risk: true, bands: true };
    expect(settings({ triggers, bands: 'optimal' })?.triggers).toEqual([
      { kind: 'bands', halfWidths: {} },
      { kind: 'trackingError', annualMax: '0.02' },
      { kind: 'cashFlow', minFlowUsd: '50', minFlowShare: '0.005', below: '0.02', above: '0.02' },
      { kind: 'risk' },
    ]);
  });

  it.each([
    [{ triggers: { absolute: '0' } }, 'rebalancing.triggers.absolute'],
    [{ triggers: { calendar: {} } }, 'rebalancing.triggers.calendar.every'],
    [{ triggers: { calendar: { every: 'day', zone: 'Mars' } } }, 'rebalancing.triggers.calendar.zone'],
    [{ triggers: { calendar: { every: 'day', at: '24:00' } } }, 'rebalancing.triggers.calendar.at'],
    [{ triggers: { calendar: { every: 'month', day: 32 } } }, 'rebalancing.triggers.calendar.day'],
    [{ triggers: { calendar: { every: 'day', weekday: 2 } } }, 'rebalancing.triggers.calendar.weekday'],
    [{ triggers: { calendar: { every: 'month', weekday: 2 } } }, 'rebalancing.triggers.calendar.weekday'],
    [{ triggers: { calendar: { every: 'week', day: 2 } } }, 'rebalancing.triggers.calendar.day'],
    [{ triggers: { drift: '0.1' } }, 'rebalancing.triggers.drift'],
    [{ approval: 'never' }, 'rebalancing.approval'],
    [{ triggers: { trackingError: '0' } }, 'rebalancing.triggers.trackingError'],
    [{ triggers: { cashFlow: { below: '0' } } }, 'rebalancing.triggers.cashFlow.below'],
    [{ triggers: { bands: true } }, 'rebalancing.triggers.bands'],
    [{ destination: 'middle' }, 'rebalancing.destination'],
    [{ destination: { fraction: '2' } }, 'rebalancing.destination.fraction'],
    [{ bands: { BTC: 0.1 } }, 'rebalancing.bands.BTC'],
    [{ bandTerms: { riskAversion: '0' } }, 'rebalancing.bandTerms.riskAversion'],
    [{ approval: 'auto', autoApprove: { maxUsd: null } }, 'rebalancing.autoApprove.maxUsd'],
    [{ approval: 'auto', autoApprove: { maxUsdPerDay: '0' } }, 'rebalancing.autoApprove.maxUsdPerDay'],
    [{ approval: 'auto', autoApprove: false }, 'rebalancing.autoApprove'],
  ])('are refused by the place: %j', (rebalancing, path) => {
    const loaded = load(rebalancing);
    expect(loaded.ok ? [] : loaded.problems.map((problem) => problem.path)).toContain(path);
  });
});

describe('how far targets are traded to', () => {
  const planning = (rebalancing: object, targets: object = {}) => {
    const loaded = loadConfiguration({
      path: 'config.json',
      environment: {},
      readFile: () => JSON.stringify({ venues: [], targets, rebalancing }),
    });
    return loaded.ok ? serviceSettingsOf(loaded.configuration, 'paper').planning : loaded.problems;
  };
  const terms = { riskAversion: '3', fixedCostUsd: '0.1' };

  it('is all the way unless it is said otherwise', () => {
    expect(planning({})).toBeUndefined();
    expect(planning({ destination: 'target' })).toBeUndefined();
  });

  it('is a destination of a band, the optimal one where none is named', () => {
    expect(planning({ destination: 'edge' })).toEqual({
      destination: 'edge',
      bands: { widths: 'optimal', ...terms },
    });
    expect(planning({ destination: { fraction: '0.875' }, bands: 'hybrid' })).toEqual({
      destination: { fraction: '0.875' },
      bands: { widths: 'hybrid', ...terms },
    });
    const bands = { BTC: '0.05', CASH: 'optimal' };
    expect(planning({ bands }, { BTC: '0.5', CASH: '0.5' })).toEqual({
      destination: 'target',
      bands: { widths: bands, ...terms },
    });
  });

  it('is refused for a group without a target', () => {
    expect(planning({ bands: { ETH: '0.05' } }, { BTC: '0.5', CASH: '0.5' })).toMatchObject([
      { path: 'rebalancing.bands.ETH', expected: 'one of BTC, CASH, which have a target' },
    ]);
  });
});

describe('the returns of a configuration', () => {
  const DAY_MS = 86_400_000;
  const loadWith = (more: { readonly rebalancing: object; readonly [key: string]: unknown }) =>
    loadConfiguration({
      path: '/etc/trueup/config.json',
      environment: {},
      // What the file of returns says is read while the service runs: nothing but the configuration is asked for.
      readFile: (path) => {
        expect(path).toBe('/etc/trueup/config.json');
        return JSON.stringify({ venues: [], ...more });
      },
    });
  const loaded = (more: Parameters<typeof loadWith>[0]) => {
    const result = loadWith(more);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const { targetFiles } = result.configuration;
    return { files: targetFiles.returns, ...serviceSettingsOf(result.configuration, 'paper') };
  };

  it('are none, with no limit, unless a file is named', () => {
    const { files, returnsAgeMaxMs } = loaded({ rebalancing: { returnsMaxAgeSeconds: 86_400 } });
    expect({ files, returnsAgeMaxMs }).toEqual({ files: [], returnsAgeMaxMs: undefined });
  });

  it('are a file by its path from the folder of the configuration, used for thirty days unless it is said', () => {
    const { files, returnsAgeMaxMs } = loaded({ rebalancing: { returnsFile: 'returns.csv' } });
    expect(files).toEqual([{ name: 'returns.csv', path: '/etc/trueup/returns.csv', uses: ['covariance'] }]);
    expect(returnsAgeMaxMs).toBe(30 * DAY_MS);
    const rebalancing = { returnsFile: '/var/returns.json', returnsMaxAgeSeconds: 259_200 };
    expect(loaded({ rebalancing })).toMatchObject({
      files: [{ path: '/var/returns.json' }],
      returnsAgeMaxMs: 3 * DAY_MS,
    });
  });

  it('are one file where the method has the same, and each has its own limit', () => {
    const targets = { BTC: '0.5', CASH: '0.5' };
    const returns = { file: 'returns.csv', maxAgeSeconds: 86_400 };
    const method = { kind: 'risk_parity', returns };
    const both = loaded({ targets, method, rebalancing: { returnsFile: './returns.csv' } });
    expect(both.files).toEqual([
      { name: 'returns.csv', path: '/etc/trueup/returns.csv', uses: ['targets', 'covariance'] },
    ]);
    expect(both.targeting?.returnsAgeMaxMs).toBe(DAY_MS);
    expect(both.returnsAgeMaxMs).toBe(30 * DAY_MS);
    const apart = loaded({ targets, method, rebalancing: { returnsFile: 'others.json' } });
    expect(apart.files.map(({ name, uses }) => [name, uses])).toEqual([
      ['returns.csv', ['targets']],
      ['others.json', ['covariance']],
    ]);
  });

  it.each([
    [{ returnsFile: 'returns.txt' }, 'rebalancing.returnsFile'],
    [{ returnsFile: 'returns.csv', returnsMaxAgeSeconds: 60 }, 'rebalancing.returnsMaxAgeSeconds'],
  ])('are refused by the place: %j', (rebalancing, path) => {
    const result = loadWith({ rebalancing });
    expect(result.ok ? [] : result.problems.map((problem) => problem.path)).toEqual([path]);
  });
});
