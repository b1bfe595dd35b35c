import { describe, expect, it } from '@jest/globals';
import { settleSignal } from '../../../src/domain/signals/settle-signal.ts';
import type { Signal } from '../../../src/domain/signals/signal.ts';

const NOW_MS = 1_000_000;
const RULES = { sources: [{ source: 'desk', asset: 'BTC' }], reach: 0.5, cashMinPpm: 0 };
const signal = (changes: Partial<Signal> = {}): Signal => ({
  source: 'desk',
  asset: 'BTC',
  direction: 'long',
  strength: 1,
  confidence: 1,
  atMs: NOW_MS,
  expiresAtMs: NOW_MS + 1,
  ...changes,
});
const known = (before: Signal | null) => ({ rules: RULES, before, nowMs: NOW_MS });

describe('a signal that is reported', () => {
  it.each([
    ['kept', signal(), known(null)],
    ['kept', signal(), known(signal({ atMs: NOW_MS - 1 }))],
    ['late', signal(), known(signal({ atMs: NOW_MS + 1 }))],
    ['repeated', signal(), known(signal())],
    ['refused', signal({ direction: 'short' }), known(signal())],
    ['refused', signal({ asset: 'ETH' }), known(null)],
    ['refused', signal({ source: 'stranger' }), known(null)],
    ['kept', signal({ atMs: NOW_MS + 60_000, expiresAtMs: NOW_MS + 60_001 }), known(null)],
    ['refused', signal({ atMs: NOW_MS + 60_001, expiresAtMs: NOW_MS + 60_002 }), known(null)],
    ['refused', signal(), { ...known(null), rules: null }],
  ])('is %s', (status, reported, on) => {
    const outcome = settleSignal(reported, on);
    expect(outcome.status).toBe(status);
    expect(outcome.reason === '').toBe(status === 'kept');
  });
});
