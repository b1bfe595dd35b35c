import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attributionPeriods } from '../../../src/domain/attribution/attribution-periods.ts';
import { groupGains } from '../../../src/domain/attribution/group-gains.ts';
import { GROUPINGS } from '../../../src/domain/attribution/grouping.ts';
import { PARTS, type Part } from '../../../src/domain/attribution/part.ts';
import { periodGains } from '../../../src/domain/attribution/period-gains.ts';
import { type Amount, add, amount, subtract, sum } from '../../../src/domain/money/amount.ts';
import { randomHistory } from '../../support/attribution-histories.ts';
import { cell, period, trade, worth } from './attribution-fixtures.ts';

const CASH = new Set(['USD']);

/** "BTC price" → gain, of what is not nothing. */
const gainsByAsset = (gains: ReturnType<typeof periodGains>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    gains.cells.flatMap(({ cell: { asset }, parts }) =>
      PARTS.filter((part) => parts[part] !== '0').map((part) => [`${asset} ${part}`, parts[part]]),
    ),
  );

describe('the gains of a period', () => {
  it('are by price where nothing is traded', () => {
    const gains = periodGains(
      period(0, {
        opening: [worth('coinbase BTC', '60'), worth('coinbase ETH', '30'), worth('coinbase USD', '10')],
        closing: [worth('coinbase BTC', '66'), worth('coinbase ETH', '28.5'), worth('coinbase USD', '10')],
      }),
      CASH,
    );
    expect(gains).toMatchObject({ baseUsd: '100', gainUsd: '4.5' });
    expect(gainsByAsset(gains)).toEqual({ 'BTC price': '6', 'ETH price': '-1.5' });
  });

  it('tell a buy apart: price from the mid on, slippage, and the fee', () => {
    const bought = trade('coinbase BTC', ['buy', '2', '10.1'], {
      decisionMidUsd: amount('10'),
      fee: { asset: 'USD', valueUsd: amount('0.3') },
    });
    const gains = periodGains(
      period(0, {
        opening: [worth('coinbase USD', '100')],
        closing: [worth('coinbase BTC', '22'), worth('coinbase USD', '79.5')],
        trades: [bought],
      }),
      CASH,
    );
    expect(gainsByAsset(gains)).toEqual({ 'BTC price': '2', 'BTC slippage': '-0.2', 'BTC fees': '-0.3' });
    expect(gains.gainUsd).toBe('1.5');
  });

  it('tell a sell apart whose fill was better than its mid, and whose fee is in a third asset', () => {
    const sold = trade('coinbase BTC', ['sell', '1', '10.5'], {
      decisionMidUsd: amount('10'),
      fee: { asset: 'BNB', valueUsd: amount('0.1') },
    });
    const gains = periodGains(
      period(0, {
        opening: [worth('coinbase BTC', '9'), worth('coinbase BNB', '5')],
        closing: [worth('coinbase BNB', '4.9'), worth('coinbase USD', '10.5')],
        trades: [sold],
      }),
      CASH,
    );
    expect(gainsByAsset(gains)).toEqual({ 'BTC price': '1', 'BTC slippage': '0.5', 'BTC fees': '-0.1' });
  });

  it('have the slippage of a trade without a mid, and a fee of unknown value, in what they are part of, and say so', () => {
    const bought = trade('coinbase BTC', ['buy', '2', '10.1'], {
      decisionMidUsd: null,
      fee: { asset: 'USD', valueUsd: null },
    });
    const gains = periodGains(
      period(0, {
        opening: [worth('coinbase USD', '100')],
        closing: [worth('coinbase BTC', '22'), worth('coinbase USD', '79.5')],
        trades: [bought],
      }),
      CASH,
    );
    expect(gainsByAsset(gains)).toEqual({ 'BTC price': '1.8', 'USD cash': '-0.3' });
    expect(gains.untold).toEqual({ slippageOfTrades: 1, feesOfTrades: 1 });
  });

  it("are funding of the contract that paid it, a network's fee, a reward, and the interest of cash", () => {
    const gains = periodGains(
      period(0, {
        opening: [worth('dydx USD', '100'), worth('dydx SOL', '50')],
        closing: [worth('dydx USD', '104'), worth('dydx SOL', '51.9')],
        payments: [
          { ...cell('dydx perpetual:BTC-USD'), kind: 'funding', paidIn: 'USD', valueUsd: amount('3') },
          { ...cell('dydx SOL'), kind: 'reward', paidIn: 'SOL', valueUsd: amount('2') },
          { ...cell('dydx SOL'), kind: 'fee', paidIn: 'SOL', valueUsd: amount('-0.1') },
        ],
      }),
      CASH,
    );
    expect(gainsByAsset(gains)).toEqual({
      'perpetual:BTC-USD funding': '3',
      'SOL funding': '2',
      'SOL fees': '-0.1',
      'USD cash': '1',
    });
  });

  it('count a deposit as no gain, and its value as base from the opening or not at all', () => {
    const deposited = (at: 'opening' | 'closing') =>
      periodGains(
        period(0, {
          opening: [worth('coinbase BTC', '50')],
          closing: [worth('coinbase BTC', '55'), worth('coinbase USD', '50')],
          flows: [{ ...worth('coinbase USD', '50'), at }],
        }),
        CASH,
      );
    expect(deposited('opening')).toMatchObject({ baseUsd: '100', gainUsd: '5' });
    expect(deposited('closing')).toMatchObject({ baseUsd: '50', gainUsd: '5' });
  });
});

describe('of random histories', () => {
  const periods = fc.integer({ min: 0, max: 999_999 }).map((number) => {
    const built = attributionPeriods(randomHistory(3, number));
    return built.state === 'built' ? built.periods : [];
  });

  it('the parts of all cells sum to closing − opening − flows, to the last digit', () => {
    fc.assert(
      fc.property(periods, (history) => {
        for (const each of history) {
          const total = (values: readonly { readonly valueUsd: Amount }[]): Amount =>
            sum(values.map(({ valueUsd }) => valueUsd));
          const expected = subtract(subtract(total(each.closing), total(each.opening)), total(each.flows));
          const { cells, gainUsd } = periodGains(each, CASH);
          expect(gainUsd).toBe(expected);
          expect(sum(cells.flatMap(({ parts }) => PARTS.map((part) => parts[part])))).toBe(expected);
        }
      }),
    );
  });

  it('every grouping has the same total, and the same total of each part', () => {
    fc.assert(
      fc.property(periods, (history) => {
        for (const each of history) {
          const { cells } = periodGains(each, CASH);
          const totals = GROUPINGS.map((grouping) => {
            const groups = groupGains(cells, grouping);
            return PARTS.map((part: Part) =>
              groups.reduce((total, { parts }) => add(total, parts[part]), amount('0')),
            );
          });
          expect(totals[1]).toEqual(totals[0]);
          expect(totals[2]).toEqual(totals[0]);
        }
      }),
    );
  });

  it('what is transferred between cells changes no total', () => {
    fc.assert(
      fc.property(periods, (history) => {
        for (const each of history) {
          const moved = { from: cell('a coinbase BTC'), to: cell('b dydx BTC'), valueUsd: amount('12.5') };
          const after = periodGains({ ...each, transfers: [...each.transfers, moved] }, CASH);
          expect(after.gainUsd).toBe(periodGains(each, CASH).gainUsd);
          expect(sum(after.cells.flatMap(({ parts }) => PARTS.map((part) => parts[part])))).toBe(
            after.gainUsd,
          );
        }
      }),
    );
  });
});
