import { textOf } from '../../domain/alerts/notification-text.ts';
import { unknown } from '../../domain/venue/observation.ts';
import type { Secret } from '../secret.ts';
import type { AlertChannel, ChannelMessage } from './channel.ts';
import { postJson } from './post-json.ts';

/** Of a message, after its entities: https://core.telegram.org/bots/api#sendmessage */
const TEXT_LENGTH_MAX = 4_096;
/** What stands around the title is no part of that length; a little is left all the same. */
const TEXT_LENGTH = TEXT_LENGTH_MAX - 16;
const SECOND_MS = 1_000;

/** Sends by a bot of Telegram. What it answers 429 with says for how many seconds to wait. */
export function telegramChannel(of: {
  readonly name: string;
  readonly baseUrl: string;
  readonly token: Secret;
  readonly chatId: string;
  readonly now: () => number;
}): AlertChannel {
  return {
    name: of.name,
    send: async (message, signal) => {
      const url = `${of.baseUrl}/bot${of.token.reveal()}/sendMessage`;
      const body = JSON.stringify(telegramBody(message, of.chatId));
      const posted = await postJson({ url, body, nowMs: of.now() }, signal);
      if (posted.state !== 'answered') {
        const askedMs = waitOf(posted.body ?? '');
        return posted.reason === 'rateLimited' && askedMs !== null
          ? unknown('rateLimited', posted.detail, askedMs)
          : posted;
      }
      return answerOf(posted.body).ok === true
        ? { state: 'delivered' }
        : unknown('refused', `expected {"ok":true}, found ${posted.body.slice(0, 100)}`);
    },
  };
}

export function telegramBody({ notification }: ChannelMessage, chatId: string) {
  const { title, paragraphs } = textOf(notification);
  const rest = paragraphs.join('\n\n');
  const shortTitle = cutTo(title, TEXT_LENGTH / 4);
  return {
    chat_id: chatId,
    // Cut before it is escaped: Telegram counts what is shown.
    text: `<b>${escaped(shortTitle)}</b>\n${escaped(cutTo(rest, TEXT_LENGTH - shortTitle.length))}`,
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
  };
}

function waitOf(body: string): number | null {
  const { parameters } = answerOf(body);
  const seconds = parameters?.retry_after;
  return typeof seconds === 'number' && seconds >= 0 ? seconds * SECOND_MS : null;
}

interface Answer {
  readonly ok?: unknown;
  readonly parameters?: { readonly retry_after?: unknown } | null;
}

function answerOf(body: string): Answer {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** The three characters of its HTML. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const cutTo = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
