import { textOf } from '../../domain/alerts/notification-text.ts';
import type { Secret } from '../secret.ts';
import type { AlertChannel, ChannelMessage } from './channel.ts';
import { postJson } from './post-json.ts';

/** Slack's bounds of a section's text and of a message's blocks: https://docs.slack.dev/reference/block-kit/blocks */
const SECTION_LENGTH_MAX = 3_000;
const BLOCKS_MAX = 50;

/** Posts to an incoming webhook of Slack, or of anything that takes the same: Mattermost, Rocket.Chat. */
export function slackChannel(of: {
  readonly name: string;
  readonly url: Secret;
  readonly now: () => number;
}): AlertChannel {
  return {
    name: of.name,
    send: async (message, signal) => {
      const body = JSON.stringify(slackBody(message));
      const posted = await postJson({ url: of.url.reveal(), body, nowMs: of.now() }, signal);
      return posted.state === 'answered' ? { state: 'delivered' } : posted;
    },
  };
}

export function slackBody({ deliveryId, notification }: ChannelMessage) {
  const { title, paragraphs } = textOf(notification);
  const section = (text: string) => ({
    type: 'section',
    text: { type: 'mrkdwn', text: cutTo(escaped(text), SECTION_LENGTH_MAX) },
  });
  return {
    // What stands in notifications of the phone.
    text: escaped(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cutTo(title, HEADER_LENGTH_MAX) } },
      ...paragraphs.slice(0, BLOCKS_MAX - 2).map(section),
      { type: 'context', elements: [{ type: 'plain_text', text: `trueup ${deliveryId.slice(0, 16)}` }] },
    ],
  };
}

const HEADER_LENGTH_MAX = 150;

/** The three characters that Slack gives a meaning. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Not within an escaped character, and not within a pair of code units. */
const cutTo = (text: string, length: number): string =>
  text.length <= length
    ? text
    : `${text
        .slice(0, length - 1)
        .replace(/&[a-z]{0,4}$/, '')
        .replace(/[\uD800-\uDBFF]$/, '')}…`;
