import type { LotAccount } from '../domain/lots/account-for-lots.ts';
import { type FigureText, figureText } from '../domain/lots/figure.ts';
import { dayText } from '../domain/lots/holding-calendar.ts';
import type { Lot } from '../domain/lots/lot.ts';
import { basisOf, gainOfDisposal, type LotDisposal, taxOfDisposal } from '../domain/lots/lot-disposal.ts';
import type { LotRules } from '../domain/lots/lot-rules.ts';
import type { Term } from '../domain/lots/lot-tax.ts';
import type { LotYear } from '../domain/lots/lot-years.ts';
import type { GainPreview, GainTotals, LongTermHint } from '../domain/lots/preview-gains.ts';
import { MONEY_DECIMALS } from '../domain/lots/unit-amount.ts';
import { type Amount, divide } from '../domain/money/amount.ts';

/** What `trueup lots --json` prints. Times are ISO 8601 in UTC; money is in the currency of the input. */
export interface LotsDocument {
  readonly method: LotRules['method'];
  readonly poolScope: LotRules['poolScope'];
  readonly zone: string;
  readonly disposals: readonly DisposalDocument[];
  /** What is held after all events. */
  readonly lots: readonly LotDocument[];
  readonly years: readonly YearDocument[];
  /** Only where the file asks for one. */
  readonly preview?: PreviewDocument;
}

export interface DisposalDocument {
  readonly id: string;
  readonly kind: LotDisposal['kind'];
  readonly account: string;
  readonly asset: string;
  readonly at: string;
  readonly quantity: Amount;
  readonly proceeds: FigureText;
  readonly gain: FigureText;
  readonly tax: FigureText;
  readonly matches: readonly {
    readonly lot: string;
    readonly acquiredAt: string;
    readonly quantity: Amount;
    readonly proceeds: FigureText;
    readonly basis: FigureText;
    readonly disallowedLoss: Amount;
    readonly gain: FigureText;
    readonly term: Term;
    readonly tax: FigureText;
  }[];
}

export interface LotDocument {
  readonly lot: string;
  readonly account: string;
  readonly asset: string;
  readonly quantity: Amount;
  readonly basis: FigureText;
  /** Basis by quantity, rounded to 20 decimals; for people. */
  readonly unitCost: FigureText;
  readonly acquiredAt: string;
  readonly source: Lot['source'];
  /** The first day on which it is long-term, such as "2024-06-02"; null where nobody knows since when it is held. */
  readonly longTermFrom: string | null;
}

export interface YearDocument {
  readonly year: number;
  readonly gain: FigureText;
  readonly tax: FigureText;
  readonly income: FigureText;
  readonly terms: Readonly<
    Record<
      string,
      {
        readonly proceeds: FigureText;
        readonly basis: FigureText;
        readonly disallowedLoss: Amount;
        readonly gain: FigureText;
        readonly tax: FigureText;
      }
    >
  >;
}

export interface PreviewDocument extends TotalsDocument {
  readonly fifo: TotalsDocument;
  readonly savedAgainstFifo: FigureText;
  readonly costAgainstNoTrade: FigureText;
  readonly disposals: readonly DisposalDocument[];
  readonly hints: readonly LongTermHint[];
}

export type TotalsDocument = Readonly<Record<keyof GainTotals, FigureText>>;

export function lotsDocument(input: {
  readonly rules: LotRules;
  readonly account: Extract<LotAccount, { state: 'accounted' }>;
  readonly years: readonly LotYear[];
  readonly preview: GainPreview | null;
}): LotsDocument {
  const { rules, account, years, preview } = input;
  return {
    method: rules.method,
    poolScope: rules.poolScope,
    zone: rules.calendar.zone,
    disposals: account.disposals.map(disposalDocument),
    lots: account.lots.map((lot) => lotDocument(lot, rules)),
    years: years.map(yearDocument),
    ...(preview && { preview: previewDocument(preview) }),
  };
}

const timeText = (atMs: number): string => new Date(atMs).toISOString();

const disposalDocument = (disposal: LotDisposal): DisposalDocument => ({
  id: disposal.id,
  kind: disposal.kind,
  account: disposal.account,
  asset: disposal.asset,
  at: timeText(disposal.atMs),
  quantity: disposal.quantity,
  proceeds: figureText(disposal.proceeds),
  gain: figureText(gainOfDisposal(disposal)),
  tax: figureText(taxOfDisposal(disposal)),
  matches: disposal.matches.map(({ lot, proceeds, disallowedLoss, gain, term, tax }) => ({
    lot: lot.id,
    acquiredAt: timeText(lot.acquiredAtMs),
    quantity: lot.quantity,
    proceeds: figureText(proceeds),
    basis: figureText(basisOf(lot)),
    disallowedLoss,
    gain: figureText(gain),
    term,
    tax: figureText(tax),
  })),
});

export function lotDocument(lot: Lot, { calendar }: LotRules): LotDocument {
  const basis = basisOf(lot);
  const { heldSince } = lot;
  return {
    lot: lot.id,
    account: lot.account,
    asset: lot.asset,
    quantity: lot.quantity,
    basis: figureText(basis),
    unitCost:
      basis.state === 'known'
        ? divide(basis.amount, lot.quantity, MONEY_DECIMALS, 'half')
        : figureText(basis),
    acquiredAt: timeText(lot.acquiredAtMs),
    source: lot.source,
    longTermFrom: heldSince.state === 'known' ? dayText(calendar.longTermFromDay(heldSince.atMs)) : null,
  };
}

const yearDocument = ({ year, gain, tax, income, terms }: LotYear): YearDocument => ({
  year,
  gain: figureText(gain),
  tax: figureText(tax),
  income: figureText(income),
  terms: Object.fromEntries(
    Object.entries(terms).map(([term, total]) => [
      term,
      {
        proceeds: figureText(total.proceeds),
        basis: figureText(total.basis),
        disallowedLoss: total.disallowedLoss,
        gain: figureText(total.gain),
        tax: figureText(total.tax),
      },
    ]),
  ),
});

const previewDocument = (preview: GainPreview): PreviewDocument => ({
  ...totalsDocument(preview),
  fifo: totalsDocument(preview.fifo),
  savedAgainstFifo: figureText(preview.savedAgainstFifo),
  costAgainstNoTrade: figureText(preview.costAgainstNoTrade),
  disposals: preview.disposals.map(disposalDocument),
  hints: preview.hints,
});

const totalsDocument = (totals: GainTotals): TotalsDocument => ({
  shortTermGain: figureText(totals.shortTermGain),
  longTermGain: figureText(totals.longTermGain),
  taxFreeGain: figureText(totals.taxFreeGain),
  tax: figureText(totals.tax),
});
