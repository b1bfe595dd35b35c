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
      approval: 'ask',
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
      approval: 'approved',
    });
  });

  it.each([
    [{ triggers: { absolute: '0' } }, 'rebalancing.triggers.absolute'],
    [{ triggers: { calendar: {} } }, 'rebalancing.triggers.calendar.every'],
    [{ triggers: { calendar: { every: 'day', zone: 'Mars' } } }, 'rebalancing.triggers.calendar.zone'],
    [{ triggers: { calendar: { every: 'day', at: '24:00' } } }, 'rebalancing.triggers.calendar.at'],
    [{ triggers: { calendar: { every: 'month', day: 32 } } }, 'rebalancing.triggers.calendar.day'],
    [{ triggers: { drift: '0.1' } }, 'rebalancing.triggers.drift'],
    [{ approval: 'never' }, 'rebalancing.approval'],
  ])('are refused by the place: %j', (rebalancing, path) => {
    const loaded = load(rebalancing);
    expect(loaded.ok ? [] : loaded.problems.map((problem) => problem.path)).toContain(path);
  });
});
