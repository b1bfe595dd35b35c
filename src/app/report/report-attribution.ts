import type { OpenDatabase } from '../../../db/database.ts';
import { PARTS } from '../../domain/attribution/part.ts';
import { known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { ReportDocument } from '../../report/report-document.ts';
import { attributionOfBook, type BookAttributionRequest } from '../attribution-of-book.ts';

/** What each asset's price brought, and what fees, slippage, funding and cash did of all of them together. */
export async function reportedAttribution(
  db: OpenDatabase['db'],
  request: Omit<BookAttributionRequest, 'grouping'>,
): Promise<ReportDocument['attribution']> {
  const outcome = await attributionOfBook(db, { ...request, grouping: 'asset' });
  if (outcome.state === 'tooFew') return unknown(`${outcome.found} valuations, and at least two are needed`);
  if (outcome.state === 'tooMany') return unknown(`more than ${outcome.most} valuations`);
  const { contributions, parts, reason, chains, return: totalReturn } = outcome.document;
  if (contributions === null || parts === null || totalReturn === null)
    return unknown(reason ?? 'it cannot be linked');
  return known({
    toMs: Date.parse(chains.at(-1)?.to ?? ''),
    totalReturn,
    parts: [
      ...contributions
        .filter(({ price }) => price !== 0)
        .map(({ name, price }) => ({ name, kind: 'asset' as const, contribution: price })),
      ...PARTS.filter((part) => part !== 'price' && parts[part] !== 0).map((part) => ({
        name: part,
        kind: 'sleeve' as const,
        contribution: parts[part],
      })),
    ],
  });
}
