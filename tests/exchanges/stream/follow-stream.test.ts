import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type FollowedStream,
  followStream,
  type StreamEvent,
} from '../../../src/exchanges/stream/follow-stream.ts';
import {
  alive,
  broken,
  type Heard,
  moved,
  type StreamChannel,
} from '../../../src/exchanges/stream/stream-channel.ts';
import { openSocket } from '../../../src/exchanges/stream/stream-socket.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type StreamConnection, type StreamServer, serveStream, until } from '../../support/stream-server.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const MEANINGS: Readonly<Record<string, Heard>> = { live: { kind: 'live' }, moved, alive };

/** A protocol of a few words. */
const WORDS: StreamChannel<null> = {
  opened: null,
  subscribe: () => ['{"say":"hello"}'],
  hear: (_, text) => {
    return { state: null, heard: MEANINGS[text] ?? broken(`found ${text}`) };
  },
  silenceMaxMs: 10_000,
};

async function follow(script: Parameters<typeof serveStream>[0] = {}, random = 1 - 2 ** -53) {
  const server = await serveStream(script);
  return followAt(server, random);
}

function followAt(server: StreamServer, random: number, url = server.url) {
  const clock = new ManualClock();
  const events: string[] = [];
  const stream: FollowedStream = followStream({
    url,
    channel: WORDS,
    clock,
    random: () => random,
    tell: (event: StreamEvent) => events.push(event.kind === 'lost' ? `lost: ${event.reason}` : event.kind),
    openSocket,
  });
  closing.push(server.close, () => stream.stop());
  const connected = async (count: number): Promise<StreamConnection> => {
    await until(() => (server.connections[count - 1]?.heard.length ?? 0) > 0, `connection ${count}`);
    return server.connections[count - 1] as StreamConnection;
  };
  const told = (count: number): Promise<void> =>
    until(() => events.length >= count, `${count} events, found ${events.join(', ')}`);
  return { server, clock, events, stream, connected, told };
}

describe('a followed stream', () => {
  it('subscribes, is live, and tells of what moves', async () => {
    const { events, connected, told } = await follow();
    const peer = await connected(1);
    expect(peer.heard).toEqual([{ say: 'hello' }]);
    peer.say('alive', 'live', 'moved');
    await told(2);
    expect(events).toEqual(['live', 'moved']);
  });

  it('tells nothing of what moves before it is live', async () => {
    const { events, connected, told } = await follow();
    (await connected(1)).say('moved', 'live', 'live');
    await told(1);
    expect(events).toEqual(['live']);
  });

  it('tells at once of what moves, and of what follows within a second together', async () => {
    const { clock, events, connected, told } = await follow();
    const peer = await connected(1);
    peer.say('live', ...Array.from({ length: 50 }, () => 'moved'), 'alive');
    await told(2);
    await clock.advance(999);
    expect(events).toEqual(['live', 'moved']);
    await clock.advance(1);
    expect(events).toEqual(['live', 'moved', 'moved']);
    await clock.advance(5_000);
    expect(events).toHaveLength(3);
  });

  it.each<[string, (peer: StreamConnection) => void, string]>([
    ['a closed connection', (peer) => peer.leave(1012, 'restart'), 'lost: closed with 1012 restart'],
    ['a connection that is cut', (peer) => peer.cut(), 'lost: closed with 1006'],
    ['what the protocol calls broken', (peer) => peer.say('gibberish'), 'lost: found gibberish'],
    [
      'a binary message',
      (peer) => peer.sayBinary(new Uint8Array([1, 2])),
      'lost: expected a text message, found a binary one',
    ],
    [
      'a message that is too long',
      (peer) => peer.say('x'.repeat(8_388_609)),
      'lost: Max payload size exceeded',
    ],
  ])('is lost by %s, once, and begins anew', async (_, trouble, lost) => {
    const { clock, events, connected, told, server } = await follow();
    const peer = await connected(1);
    peer.say('live');
    await told(1);
    trouble(peer);
    await told(2);
    expect(events).toEqual(['live', lost]);
    await clock.advance(4_000);
    (await connected(2)).say('live');
    await told(3);
    expect(events).toEqual(['live', lost, 'live']);
    expect(server.open()).toBe(1);
  });

  it('is lost by silence, and not while something is said', async () => {
    const { clock, events, connected, told } = await follow();
    const peer = await connected(1);
    peer.say('live');
    await told(1);
    for (let seconds = 0; seconds < 27; seconds += 9) {
      await clock.advance(9_000);
      peer.say('moved');
      await told(events.length + 1);
    }
    await clock.advance(9_999);
    expect(events.some((event) => event.startsWith('lost'))).toBe(false);
    await clock.advance(1);
    expect(events.at(-1)).toBe('lost: silent for 10000 ms');
  });

  it('is lost where no subscription is confirmed in time, whatever else is said', async () => {
    const { clock, events, connected } = await follow();
    const peer = await connected(1);
    await clock.advance(14_000);
    peer.say('alive', 'moved');
    await clock.advance(999);
    expect(events).toEqual([]);
    await clock.advance(1);
    expect(events).toEqual(['lost: no subscription within 15000 ms']);
  });

  it('follows no redirect', async () => {
    const elsewhere = await serveStream();
    closing.push(elsewhere.close);
    const { events, told } = await follow({
      refuse: () => ({ status: 302, headers: { location: elsewhere.url } }),
    });
    await told(1);
    expect(events).toEqual(['lost: Unexpected server response: 302']);
    expect(elsewhere.connections).toEqual([]);
  });

  it('tells once that a venue cannot be reached, tries ever more slowly, and is live when it can', async () => {
    let refused = 0;
    const isBack = { now: false };
    const { clock, events, connected, told } = await follow({
      refuse: () => {
        if (isBack.now) return null;
        refused += 1;
        return { status: 503 };
      },
    });
    await told(1);
    // Ceilings of 500 ms, 1 s, 2 s are below what a venue wants between two connections; from 8 s on they double.
    const waits: number[] = [];
    for (let tries = 1; tries <= 9; tries += 1) {
      const before = refused;
      let waitedMs = 0;
      while (refused === before && waitedMs < 60_000) {
        await clock.advance(500, 500);
        waitedMs += 500;
        for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      }
      waits.push(waitedMs);
    }
    expect(waits.slice(0, 3).every((ms) => ms >= 4_000 && ms < 6_000)).toBe(true);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);
    expect(events).toEqual(['lost: Unexpected server response: 503']);
    isBack.now = true;
    await clock.advance(31_000);
    (await connected(1)).say('live');
    await told(2);
    expect(events).toEqual(['lost: Unexpected server response: 503', 'live']);
  });

  it('tells that nobody is there', async () => {
    const server = await serveStream();
    await server.close();
    const closed = { ...server, close: async () => {} };
    const { events, told } = followAt(closed, 0.5);
    await told(1);
    expect(events[0]).toMatch(/^lost: .*ECONNREFUSED/);
  });

  it('tells nothing once it is stopped, and leaves no connection behind', async () => {
    const { clock, events, stream, connected, told, server } = await follow();
    const peer = await connected(1);
    peer.say('live');
    await told(1);
    stream.stop();
    peer.say('moved');
    await until(() => server.open() === 0, 'no connection');
    await clock.advance(120_000);
    expect(events).toEqual(['live']);
    expect(server.connections).toHaveLength(1);
  });

  it('can be stopped before it is connected', async () => {
    const { clock, events, stream, server } = await follow();
    stream.stop();
    await clock.advance(120_000);
    await until(() => server.open() === 0, 'no connection');
    expect(events).toEqual([]);
  });
});
