import type { Notification } from '../../domain/alerts/notification.ts';
import type { Unknown } from '../../domain/venue/observation.ts';
import type { Secret } from '../secret.ts';

export interface ChannelMessage {
  /** The same every time that it is sent: a receiver that has it drops it. */
  readonly deliveryId: string;
  readonly notification: Notification;
}

/** `unknown`: nobody knows that it arrived. A refusal is one that the same message would get again. */
export type SendOutcome = { readonly state: 'delivered' } | Unknown;

/** A way to tell people. It never throws, follows no redirect, and ends at the signal. */
export interface AlertChannel {
  readonly name: string;
  send(message: ChannelMessage, signal: AbortSignal): Promise<SendOutcome>;
}

export type ChannelConfiguration = { readonly name: string } & (
  | { readonly kind: 'webhook'; readonly url: Secret; readonly signingSecret: Secret | null }
  | { readonly kind: 'slack'; readonly url: Secret }
  | { readonly kind: 'telegram'; readonly baseUrl: string; readonly token: Secret; readonly chatId: string }
  | {
      readonly kind: 'email';
      readonly host: string;
      readonly port: number;
      /** TLS from the first byte; otherwise the connection is upgraded, or nothing is sent but to this machine. */
      readonly isSecure: boolean;
      readonly user: string | null;
      readonly password: Secret | null;
      readonly from: string;
      readonly to: readonly string[];
    }
);

/** What must never be seen of a channel. */
export function secretsOfChannel(channel: ChannelConfiguration): readonly Secret[] {
  switch (channel.kind) {
    case 'webhook':
      return channel.signingSecret === null ? [channel.url] : [channel.url, channel.signingSecret];
    case 'slack':
      return [channel.url];
    case 'telegram':
      return [channel.token];
    case 'email':
      return channel.password === null ? [] : [channel.password];
  }
}
