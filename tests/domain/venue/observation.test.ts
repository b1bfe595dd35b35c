import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UNKNOWN_REASONS } from '../../../src/app/metrics/label-values.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { sha256Hex } from '../../../src/domain/hash.ts';
import { decideGates } from '../../../src/domain/reconciliation/gate.ts';
import { reportStatus } from '../../../src/domain/reconciliation/report-status.ts';
import {
  type Certificate,
  CLOCK_SKEW_MAX_MS,
  certify,
  type Evidence,
  unknown,
} from '../../../src/domain/venue/observation.ts';
import { snapshotIdOf, verifySnapshot } from '../../../src/domain/venue/verify-snapshot.ts';
import { compareOf, confirmedOf, VENUE } from '../../support/reconciliation-fixtures.ts';

const EVIDENCE: Evidence = {
  venue: VENUE,
  kind: 'coinbase',
  scope: 'portfolio-1',
  complete: true,
  observedAtMs: 1_000_000,
  clockSkewMs: null,
  watermarkBefore: { activity: 'a1', height: null },
  watermarkAfter: { activity: 'a1', height: null },
  pages: [{ endpoint: 'GET /accounts', rows: 1, sha256: 'ab'.repeat(32) }],
  sources: ['https://venue.example'],
};

const anyEvidence: fc.Arbitrary<Evidence> = fc
  .record({
    complete: fc.boolean(),
    before: fc.constantFrom('a1', 'a2'),
    after: fc.constantFrom('a1', 'a2'),
    clockSkewMs: fc.option(fc.integer({ min: -3_000, max: 3_000 })),
  })
  .map(({ complete, before, after, clockSkewMs }) => ({
    ...EVIDENCE,
    complete,
    clockSkewMs,
    watermarkBefore: { activity: before, height: null },
    watermarkAfter: { activity: after, height: null },
  }));

const anyUnknown = fc
  .record({
    reason: fc.constantFrom(...UNKNOWN_REASONS),
    retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ reason, retryAfterMs }) => unknown(reason, 'detail', retryAfterMs));

const anyAmounts = fc.dictionary(
  fc.constantFrom('BTC', 'ETH', 'USD'),
  fc.integer({ min: 1, max: 9 }).map(String),
);

describe('invariants of observations', () => {
  it('1. A `Known` exists only with a certificate, and a certificate only of a complete and coherent read.', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyEvidence, (value, evidence) => {
        const observed = certify(value, evidence);
        const isCoherent = evidence.watermarkBefore.activity === evidence.watermarkAfter.activity;
        const isInTime = Math.abs(evidence.clockSkewMs ?? 0) <= CLOCK_SKEW_MAX_MS;
        expect(observed.state).toBe(evidence.complete && isCoherent && isInTime ? 'known' : 'unknown');
        if (observed.state === 'unknown') expect(observed).not.toHaveProperty('value');
        else expect(observed.certificate).toMatchObject({ complete: true, coherent: true });
      }),
    );
    const forged = { ...EVIDENCE, complete: true, coherent: true, contentSha256: '' } as const;
    // @ts-expect-error a certificate is made by `certify` alone.
    const certificate: Certificate = forged;
    expect(certificate).toBe(forged);
  });

  it('2. Nothing turns an `Unknown` into zero, into empty or into flat.', () => {
    fc.assert(
      fc.property(anyUnknown, anyAmounts, anyAmounts, (observed, booked, shown) => {
        expect(observed).not.toHaveProperty('value');
        const discrepancies = confirmedOf(booked, shown);
        expect(reportStatus(observed)).toBe('inconclusive');
        expect(reportStatus(observed, discrepancies)).toBe('inconclusive');
        // Where nothing was ever known, every gate is closed; no discrepancy is taken back either.
        const gates = { venue: VENUE, isOpened: true, lastCertifiedAtMs: null, nowMs: 1, timeLimitMs: 10 };
        expect(decideGates({ ...gates, discrepancies, navUsd: null }).isOpen).toBe(false);
      }),
    );
    // @ts-expect-error what is unknown is not compared.
    expect(() => compareOf({}, {}, { snapshot: unknown('timedOut', 'detail') })).toThrow();
  });

  it('3. A certificate names the digest of what it vouches for: neither can be changed without the other.', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (value, other) => {
        const [one, another] = [certify(value, EVIDENCE), certify({ ...value, other }, EVIDENCE)];
        if (one.state === 'unknown' || another.state === 'unknown') throw new Error('both are complete');
        expect(one.certificate.contentSha256).toBe(sha256Hex(canonicalJson(value)));
        const stored = (held: typeof one, vouched: typeof one) => {
          const [certificate, body] = [canonicalJson(vouched.certificate), canonicalJson(held.value)];
          const id = snapshotIdOf({ certificate, body });
          return { id, venue: VENUE, observedAtMs: EVIDENCE.observedAtMs, certificate, body };
        };
        expect(verifySnapshot(stored(one, one)).verdict).toBe('intact');
        const isSame = canonicalJson(value) === canonicalJson({ ...value, other });
        for (const mixed of [stored(one, another), stored(another, one)])
          expect(verifySnapshot(mixed).verdict).toBe(isSame ? 'intact' : 'altered');
      }),
    );
  });
});
