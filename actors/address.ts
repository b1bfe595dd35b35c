import type { ActorRef, EventObject, Snapshot } from 'xstate';

/** Where to send messages of one protocol. Actors know each other's messages, never each other's machines. */
// The last parameter is what the actor emits, which is no business of whoever writes to it.
// biome-ignore lint/suspicious/noExplicitAny: XState's own type for a reference whose emitted events do not matter.
export type Address<TMessage extends EventObject> = ActorRef<Snapshot<unknown>, TMessage, any>;
