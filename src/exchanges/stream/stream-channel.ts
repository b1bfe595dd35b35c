/** What one message of a stream means for whoever follows it. */
export type Heard =
  /** Nothing of the account: a heartbeat, a confirmation, something that this program does not know. */
  | { readonly kind: 'alive' }
  /** Everything that was subscribed to has been confirmed. */
  | { readonly kind: 'live' }
  /** Something of the account is not as it was. */
  | { readonly kind: 'moved' }
  /** Something was missed, refused or is not readable: nothing that follows can be relied on. */
  | { readonly kind: 'broken'; readonly reason: string };

export interface ChannelStep<State> {
  readonly state: State;
  readonly heard: Heard;
}

/**
 * The protocol of one connection to a venue's stream, as a machine that its follower drives: no clock, no socket.
 *
 * It never says what a venue holds. A stream says when to look; reads, which are certified, say what is there.
 */
export interface StreamChannel<State = unknown> {
  /** Of a connection that has been opened. */
  readonly opened: State;
  /** What is sent once it is open. May hold a token: made anew for each connection, and never shown. */
  readonly subscribe: () => readonly string[];
  /** `text` is a message as it came. Whatever it is, this does not throw. */
  readonly hear: (state: State, text: string) => ChannelStep<State>;
  /** A connection that says nothing for this long is dead. */
  readonly silenceMaxMs: number;
}

export const alive: Heard = { kind: 'alive' };
export const moved: Heard = { kind: 'moved' };
export const broken = (reason: string): Heard => ({ kind: 'broken', reason: reason.slice(0, REASON_MAX) });

/** What a venue wrote may be in a reason, and is cut where it is longer than anyone reads. */
const REASON_MAX = 300;

/** The JSON object that a message is; null where it is none. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
