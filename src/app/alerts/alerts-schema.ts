import * as z from 'zod';
import { DEFAULT_COOLDOWN_MS } from '../../domain/alerts/advance-alerts.ts';
import { ALERT_LEVELS } from '../../domain/alerts/alert-codes.ts';
import { amount } from '../../domain/money/amount.ts';
import { isZoneName } from '../../domain/zone-name.ts';
import {
  fractionText,
  listOf,
  matching,
  name,
  object,
  oneOf,
  seconds,
  text,
  truth,
  url,
  wholeNumber,
} from '../schema-terms.ts';

const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const CLOCK_TEXT = 'a time such as "22:00"';
const ZONE = 'a zone of the IANA database such as "Europe/Berlin"';
const ADDRESS = /^[^\s@<>,]+@[^\s@<>,]+$/;
const CHANNELS_MAX = 20;
/** REBALANCING.md §A.2. */
const STRATEGY_DRAWDOWN = amount('0.25');
const COOLDOWN_SECONDS_MAX = 2_592_000;

const variable = (what: string) =>
  text('the name of an environment variable').describe(
    `The environment variable that holds ${what}. With "_FILE" at its end, one that names the file that does.`,
  );
const channelName = () => name('a name').describe('What routes and commands call it.');

const webhook = object({
  kind: z.literal('webhook').describe('Posts JSON, signed where there is a key.'),
  name: channelName(),
  urlEnv: variable('the URL: https, or http to this machine'),
  signingSecretEnv: variable('the key that messages are signed with').optional(),
});
const slack = object({
  kind: z.literal('slack').describe('An incoming webhook of Slack, or of what takes the same.'),
  name: channelName(),
  urlEnv: variable("the webhook's URL"),
});
const telegram = object({
  kind: z.literal('telegram').describe('A bot of Telegram.'),
  name: channelName(),
  tokenEnv: variable("the bot's token"),
  chatId: matching(
    /^(?:-?\d{1,20}|@\w{1,64})$/,
    'the id of a chat as text, such as "-1001234567890"',
  ).describe('The chat that it writes to.'),
  baseUrl: url().default('https://api.telegram.org').describe('Where the Bot API is.'),
});
const email = object({
  kind: z.literal('email').describe('Plain text by SMTP.'),
  name: channelName(),
  host: name('the name of a mail server').describe('The mail server.'),
  port: wholeNumber(1, 65_535).default(587).describe('Its port.'),
  secure: truth()
    .default(false)
    .describe(
      'TLS from the first byte, as at port 465. Otherwise the connection is upgraded, or nothing is sent.',
    ),
  user: name('a user name').optional().describe('Who logs in. Nobody without.'),
  passwordEnv: variable("that user's password").optional(),
  from: matching(ADDRESS, 'an address such as "trueup@example.org"').describe('Whom mails are from.'),
  to: listOf(matching(ADDRESS, 'an address such as "ann@example.org"'), {
    members: 'addresses',
    min: 1,
    max: 20,
  }).describe('Whom they are for.'),
});

const channel = z.discriminatedUnion('kind', [webhook, slack, telegram, email], {
  error: 'an object with "kind": one of "webhook", "slack", "telegram", "email"',
});

const levels = () =>
  listOf(oneOf(['critical', 'warning', 'info']), { members: 'levels', min: 1, max: ALERT_LEVELS.length });

const cooldown = (level: keyof typeof DEFAULT_COOLDOWN_MS) =>
  seconds(0, COOLDOWN_SECONDS_MAX)
    .default(DEFAULT_COOLDOWN_MS[level] / 1_000)
    .describe(`For what is ${level}.`);

export const alertsSchema = object({
  checkIntervalSeconds: seconds(1, 3_600).default(5).describe('Time between two looks.'),
  cooldownSeconds: object({
    critical: cooldown('critical'),
    warning: cooldown('warning'),
    info: cooldown('info'),
  })
    .prefault({})
    .describe('How long what still holds is not told again, unless it becomes worse by a fifth.'),
  strategyDrawdown: fractionText('0.25')
    .default(STRATEGY_DRAWDOWN)
    .describe('A strategy is told of from this fall of its time-weighted index on, as a fraction.'),
  quietHours: object({
    from: matching(CLOCK, CLOCK_TEXT).describe('When they begin.'),
    to: matching(CLOCK, CLOCK_TEXT).describe('When they end; before "from", it is the next morning.'),
    zone: text(ZONE)
      .refine(isZoneName, { error: ZONE })
      .default('UTC')
      .describe('Where it is that time: a zone of the IANA database.'),
  })
    .optional()
    .describe('Hours in which only what is critical is told. The rest is told when they end.'),
  channels: listOf(channel, { members: 'channels', min: 0, max: CHANNELS_MAX })
    .default([])
    .describe('Ways to tell people. Without any, alerts are kept, shown and announced all the same.'),
  routes: listOf(
    object({
      channel: name('the name of a channel').describe('One of the channels.'),
      levels: levels().describe('What goes there.'),
    }),
    { members: 'routes', min: 0, max: CHANNELS_MAX },
  )
    .optional()
    .describe('Which levels go to which channel. Everything goes to every channel without.'),
});

export type WrittenAlerts = z.output<typeof alertsSchema>;
