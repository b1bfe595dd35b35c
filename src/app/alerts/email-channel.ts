import { textOf } from '../../domain/alerts/notification-text.ts';
import { unknown } from '../../domain/venue/observation.ts';
import { isLoopback } from '../metrics/metrics-address.ts';
import { hideSecrets } from '../secret.ts';
import { type AlertChannel, type ChannelConfiguration, secretsOfChannel } from './channel.ts';

/** Each step of a conversation with the server. */
const STEP_TIMEOUT_MS = 10_000;
const SUBJECT_LENGTH_MAX = 200;
/** A server's "no, and do not ask again" is 500 or more; below that it may be asked again. */
const REFUSAL = 500;

/** Sends plain text by SMTP. The library is loaded with the first message. */
export function emailChannel(of: Extract<ChannelConfiguration, { readonly kind: 'email' }>): AlertChannel {
  const { name, host, port, isSecure, user, password, from, to } = of;
  return {
    name,
    send: async ({ deliveryId, notification }, signal) => {
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        host,
        port,
        secure: isSecure,
        // A password never goes over a network in the clear.
        requireTLS: !isSecure && !isThisMachine(host),
        ...(user !== null && { auth: { user, pass: password?.reveal() ?? '' } }),
        connectionTimeout: STEP_TIMEOUT_MS,
        greetingTimeout: STEP_TIMEOUT_MS,
        socketTimeout: STEP_TIMEOUT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const { title, paragraphs } = textOf(notification);
      const domain = from.slice(from.lastIndexOf('@') + 1).replace(/[^\w.-]/g, '') || 'trueup';
      const aborted = new Promise<never>((_, reject) => {
        const end = (): void => reject(new Error('no answer before the deadline'));
        if (signal.aborted) end();
        signal.addEventListener('abort', end, { once: true });
      });
      const sent = transport.sendMail({
        from,
        to: [...to],
        subject: title.slice(0, SUBJECT_LENGTH_MAX),
        text: `${paragraphs.join('\n\n')}\n`,
        messageId: `<${deliveryId}@${domain}>`,
        headers: { 'X-Trueup-Delivery': deliveryId, 'Auto-Submitted': 'auto-generated' },
      });
      try {
        await Promise.race([sent, aborted]);
        return { state: 'delivered' };
      } catch (error) {
        // After the deadline nobody awaits it any more: what it still ends with is told as timed out already.
        sent.catch(() => undefined);
        const { message, responseCode, code } = error as {
          readonly message?: string;
          readonly responseCode?: number;
          readonly code?: string;
        };
        const detail = hideSecrets(message ?? String(error), secretsOfChannel(of)).slice(0, 200);
        if (signal.aborted) return unknown('timedOut', detail);
        const isRefused = (responseCode ?? 0) >= REFUSAL || code === 'EAUTH' || code === 'EENVELOPE';
        return unknown(isRefused ? 'refused' : 'unreachable', detail);
      } finally {
        transport.close();
      }
    },
  };
}

const isThisMachine = (host: string): boolean => host === 'localhost' || isLoopback(host);
