import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface StreamConnection {
  /** What the client has sent on it, parsed. */
  readonly heard: readonly Record<string, unknown>[];
  say(...messages: readonly (object | string)[]): void;
  sayBinary(bytes: Uint8Array): void;
  /** Says goodbye, as a server that restarts does. */
  leave(code: number, reason: string): void;
  /** Is gone without a word. */
  cut(): void;
}

export interface StreamServer {
  readonly url: string;
  readonly connections: readonly StreamConnection[];
  /** Connections that are there now. */
  open(): number;
  close(): Promise<void>;
}

/**
 * A stream on loopback that says what the test says. `greet` runs for each new connection, `answer` for each message;
 * `refuse` answers a handshake with a status instead, as a gateway does.
 */
export async function serveStream(
  script: {
    readonly greet?: (connection: StreamConnection) => void;
    readonly answer?: (message: Record<string, unknown>, connection: StreamConnection) => void;
    readonly refuse?: () => { readonly status: number; readonly headers?: Record<string, string> } | null;
  } = {},
): Promise<StreamServer> {
  const connections: StreamConnection[] = [];
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    const refused = script.refuse?.() ?? null;
    if (refused !== null) {
      const headers = Object.entries(refused.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${refused.status} Refused\r\n${headers.join('')}content-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (peer) => {
      const heard: Record<string, unknown>[] = [];
      const connection = connectionOf(peer, heard);
      peer.on('message', (data) => {
        const message = JSON.parse(String(data)) as Record<string, unknown>;
        heard.push(message);
        script.answer?.(message, connection);
      });
      connections.push(connection);
      script.greet?.(connection);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    connections,
    open: () => [...sockets.clients].filter(({ readyState }) => readyState === 1).length,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

function connectionOf(peer: WebSocket, heard: readonly Record<string, unknown>[]): StreamConnection {
  return {
    heard,
    say: (...messages) => {
      for (const message of messages)
        peer.send(typeof message === 'string' ? message : JSON.stringify(message));
    },
    sayBinary: (bytes) => peer.send(bytes),
    leave: (code, reason) => peer.close(code, reason),
    cut: () => peer.terminate(),
  };
}

/** Lets the machine's sockets do their work until something holds. Fails loudly where it never does. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turns = 0; turns < 200_000; turns += 1) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`expected ${what}, waited in vain`);
}

/** The Coinbase `user` channel as it confirms what it is asked for, its messages numbered. */
export function coinbaseStream() {
  const numbers = new Map<StreamConnection, number>();
  const message = (connection: StreamConnection, channel: string, events: readonly object[]): object => {
    const sequence = numbers.get(connection) ?? 0;
    numbers.set(connection, sequence + 1);
    return { channel, client_id: '', timestamp: '2026-01-01T00:00:00Z', sequence_num: sequence, events };
  };
  return {
    message,
    answer: ({ channel }: Record<string, unknown>, connection: StreamConnection): void => {
      const subscriptions = connection.heard.map((each) => [String(each.channel), ['x']]);
      if (channel === 'user') connection.say(message(connection, 'user', [{ type: 'snapshot', orders: [] }]));
      connection.say(
        message(connection, 'subscriptions', [{ subscriptions: Object.fromEntries(subscriptions) }]),
      );
    },
    update: (connection: StreamConnection): void =>
      connection.say(message(connection, 'user', [{ type: 'update', orders: [{ order_id: 'o1' }] }])),
    beat: (connection: StreamConnection): void =>
      connection.say(message(connection, 'heartbeats', [{ current_time: 'now', heartbeat_counter: 1 }])),
    /** The next message never arrives. */
    skip: (connection: StreamConnection): void => {
      message(connection, 'user', []);
    },
  };
}
