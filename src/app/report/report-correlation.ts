import type { StoredValuation } from '../../../db/valuation-repository.ts';
import type { RiskLevel } from '../../domain/correlation/correlation-risk.ts';
import { known, unknown } from '../../domain/rebalancing/triggers/fact.ts';
import type { ReportDocument } from '../../report/report-document.ts';
import type { AssetGroups } from '../asset-groups.ts';
import { CORRELATED_DAYS, correlationOfHoldings } from '../valuations/correlation-of-holdings.ts';

/** Correlations of the daily prices of what is held now, cash apart, and what they say of the risk. */
export function reportedCorrelation(
  valuations: readonly StoredValuation[],
  of: { readonly groups: AssetGroups; readonly previousLevel: RiskLevel | null },
): ReportDocument['correlation'] {
  const found = correlationOfHoldings(valuations, of);
  if (found.state !== 'analysed') return unknown(found.reason);
  const { names, correlation, merges, riskLevel, recommendation, reasons } = found.analysis;
  if (correlation.every((row, index) => row.every((value, other) => index === other || value === null))) {
    const days = valuations.filter(({ tier }) => tier === 'daily').slice(-CORRELATED_DAYS);
    return unknown(`too few days of prices: ${days.length} of at least 31`);
  }
  return known({
    names,
    correlation,
    merges,
    riskLevel: riskLevel ?? 'unknown',
    recommendation: recommendation ?? reasons.riskLevel ?? '',
  });
}
