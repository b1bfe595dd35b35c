import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Amount, amount } from '../../../src/domain/money/amount.ts';
import type { Discrepancy, DiscrepancyState } from '../../../src/domain/reconciliation/discrepancy.ts';
import { decideGates, type GateInput, isTradable } from '../../../src/domain/reconciliation/gate.ts';
import { confirmedOf, VENUE } from '../../support/reconciliation-fixtures.ts';

const NOW = 2_000_000;
const HOLD = { sinceMs: NOW - 1, requestId: 'q', reason: 'silent' };

function discrepancyOf(asset: string, more: Partial<Discrepancy> = {}): Discrepancy {
  const [discrepancy] = confirmedOf({ ETH: '10' }, { ETH: '9' });
  if (discrepancy === undefined) throw new Error('a difference is a discrepancy');
  return {
    ...discrepancy,
    id: asset,
    asset,
    subject: asset,
    valueUsd: amount('100'),
    state: 'unexplained',
    ...more,
  };
}

const decide = (more: Partial<GateInput> = {}) =>
  decideGates({
    venue: VENUE,
    isOpened: true,
    lastCertifiedAtMs: NOW - 1_000,
    nowMs: NOW,
    timeLimitMs: 300_000,
    discrepancies: [],
    navUsd: amount('1000000'),
    assets: ['BTC', 'ETH'],
    ...more,
  });

const openAssets = (more: Partial<GateInput>) =>
  decide(more)
    .assets.filter(({ isOpen }) => isOpen)
    .map(({ asset }) => asset);

describe('decideGates', () => {
  it.each<[string, Partial<GateInput>, string, readonly string[]]>([
    ['a fresh certified read without discrepancies', {}, 'active', ['BTC', 'ETH']],
    [
      'an unopened venue',
      { isOpened: false, discrepancies: ['A', 'B', 'C'].map((a) => discrepancyOf(a)) },
      'unopened',
      [],
    ],
    ['no certified read since the start', { lastCertifiedAtMs: null }, 'reduceOnly', []],
    ['silence at its limit', { lastCertifiedAtMs: NOW - 300_000 }, 'active', ['BTC', 'ETH']],
    ['silence beyond its limit', { lastCertifiedAtMs: NOW - 300_001 }, 'reduceOnly', []],
    ['one unexplained asset', { discrepancies: [discrepancyOf('ETH')] }, 'active', ['BTC']],
    ['two unexplained assets', { discrepancies: [discrepancyOf('ETH'), discrepancyOf('BTC')] }, 'active', []],
    [
      'three unexplained assets',
      { discrepancies: [discrepancyOf('ETH'), discrepancyOf('SOL'), discrepancyOf('XYZ')] },
      'reduceOnly',
      [],
    ],
    [
      'one percent of the portfolio unexplained',
      { discrepancies: [discrepancyOf('ETH', { valueUsd: amount('10000') })] },
      'active',
      ['BTC'],
    ],
    [
      'more than one percent',
      { discrepancies: [discrepancyOf('ETH', { valueUsd: amount('10000.01') })] },
      'reduceOnly',
      [],
    ],
    [
      'more than one percent, explained',
      {
        discrepancies: [
          discrepancyOf('ETH', { valueUsd: amount('99999'), state: 'explained', explanation: 'unique' }),
        ],
      },
      'active',
      ['BTC'],
    ],
    [
      'more than one percent, explained in more than one way',
      {
        discrepancies: [
          discrepancyOf('ETH', { valueUsd: amount('99999'), state: 'explained', explanation: 'ambiguous' }),
        ],
      },
      'reduceOnly',
      [],
    ],
    [
      'more than one percent, ambiguous and proposed',
      {
        discrepancies: [
          discrepancyOf('ETH', { valueUsd: amount('99999'), state: 'proposed', explanation: 'ambiguous' }),
        ],
      },
      'reduceOnly',
      [],
    ],
    [
      'an unpriced asset closes itself alone',
      { discrepancies: [discrepancyOf('ETH', { valueUsd: null })] },
      'active',
      ['BTC'],
    ],
    [
      'an unpriced asset in a portfolio of unknown value',
      { navUsd: null, discrepancies: [discrepancyOf('ETH', { valueUsd: null })] },
      'reduceOnly',
      [],
    ],
    [
      'what has been confirmed is not excused by what is under way',
      { discrepancies: [discrepancyOf('ETH', { state: 'unexplained', class: 'pending' })] },
      'active',
      ['BTC'],
    ],
    [
      'unexplained value in a portfolio of unknown value',
      { navUsd: null, discrepancies: [discrepancyOf('ETH')] },
      'reduceOnly',
      [],
    ],
    [
      'what is pending closes nothing',
      { discrepancies: [discrepancyOf('ETH', { state: 'suspected', class: 'pending' })] },
      'active',
      ['BTC', 'ETH'],
    ],
    [
      'a suspicion closes its asset',
      { discrepancies: [discrepancyOf('ETH', { state: 'suspected' })] },
      'active',
      ['BTC'],
    ],
    [
      'what has been corrected closes nothing',
      { discrepancies: [discrepancyOf('ETH', { state: 'corrected' })] },
      'active',
      ['BTC', 'ETH'],
    ],
    [
      'what another venue has closes nothing',
      { discrepancies: [discrepancyOf('ETH', { venue: 'other' })] },
      'active',
      ['BTC', 'ETH'],
    ],
    ['a stream that was lost', { hold: HOLD }, 'reduceOnly', []],
    ['a hold on what is unopened', { isOpened: false, hold: HOLD }, 'unopened', []],
    ['a broken audit log', { isAuditBroken: true }, 'halted', []],
  ])('%s', (_, more, mode, open) => {
    expect(decide(more).mode).toBe(mode);
    expect(openAssets(more)).toEqual(open);
  });

  it('answers for assets that nobody named', () => {
    expect(isTradable(decide(), 'SOL')).toBe(true);
    expect(isTradable(decide({ discrepancies: [discrepancyOf('SOL')] }), 'SOL')).toBe(false);
    expect(isTradable(decide({ lastCertifiedAtMs: null }), 'SOL')).toBe(false);
  });
});

describe('invariants of gates', () => {
  const state = fc.constantFrom<DiscrepancyState>(
    'suspected',
    'confirmed',
    'explained',
    'unexplained',
    'proposed',
    'corrected',
    'accepted',
    'rejected',
    'closed',
  );
  const value = fc.constantFrom<Amount | null>(amount('5'), amount('9000'), null);
  const list = fc.array(
    fc
      .tuple(fc.constantFrom('BTC', 'ETH', 'SOL', 'XYZ'), state, value)
      .map(([asset, s, valueUsd]) => discrepancyOf(asset, { state: s, valueUsd })),
    { maxLength: 6 },
  );
  const times = fc.record({
    lastCertifiedAtMs: fc.option(fc.integer({ min: 0, max: NOW })),
    isOpened: fc.boolean(),
  });
  const severityOf = { active: 0, reduceOnly: 1, halted: 2, unopened: 2 } as const;

  it('1. Every gate is closed until a certified read within the time limit says otherwise.', () =>
    fc.assert(
      fc.property(list, times, (discrepancies, at) => {
        const isFresh = at.lastCertifiedAtMs !== null && NOW - at.lastCertifiedAtMs <= 300_000;
        const decision = decide({ discrepancies, ...at });
        if (!isFresh || !at.isOpened)
          expect([decision.isOpen, ...decision.assets.map(({ isOpen }) => isOpen)]).not.toContain(true);
      }),
    ));

  it('4. A hold closes every gate of its venue, whatever was certified before.', () =>
    fc.assert(
      fc.property(list, times, (discrepancies, at) => {
        const decision = decide({ discrepancies, ...at, hold: HOLD });
        expect([decision.isOpen, ...decision.assets.map(({ isOpen }) => isOpen)]).not.toContain(true);
        expect(decision.mode).not.toBe('active');
      }),
    ));

  it('5. While a person has stopped trading, every gate is closed.', () =>
    fc.assert(
      fc.property(list, times, (discrepancies, at) => {
        const killSwitch = { isOn: true, by: 'person:a', atMs: 1, reason: 'a test' };
        const decision = decide({ discrepancies, ...at, killSwitch });
        expect([decision.isOpen, ...decision.assets.map(({ isOpen }) => isOpen)]).not.toContain(true);
        expect([decision.mode, decision.reason]).toEqual(['halted', 'person:a stopped trading: a test']);
      }),
    ));

  it('2. More discrepancies never open a gate.', () =>
    fc.assert(
      fc.property(list, list, (some, more) => {
        const before = decide({ discrepancies: some });
        const after = decide({ discrepancies: [...some, ...more] });
        expect(severityOf[after.mode]).toBeGreaterThanOrEqual(severityOf[before.mode]);
        for (const { asset, isOpen } of after.assets)
          if (isOpen) expect(isTradable(before, asset)).toBe(true);
      }),
    ));

  it('3. An unopened venue is closed, and nothing else is said of it.', () =>
    fc.assert(
      fc.property(list, (discrepancies) => {
        const { mode, isOpen } = decide({ discrepancies, isOpened: false });
        expect({ mode, isOpen }).toEqual({ mode: 'unopened', isOpen: false });
      }),
    ));
});
