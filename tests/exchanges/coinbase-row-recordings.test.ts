import { describe, expect, it, test } from '@jest/globals';
import { amount, negate } from '../../src/domain/money/amount.ts';
import { readAccount } from '../../src/exchanges/coinbase/account-rows.ts';
import { readProduct } from '../../src/exchanges/coinbase/market-rows.ts';
import { readOrder } from '../../src/exchanges/coinbase/order-rows.ts';
import { readTransaction } from '../../src/exchanges/coinbase/transaction-rows.ts';
import { hasReferenceData, referenceData } from '../support/reference-data.ts';

// biome-ignore lint/suspicious/noExplicitAny: recordings have the shapes that other people gave them.
type Recording = any;
const wire = (path: string): Recording => referenceData(`wire/${path}`);

if (!hasReferenceData) {
  test.todo('needs the recordings, which are not here');
} else {
  describe('recorded rows of Coinbase', () => {
    it('one account alone reads as it does in the list', () => {
      const { account } = wire('coinbase/sandbox/get_account.json').response;
      const listed = wire('coinbase/sandbox/list_accounts.json').response.accounts.find(
        ({ uuid }: Recording) => uuid === account.uuid,
      );
      const read = readAccount(account, 'account');
      expect(read).toMatchObject({ currency: 'USDC', available: '100', hold: '0', purpose: 'spot' });
      expect(read).toEqual(readAccount(listed, 'account'));
    });

    it('a market order sized in quote reads as what it filled', () => {
      const { expected } = wire('nautilus/expected.json').find(
        ({ id }: Recording) => id === 'naut.coinbase.order.market_quote_size',
      );
      const order = readOrder(wire('nautilus/coinbase/http_orders_list.json').orders[1], 'order');
      expect(order).toMatchObject({
        side: expected.side.toLowerCase(),
        status: expected.status.toLowerCase(),
        filledQuantity: expected.filled,
        remaining: '0',
        limitPrice: expected.price,
      });
    });

    it('a product and the one that is another name of it are two markets with one set of rules', () => {
      const { products } = wire('nautilus/coinbase/http_products.json');
      const rules = {
        kind: 'spot',
        base: 'BTC',
        step: '0.00000001',
        tick: '0.01',
        minQuantity: '0.00000001',
        minNotional: '1',
        isTradable: true,
      };
      expect(products.map((row: Recording) => readProduct(row, 'product'))).toEqual([
        { ...rules, market: 'BTC-USD', quote: 'USD' },
        { ...rules, market: 'BTC-USDC', quote: 'USDC' },
      ]);
    });
  });

  /**
   * Rotki books both sides of a conversion and reckons the side and the fee that are not there. A row of a ledger
   * says here what it did to its own account, and nothing else.
   */
  describe('recorded conversions', () => {
    const cases: Recording[] = wire('coinbase/rotki.v2-transactions.cases.json');
    const of = (id: string) => cases.find((one) => one.id === `rotki.coinbase.${id}`);
    const deltasOf = (rows: Recording[]) =>
      rows.flatMap((row) => readTransaction(row, 'row')).map(({ kind, deltas }) => ({ kind, ...deltas[0] }));

    it('of two rows move what rotki’s legs move, and no fee that is reckoned from other prices', () => {
      const { input, expected } = of('asset_conversion_not_stable_coin');
      const legs = expected.filter(({ leg }: Recording) => leg !== 'FEE');
      expect(legs).toHaveLength(2);
      expect(deltasOf(input)).toEqual(
        legs.map((one: Recording) => ({
          kind: 'conversion',
          asset: one.asset,
          amount: one.leg === 'SPEND' ? negate(amount(one.amount)) : amount(one.amount),
        })),
      );
    });

    it('without their second row move the one account, by the sign of the row', () => {
      const { input, expected } = of('asset_conversion_no_second_transaction');
      // Rotki takes it for spent, and makes up what was received from the native amount. The row adds.
      const spent = expected.find(({ leg }: Recording) => leg === 'SPEND');
      expect(deltasOf(input)).toEqual([
        { kind: 'conversion', asset: spent.asset, amount: amount(spent.amount) },
      ]);
    });

    it('that rotki ignores, for both sides are one, still move their account as the ledger says', () => {
      const { input, expected } = of('ignore_same_asset_and_amount_conversion');
      expect(expected).toEqual([]);
      expect(deltasOf(input)).toEqual([{ kind: 'conversion', asset: 'EUR', amount: '500' }]);
    });
  });
}
