import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type AdvancedAlerts,
  type AlertPolicy,
  type AlertState,
  acknowledgeAlert,
  advanceAlerts,
  DEFAULT_COOLDOWN_MS,
  NO_ALERTS,
  OCCURRENCE_STANDS_MS,
} from '../../../src/domain/alerts/advance-alerts.ts';
import { keyOf } from '../../../src/domain/alerts/alert.ts';
import type { AlertCode } from '../../../src/domain/alerts/alert-codes.ts';
import { isRecovered, isWorse, type Measure } from '../../../src/domain/alerts/measure.ts';
import {
  type Observations,
  type Occurrence,
  seen,
  sighting,
  unseen,
} from '../../../src/domain/alerts/observation.ts';
import { isQuiet, type QuietHours } from '../../../src/domain/alerts/quiet-hours.ts';
import { amount } from '../../../src/domain/money/amount.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const POLICY: AlertPolicy = { cooldownMs: DEFAULT_COOLDOWN_MS, quietHours: null };
const NIGHT: QuietHours = { zone: 'UTC', fromMinute: 22 * 60, toMinute: 7 * 60 };

const most = (value: string, bound = '10'): Measure => ({
  value: amount(value),
  bound: amount(bound),
  direction: 'atMost',
});
const least = (value: string, bound = '50'): Measure => ({
  value: amount(value),
  bound: amount(bound),
  direction: 'atLeast',
});

/** `leverage` is critical, `venueShare` a warning, `turnoverSpent` an info. */
const measured = (code: AlertCode, value: string, isBreached: boolean): Observations => ({
  looks: [
    seen(code, [
      sighting(code, { venue: 'north', detail: `it is ${value}` }, { measure: most(value), isBreached }),
    ]),
  ],
  occurrences: [],
});
const holds = (code: AlertCode, is = true): Observations => ({
  looks: [seen(code, is ? [sighting(code, { venue: 'north', detail: 'so it is' })] : [])],
  occurrences: [],
});
const happened = (atMs: number, code: AlertCode = 'workerCrashed'): Observations => ({
  looks: [],
  occurrences: [{ code, asset: null, venue: null, about: 'triggers', detail: 'a bug', atMs }],
});
const nothing: Observations = { looks: [], occurrences: [] };

/** Feeds observations in order, each with its time; gives what was told, as "minute reason". */
function run(steps: readonly (readonly [number, Observations])[], policy = POLICY) {
  let state: AlertState = NO_ALERTS;
  const tellings: string[] = [];
  const changes: string[] = [];
  let last: AdvancedAlerts | null = null;
  for (const [minute, observations] of steps) {
    last = advanceAlerts(state, observations, minute * MINUTE, policy);
    state = last.state;
    for (const { kind, tellings: each } of last.notifications)
      tellings.push(
        `${minute} ${kind === 'digest' ? 'digest of ' : ''}${each.map(({ reason }) => reason).join('+')}`,
      );
    for (const { change } of last.changes) changes.push(`${minute} ${change}`);
  }
  return { state, tellings, changes, last };
}

describe('a measure', () => {
  it.each([
    ['worse by a fifth', most('12'), most('10'), true],
    ['worse by less', most('11.99'), most('10'), false],
    ['better', most('9'), most('10'), false],
    ['the same', most('0'), most('0'), false],
    ['anything after zero', most('0.1'), most('0'), true],
    ['less by a fifth, where less is worse', least('40'), least('50'), true],
    ['less by less', least('40.01'), least('50'), false],
    ['below zero and worse', least('-12'), least('-10'), true],
  ])('is worse: %s', (_, now, before, expected) => {
    expect(isWorse(now, before)).toBe(expected);
  });

  it.each([
    ['at four fifths of the bound', most('8'), true],
    ['above them', most('8.01'), false],
    ['where less is worse, with a fifth of the value to spare', least('62.5'), true],
    ['where less is worse, with less to spare', least('62.49'), false],
    ['at nothing of a bound of nothing', most('0', '0'), true],
  ])('is recovered %s', (_, measure, expected) => {
    expect(isRecovered(measure)).toBe(expected);
  });
});

describe('quiet hours', () => {
  const at = (iso: string, hours: QuietHours) => isQuiet(hours, Date.parse(iso));
  const berlin = { ...NIGHT, zone: 'Europe/Berlin' };
  it.each([
    ['2026-01-15T20:59:00Z', berlin, false],
    ['2026-01-15T21:00:00Z', berlin, true],
    ['2026-01-16T05:59:00Z', berlin, true],
    ['2026-01-16T06:00:00Z', berlin, false],
    // In summer its clocks are an hour further.
    ['2026-07-15T20:00:00Z', berlin, true],
    ['2026-07-16T05:00:00Z', berlin, false],
    // The night in which they go back: two hours are called 2.
    ['2026-10-25T00:30:00Z', { ...berlin, fromMinute: 120, toMinute: 180 }, true],
    ['2026-10-25T01:30:00Z', { ...berlin, fromMinute: 120, toMinute: 180 }, true],
    ['2026-10-25T02:00:00Z', { ...berlin, fromMinute: 120, toMinute: 180 }, false],
    ['2026-01-15T12:00:00Z', { zone: 'UTC', fromMinute: 720, toMinute: 720 }, false],
  ])('%s of %j: %s', (iso, hours, expected) => {
    expect(at(iso, hours)).toBe(expected);
  });
});

describe('an alert', () => {
  it.each<[string, readonly (readonly [number, Observations])[], readonly string[]]>([
    ['is told when it opens', [[0, holds('leverage')]], ['0 opened']],
    [
      'that is critical is repeated every five minutes, and told to be over',
      [
        [0, holds('leverage')],
        [4, holds('leverage')],
        [5, holds('leverage')],
        [9, holds('leverage')],
        [10, holds('leverage', false)],
        [11, holds('leverage', false)],
      ],
      ['0 opened', '5 repeated', '10 resolved'],
    ],
    [
      'that is a warning is repeated every hour',
      [
        [0, holds('venueShare')],
        [59, holds('venueShare')],
        [60, holds('venueShare')],
      ],
      ['0 opened', '60 repeated'],
    ],
    [
      'that is an info is repeated every day',
      [
        [0, holds('turnoverSpent')],
        [1_439, holds('turnoverSpent')],
        [1_440, holds('turnoverSpent')],
      ],
      ['0 opened', '1440 repeated'],
    ],
    [
      'that worsens by a fifth is told at once, and a fifth is of what was told last',
      [
        [0, measured('venueShare', '10', true)],
        [1, measured('venueShare', '11.9', true)],
        [2, measured('venueShare', '12', true)],
        [3, measured('venueShare', '14.3', true)],
        [4, measured('venueShare', '14.4', true)],
      ],
      ['0 opened', '2 worsened', '4 worsened'],
    ],
    [
      'stays open between its bound and four fifths of it',
      [
        [0, measured('venueShare', '10', true)],
        [1, measured('venueShare', '9', false)],
        [2, measured('venueShare', '10.5', true)],
        [3, measured('venueShare', '8', false)],
        [4, measured('venueShare', '9.9', false)],
      ],
      ['0 opened', '3 resolved'],
    ],
    [
      'that could not be judged stays as it is',
      [
        [0, holds('leverage')],
        [1, { looks: [unseen('leverage')], occurrences: [] }],
        [2, nothing],
        [3, holds('leverage', false)],
      ],
      ['0 opened', '3 resolved'],
    ],
    [
      'that comes and goes is raised once in its cooldown',
      [
        [0, holds('leverage')],
        [1, holds('leverage', false)],
        [2, holds('leverage')],
        [3, holds('leverage', false)],
        [4, holds('leverage')],
        [5, holds('leverage')],
        [6, holds('leverage', false)],
      ],
      ['0 opened', '1 resolved', '5 reopened', '6 resolved'],
    ],
    [
      'that comes back after its cooldown is another one',
      [
        [0, holds('leverage')],
        [1, holds('leverage', false)],
        [6, holds('leverage')],
      ],
      ['0 opened', '1 resolved', '6 opened'],
    ],
    [
      'of what happened ends an hour after it last did',
      [
        [0, happened(0)],
        [10, happened(10 * MINUTE)],
        [69, nothing],
        [70, nothing],
      ],
      ['0 opened', '69 repeated', '70 resolved'],
    ],
    [
      'of what happened is repeated only where it happened again',
      [
        [0, happened(0)],
        [50, happened(50 * MINUTE)],
        [60, nothing],
        [100, happened(100 * MINUTE)],
        [119, nothing],
        [120, nothing],
        [159, nothing],
        [160, nothing],
      ],
      ['0 opened', '60 repeated', '120 repeated', '160 resolved'],
    ],
  ])('%s', (_, steps, expected) => {
    expect(run(steps).tellings).toEqual(expected);
  });

  it('that is acknowledged is not repeated until it worsens', () => {
    const { state } = run([[0, measured('leverage', '10', true)]]);
    const [key, alert] = [...state.alerts][0] ?? [];
    if (key === undefined || alert === undefined) throw new Error('an alert was opened');
    const by = { by: 'person:ann', reason: 'seen', atMs: MINUTE };
    let now: AlertState = { ...state, alerts: new Map([[key, acknowledgeAlert(alert, by)]]) };
    const reasons: string[] = [];
    for (const [minute, value] of [
      [6, '10'],
      [60, '11.9'],
      [61, '12'],
      [66, '12'],
      [67, '1'],
    ] as const) {
      const next = advanceAlerts(now, measured('leverage', value, value !== '1'), minute * MINUTE, POLICY);
      now = next.state;
      reasons.push(
        ...next.notifications.flatMap(({ tellings }) => tellings.map(({ reason }) => `${minute} ${reason}`)),
      );
    }
    expect(reasons).toEqual(['61 worsened', '66 repeated', '67 resolved']);
  });

  it('has one id however it is found, and keeps the worst of several sightings', () => {
    const worst = sighting('venueShare', { venue: 'north', detail: 'b' }, { measure: most('20') });
    const others = [
      sighting('venueShare', { venue: 'north', detail: 'a' }, { measure: most('12') }),
      worst,
      sighting('venueShare', { venue: 'north', detail: 'c' }, { measure: most('30'), isBreached: false }),
    ];
    for (const order of [others, others.toReversed()]) {
      const { state } = run([[0, { looks: [seen('venueShare', order)], occurrences: [] }]]);
      expect([...state.alerts.values()].map(({ detail }) => detail)).toEqual(['b']);
    }
  });

  it('of many of one level at once is told in one message', () => {
    const found = Array.from({ length: 6 }, (_, index) =>
      sighting('leverage', { venue: `v${index}`, detail: '' }),
    );
    const steps = (count: number) =>
      run([[0, { looks: [seen('leverage', found.slice(0, count))], occurrences: [] }]]);
    expect(steps(5).tellings).toHaveLength(5);
    expect(steps(6).tellings).toEqual(['0 digest of opened+opened+opened+opened+opened+opened']);
  });
});

describe('within quiet hours', () => {
  const quiet: AlertPolicy = { ...POLICY, quietHours: NIGHT };
  it('what is critical is told, and the rest when they end, also what has passed', () => {
    const both = (warning: boolean): Observations => ({
      looks: [...holds('leverage').looks, ...holds('venueShare').looks, ...holds('cashLow', warning).looks],
      occurrences: [],
    });
    const { tellings, changes } = run(
      [
        [23 * 60, both(true)],
        [24 * 60, both(false)],
        [31 * 60 - 1, both(false)],
        [31 * 60, both(false)],
      ],
      quiet,
    );
    expect(tellings).toEqual([
      '1380 opened',
      '1440 repeated',
      '1859 repeated',
      '1860 digest of opened+passed',
    ]);
    // Programs hear of everything as it happens.
    expect(changes).toEqual(['1380 opened', '1380 opened', '1380 opened', '1440 resolved']);
  });
});

// Properties over random weeks of looks, every minute to every few hours.
const CODES = ['leverage', 'venueShare', 'turnoverSpent', 'workerCrashed'] as const;
const step = fc.record({
  afterMs: fc.integer({ min: MINUTE, max: 3 * HOUR }),
  found: fc.array(
    fc.record({
      code: fc.constantFrom('leverage', 'venueShare', 'turnoverSpent'),
      value: fc.integer({ min: 0, max: 30 }),
      isKnown: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  crashes: fc.boolean(),
});

interface Told {
  readonly key: string;
  readonly id: string;
  readonly reason: string;
  readonly atMs: number;
  readonly level: 'critical' | 'warning' | 'info';
}

function replay(
  steps: readonly {
    afterMs: number;
    found: readonly { code: string; value: number; isKnown: boolean }[];
    crashes: boolean;
  }[],
  policy: AlertPolicy,
) {
  let state: AlertState = NO_ALERTS;
  let nowMs = 0;
  const told: Told[] = [];
  const opened = new Map<string, string>();
  const resolved = new Set<string>();
  const advance = (observations: Observations): void => {
    const next = advanceAlerts(state, observations, nowMs, policy);
    state = next.state;
    for (const { change, alert } of next.changes) {
      if (change === 'opened') opened.set(alert.id, keyOf(alert));
      if (change === 'resolved') resolved.add(alert.id);
      else resolved.delete(alert.id);
    }
    for (const { tellings, level } of next.notifications)
      for (const { reason, alert } of tellings)
        told.push({ key: keyOf(alert), id: alert.id, reason, atMs: nowMs, level });
  };
  for (const { afterMs, found, crashes } of steps) {
    nowMs += afterMs;
    const looks = found.map(({ code, value, isKnown }) => {
      const own = code as (typeof CODES)[number];
      return isKnown
        ? seen(own, [sighting(own, { detail: '' }, { measure: most(String(value)), isBreached: value > 10 })])
        : unseen(own);
    });
    const occurrences: Occurrence[] = crashes
      ? [{ code: 'workerCrashed', asset: null, venue: null, about: 'w', detail: '', atMs: nowMs }]
      : [];
    advance({ looks, occurrences });
  }
  // Everything is well in the end, and every quiet hour over: noon of a later day.
  nowMs = (Math.ceil(nowMs / (24 * HOUR)) + 3) * 24 * HOUR + 12 * HOUR;
  const well = CODES.slice(0, 3).map((code) => seen(code, []));
  advance({ looks: well, occurrences: [] });
  nowMs += 2 * OCCURRENCE_STANDS_MS;
  advance({ looks: well, occurrences: [] });
  return { told, opened, resolved, state };
}

describe.each([
  ['without quiet hours', POLICY],
  ['with quiet hours', { ...POLICY, quietHours: NIGHT }],
])('over random weeks %s', (_, policy) => {
  const property = (check: (outcome: ReturnType<typeof replay>) => void) =>
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => check(replay(steps, policy))),
      {
        numRuns: 400,
      },
    );

  it('every alert that is opened is told at least once', () => {
    property(({ told, opened }) => {
      for (const id of opened.keys()) expect(told.filter((each) => each.id === id)).not.toEqual([]);
    });
  });

  it('an alert is never told again within its cooldown unless it has worsened', () => {
    property(({ told }) => {
      const raisedAtMs = new Map<string, number>();
      for (const { key, reason, atMs, level } of told) {
        if (reason === 'resolved') continue;
        const before = raisedAtMs.get(key);
        if (before !== undefined && reason !== 'worsened')
          expect(atMs - before).toBeGreaterThanOrEqual(policy.cooldownMs[level]);
        raisedAtMs.set(key, atMs);
      }
    });
  });

  it('what was told to be there is told to be over, once it is', () => {
    property(({ told, opened, resolved }) => {
      for (const id of opened.keys()) {
        expect(resolved.has(id)).toBe(true);
        const last = told.filter((each) => each.id === id).at(-1);
        expect(['resolved', 'passed']).toContain(last?.reason);
      }
    });
  });

  it('nothing but what is critical is told within quiet hours', () => {
    property(({ told }) => {
      for (const { level, atMs } of told)
        if (level !== 'critical' && policy.quietHours !== null)
          expect(isQuiet(policy.quietHours, atMs)).toBe(false);
    });
  });

  it('nothing is left behind of what is over', () => {
    property(({ state }) => {
      expect([...state.alerts.values()].filter((alert) => alert.state === 'open')).toEqual([]);
    });
  });
});

it('what could not be judged neither opens nor ends an alert', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...CODES)), fc.integer({ min: 0, max: HOUR }), (codes, afterMs) => {
      const { state } = run([[0, holds('leverage')]]);
      const looks = codes.map((code) => unseen(code));
      const next = advanceAlerts(state, { looks, occurrences: [] }, afterMs, POLICY);
      expect(next.changes).toEqual([]);
      expect([...next.state.alerts.values()].map((alert) => alert.state)).toEqual(['open']);
    }),
  );
});
