import { AMOUNT_LENGTH_MAX, add, amount, isAmountText, ZERO } from '../../domain/money/amount.ts';
import { canHoldAsset } from '../../domain/venue/asset-name.ts';
import { type Unknown, unknown } from '../../domain/venue/observation.ts';
import type { Balance } from '../../domain/venue/venue.ts';
import type { Statement } from './statement.ts';

const HEADERS = ['asset,total', 'asset,available,hold'];

/** Balances in exact decimal text. A last line without its line break may have been cut off; a header alone states nothing. */
export function readCsvStatement(text: string): Statement | Unknown {
  const [header = '', ...lines] = text
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  if (!text.endsWith('\n') || lines.length === 0)
    return unknown('incomplete', 'expected lines under a header, each with its line break, found no end');
  if (!HEADERS.includes(header))
    return unknown('malformed', `line 1: expected ${HEADERS.join(' or ')}, found ${header.slice(0, 40)}`);
  const balances = new Map<string, Balance>();
  for (const [index, line] of lines.entries()) {
    const [asset = '', ...texts] = line.split(',');
    const isRow = texts.length === header.split(',').length - 1 && texts.every(isAmountText);
    if (!isRow || !canHoldAsset('statement', asset) || balances.has(asset)) {
      const expected = `${header} with decimal numbers of up to ${AMOUNT_LENGTH_MAX} characters, each asset once`;
      return unknown('malformed', `line ${index + 2}: expected ${expected}, found ${line.slice(0, 40)}`);
    }
    const [available = ZERO, hold = ZERO] = texts.map(amount);
    balances.set(asset, { asset, symbol: null, total: add(available, hold), available, hold });
  }
  const sorted = [...balances.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1));
  const snapshot = { balances: sorted, positions: [], openOrders: [], fills: [], accrued: [] };
  return { state: 'stated', venue: null, snapshot, statedAtMs: null, activity: [], completeSinceMs: null };
}
