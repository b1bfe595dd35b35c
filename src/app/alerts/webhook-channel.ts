import { createHmac } from 'node:crypto';
import { termsOf } from '../../domain/alerts/alert-codes.ts';
import { textOf } from '../../domain/alerts/notification-text.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Secret } from '../secret.ts';
import type { AlertChannel, ChannelMessage } from './channel.ts';
import { postJson } from './post-json.ts';

export interface WebhookTerms {
  readonly name: string;
  readonly url: Secret;
  /** Null: not signed. */
  readonly signingSecret: Secret | null;
  readonly now: () => number;
}

/**
 * Posts JSON, signed as docs/ALERTS.md says: `x-trueup-signature: v1=` and the HMAC-SHA256 in hex of the timestamp in
 * seconds, a full stop, and the body as it was sent. The id is the same whenever it is sent again.
 */
export function webhookChannel({ name, url, signingSecret, now }: WebhookTerms): AlertChannel {
  return {
    name,
    send: async (message, signal) => {
      const nowMs = now();
      const body = webhookBody(message);
      const timestamp = String(Math.floor(nowMs / 1_000));
      const headers = {
        'x-trueup-delivery': message.deliveryId,
        'x-trueup-timestamp': timestamp,
        ...(signingSecret !== null && {
          'x-trueup-signature': webhookSignature(signingSecret.reveal(), timestamp, body),
        }),
      };
      const posted = await postJson({ url: url.reveal(), body, headers, nowMs }, signal);
      return posted.state === 'answered' ? { state: 'delivered' } : posted;
    },
  };
}

/** "v1=" and the HMAC-SHA256 in hex of timestamp, full stop and body. */
export const webhookSignature = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

function webhookBody({ deliveryId, notification }: ChannelMessage): string {
  const { atMs, level, kind, tellings } = notification;
  const { title, paragraphs } = textOf(notification);
  return canonicalJson({
    id: deliveryId,
    atMs,
    level,
    kind,
    text: [title, ...paragraphs].join('\n\n'),
    alerts: tellings.map(({ reason, alert }) => {
      const { id, code, asset, venue, about, state, detail, measure, openedAtMs, resolvedAtMs } = alert;
      const { title: what, action } = termsOf(code);
      const of = {
        id,
        code,
        level: alert.level,
        asset,
        venue,
        about,
        state,
        detail,
        openedAtMs,
        resolvedAtMs,
      };
      const { value, bound } = measure ?? { value: null, bound: null };
      return { reason, ...of, value, bound, title: what, action, occurrences: alert.occurrences };
    }),
  });
}
