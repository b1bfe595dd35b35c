import type { totalDocument, valuationDocument } from '../app/valuations/valuation-document.ts';
import type { Output } from './output.ts';
import { left, printable, right, tableLines } from './table.ts';

type Total = ReturnType<typeof totalDocument>;
type Full = ReturnType<typeof valuationDocument>;

const TOTALS = [left('At'), left('Kept'), left('Origin'), right('Value USD'), left('Complete')];
const HOLDINGS = [
  left('Venue'),
  left('Asset'),
  right('Quantity'),
  right('Price'),
  right('Value USD'),
  left('Price from'),
  left('At'),
];
const SHARES = [left('Strategy'), ...HOLDINGS.slice(1)];

/** A line a valuation. */
export function printTotals(totals: readonly Total[], output: Output): void {
  const rows = totals.map(({ at, tier, origin, valueUsd, isComplete }) => [
    at,
    tier,
    origin,
    cents(valueUsd),
    isComplete ? 'yes' : 'no',
  ]);
  for (const line of tableLines(TOTALS, rows)) output.line(line);
}

/** One with everything that it consists of. */
export function printValuation(valuation: Full, output: Output): void {
  const { at, tier, origin, valueUsd, venues, holdings, strategies, unpriced } = valuation;
  output.line(`${output.style.bold(`${cents(valueUsd)} USD`)} at ${at} (${tier}, ${origin})`);
  for (const { venue, isCertified, certifiedAt } of venues)
    if (!isCertified)
      output.line(
        output.style.warning(
          `${printable(venue)} did not agree with the book: as of ${certifiedAt ?? 'no time at which it did'}`,
        ),
      );
  for (const { venue, asset, quantity } of unpriced)
    output.line(
      output.style.warning(`no price, in no value: ${printable(`${quantity} ${asset} at ${venue}`)}`),
    );
  for (const line of tableLines(
    HOLDINGS,
    holdings.map((held) => [held.venue, ...cellsOf(held)]),
  ))
    output.line(line);
  if (strategies.length === 0) return;
  output.line();
  for (const line of tableLines(
    SHARES,
    strategies.map((held) => [held.strategy, ...cellsOf(held)]),
  ))
    output.line(line);
}

const cellsOf = ({
  asset,
  quantity,
  price,
  valueUsd,
  priceSource,
  pricedAt,
}: Omit<Full['holdings'][number], 'venue'>): readonly string[] => [
  asset,
  quantity,
  price ?? 'unknown',
  valueUsd === null ? 'unknown' : cents(valueUsd),
  priceSource ?? '',
  pricedAt ?? '',
];

/** For people; --json has every digit. */
const cents = (text: string): string => {
  const [whole = '', decimals = ''] = text.split('.');
  return `${whole}.${decimals.padEnd(2, '0').slice(0, 2)}`;
};
