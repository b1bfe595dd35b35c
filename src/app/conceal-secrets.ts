import { type Exchange, keyRightsOf, transfersOf } from '../exchanges/exchange.ts';
import { hideSecrets, type Secret } from './secret.ts';

/**
 * A venue whose words hold no secret: what it says of its trouble may quote what it was sent, and goes into reports,
 * journals and the database. What it certifies, and what is to be sent, is left as it is.
 */
export function concealSecrets(exchange: Exchange, secrets: readonly Secret[]): Exchange {
  const hide = (text: string): string => hideSecrets(text, secrets);
  const concealed = async <T extends object>(answer: Promise<T>): Promise<T> => {
    try {
      return withWords(await answer, hide);
    } catch (error) {
      throw concealedError(error, hide);
    }
  };
  const { readKeyRights, readTradeKeyRights } = keyRightsOf(exchange);
  const transfers = transfersOf(exchange);
  return {
    venue: exchange.venue,
    kind: exchange.kind,
    clientOrderIds: exchange.clientOrderIds,
    observe: (request, signal) => concealed(exchange.observe(request, signal)),
    readActivity: (request, signal) => concealed(exchange.readActivity(request, signal)),
    readMarkets: (markets, signal) => concealed(exchange.readMarkets(markets, signal)),
    prepareOrder: (instruction, signal) => concealed(exchange.prepareOrder(instruction, signal)),
    submitOrder: (order, signal) => concealed(exchange.submitOrder(order, signal)),
    findOrder: (order, signal) => concealed(exchange.findOrder(order, signal)),
    cancelOrder: (order, venueOrderId, signal) =>
      concealed(exchange.cancelOrder(order, venueOrderId, signal)),
    ...(transfers && {
      prepareTransfer: (instruction, signal) => concealed(transfers.prepareTransfer(instruction, signal)),
      submitTransfer: (transfer, signal) => concealed(transfers.submitTransfer(transfer, signal)),
      findTransfer: (transfer, signal) => concealed(transfers.findTransfer(transfer, signal)),
    }),
    ...(readKeyRights && { readKeyRights: (signal) => concealed(readKeyRights(signal)) }),
    ...(readTradeKeyRights && { readTradeKeyRights: (signal) => concealed(readTradeKeyRights(signal)) }),
    close: () => exchange.close(),
  };
}

/** The error with its message and stack concealed, and those of its causes. Anything else that is thrown, as text. */
export function concealedError(error: unknown, hide: (text: string) => string): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? hide(error) : error;
  // Changed in place: a copy would lose its class, by which bugs are told from trouble.
  error.message = hide(error.message);
  if (error.stack !== undefined) error.stack = hide(error.stack);
  if (error.cause !== undefined) error.cause = concealedError(error.cause, hide);
  return error;
}

function withWords<T extends object>(answer: T, hide: (text: string) => string): T {
  const words = ['detail', 'reason'].flatMap((key) => {
    const text: unknown = Reflect.get(answer, key);
    return typeof text === 'string' && hide(text) !== text ? [[key, hide(text)] as const] : [];
  });
  return words.length === 0 ? answer : { ...answer, ...Object.fromEntries(words) };
}
