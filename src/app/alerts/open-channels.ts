import { hideSecrets } from '../secret.ts';
import { type AlertChannel, type ChannelConfiguration, secretsOfChannel } from './channel.ts';
import { emailChannel } from './email-channel.ts';
import { slackChannel } from './slack-channel.ts';
import { telegramChannel } from './telegram-channel.ts';
import { webhookChannel } from './webhook-channel.ts';

/** Channels as they are configured. What a receiver says is heard without the secrets of any of them. */
export function openChannels(
  configurations: readonly ChannelConfiguration[],
  now: () => number,
): readonly AlertChannel[] {
  const secrets = configurations.flatMap(secretsOfChannel);
  return configurations.map((configuration) => {
    const { name, send } = channelOf(configuration, now);
    return {
      name,
      send: async (message, signal) => {
        const outcome = await send(message, signal);
        return outcome.state === 'delivered'
          ? outcome
          : { ...outcome, detail: hideSecrets(outcome.detail, secrets) };
      },
    };
  });
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
