import { WebSocket } from 'ws';

export interface SocketListener {
  opened(): void;
  /** A text message. */
  said(text: string): void;
  /** The connection is gone, or never was; nothing follows. */
  ended(reason: string): void;
}

export interface StreamSocket {
  send(text: string): void;
  /** Drops the connection; the listener hears nothing any more. */
  drop(): void;
}

export type OpenSocket = (url: string, listener: SocketListener) => StreamSocket;

/** A first message of everything that an account has under way is far below this. */
const MESSAGE_BYTES_MAX = 8_388_608;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * A connection through `ws`, which answers pings by itself. No redirect is followed, nothing is compressed, and a
 * message that is too long or not text ends it. Never throws; whatever happens is told to the listener, once.
 */
export const openSocket: OpenSocket = (url, listener) => {
  let isOver = false;
  const end = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    socket.terminate();
    listener.ended(reason);
  };
  const socket = new WebSocket(url, {
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  socket.on('open', () => {
    if (!isOver) listener.opened();
  });
  socket.on('message', (data, isBinary) => {
    if (isOver) return;
    if (isBinary) end('expected a text message, found a binary one');
    else listener.said(String(data));
  });
  // Stays attached after the end: `ws` reports what terminating an unfinished handshake does to it.
  socket.on('error', (error) => end(error.message));
  socket.on('close', (code, reason) => end(`closed with ${code}${reason.length > 0 ? ` ${reason}` : ''}`));
  return {
    send: (text) => {
      if (!isOver) socket.send(text);
    },
    drop: () => {
      isOver = true;
      socket.terminate();
    },
  };
};
