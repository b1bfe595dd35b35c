import { describe, expect, it } from '@jest/globals';
import type { Announcement } from '../../actors/messages/announcements.ts';
import { RuntimeFollower } from '../../src/app/runtime-state.ts';
import { TurnClock } from '../../src/platform/turn-clock.ts';
import { RequestGate } from '../../src/resilience/request-gate.ts';

function follower() {
  const clock = new TurnClock(0);
  const gateOf = () => new RequestGate({ burst: 10, perSecond: 1, concurrencyMax: 2, clock });
  const gates = new Map([
    ['cb', gateOf()],
    ['sol', gateOf()],
  ]);
  const runtime = new RuntimeFollower({
    mode: 'paper',
    now: clock.now,
    health: () => 'healthy',
    gates,
    streamOf: (venue) => (venue === 'cb' ? { state: 'live', isHeld: false } : null),
  });
  const hear = (announcement: object) => runtime.hear(announcement as Announcement);
  const venueOf = (venue: string) => runtime.state().venues.find((each) => each.venue === venue);
  return { clock, gates, runtime, hear, venueOf };
}

describe('the state of a running service', () => {
  it('begins with every breaker closed, a full budget and no tries', () => {
    const { runtime } = follower();
    const closed = { state: 'closed', changedAtMs: null, reason: '' };
    const venue = {
      requests: { tokens: 10, underWay: 0, waiting: 0 },
      breakers: { account: closed, activity: closed, markets: closed },
      retries: 0,
    };
    expect(runtime.state()).toEqual({
      atMs: 0,
      health: 'healthy',
      mode: 'paper',
      venues: [
        { venue: 'cb', ...venue, stream: { state: 'live', isHeld: false } },
        { venue: 'sol', ...venue, stream: null },
      ],
    });
  });

  it('shows what is under way and waits, and what is left of the budget', async () => {
    const { gates, venueOf } = follower();
    const stop = new AbortController();
    for (let n = 0; n < 3; n += 1)
      gates
        .get('cb')
        ?.pass('reconcile', stop.signal, () => new Promise(() => undefined))
        .catch(() => undefined);
    expect(venueOf('cb')?.requests).toEqual({ tokens: 8, underWay: 2, waiting: 1 });
    expect(venueOf('sol')?.requests).toEqual({ tokens: 10, underWay: 0, waiting: 0 });
    stop.abort();
  });

  it('follows each breaker of each venue', () => {
    const { hear, venueOf } = follower();
    const open = { type: 'breakerChanged', atMs: 5, venue: 'cb', endpointClass: 'markets', state: 'open' };
    hear({ ...open, reason: 'open for 30000 ms after 5 failures: no route' });
    expect(venueOf('cb')?.breakers).toMatchObject({
      account: { state: 'closed' },
      markets: { state: 'open', changedAtMs: 5, reason: 'open for 30000 ms after 5 failures: no route' },
    });
    expect(venueOf('sol')?.breakers.markets.state).toBe('closed');
    hear({ ...open, state: 'halfOpen', reason: 'one probe' });
    expect(venueOf('cb')?.breakers.markets.state).toBe('halfOpen');
  });

  it.each([
    ['it is over', { type: 'venueReportMade', venue: 'cb', isRoundOver: true }, 0],
    ['it looks again', { type: 'venueReportMade', venue: 'cb', isRoundOver: false }, 2],
    ['another is over', { type: 'venueReportMade', venue: 'sol', isRoundOver: true }, 2],
    ['its worker crashes', { type: 'workerChanged', worker: 'reconciliation:cb' }, 0],
    ['another worker crashes', { type: 'workerChanged', worker: 'portfolio' }, 2],
  ])('counts the tries of a round: when %s', (_when, announcement, retries) => {
    const { hear, venueOf } = follower();
    for (const endpointClass of ['account', 'markets'])
      hear({ type: 'readRetried', venue: 'cb', endpointClass, reason: 'timedOut' });
    hear(announcement);
    expect(venueOf('cb')?.retries).toBe(retries);
  });
});
