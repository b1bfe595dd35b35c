import { hideSecrets } from '../secret.ts';
import { type AlertChannel, type ChannelConfiguration, secretsOfChannel } from './channel.ts';
import { emailChannel } from './email-channel.ts';
import { slackChannel } from './slack-channel.ts';
import { telegramChannel } from './telegram-channel.ts';
import { webhookChannel } from './webhook-channel.ts';

/** A channel as it is configured. What a receiver says is heard without the channel's secrets. */
export function openChannel(configuration: ChannelConfiguration, now: () => number): AlertChannel {
  const channel = channelOf(configuration, now);
  const secrets = secretsOfChannel(configuration);
  return {
    name: channel.name,
    send: async (message, signal) => {
      const outcome = await channel.send(message, signal);
      return outcome.state === 'delivered'
        ? outcome
        : { ...outcome, detail: hideSecrets(outcome.detail, secrets) };
    },
  };
}

function channelOf(configuration: ChannelConfiguration, now: () => number): AlertChannel {
  switch (configuration.kind) {
    case 'webhook':
      return webhookChannel({ ...configuration, now });
    case 'slack':
      return slackChannel({ ...configuration, now });
    case 'telegram':
      return telegramChannel({ ...configuration, now });
    case 'email':
      return emailChannel(configuration);
  }
}
