import type { EventObject } from 'xstate';
import type { MessageUndelivered } from './messages/announcements.ts';

/** What is told of a message that its worker never worked on. */
export function undelivered(message: EventObject, worker: string, atMs: number): MessageUndelivered {
  const { eventId, requestId } = message as { readonly eventId?: unknown; readonly requestId?: unknown };
  const id = eventId ?? requestId;
  const messageType = message.type;
  return { type: 'messageUndelivered', atMs, worker, messageType, id: typeof id === 'string' ? id : null };
}
