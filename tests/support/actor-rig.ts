import { createActor, type EventObject, fromCallback } from 'xstate';
import type { Address } from '../../actors/address.ts';

/** An address that keeps what it is sent. */
export function collector<TMessage extends EventObject>(
  onMessage: (message: TMessage) => void = () => undefined,
): { readonly address: Address<TMessage>; readonly messages: readonly TMessage[] } {
  const messages: TMessage[] = [];
  const logic = fromCallback<TMessage>(({ receive }) =>
    receive((message) => {
      messages.push(message);
      onMessage(message);
    }),
  );
  const address = createActor(logic).start() as unknown as Address<TMessage>;
  return { address, messages };
}

/** A promise that someone else settles. */
export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let settle: { resolve: (value: T) => void; reject: (error: Error) => void } | null = null;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return {
    promise,
    resolve: (value) => settle?.resolve(value),
    reject: (error) => settle?.reject(error),
  };
}
