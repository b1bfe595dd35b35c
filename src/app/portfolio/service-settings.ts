import type { TaxTerms } from '../../domain/lots/tax-terms.ts';
import { type Amount, amount } from '../../domain/money/amount.ts';
import type { ApprovalLimits } from '../../domain/rebalancing/approval-policy.ts';
import type { BuyRelease } from '../../domain/rebalancing/execution.ts';
import { BUY_RELEASE_DEFAULT } from '../../domain/rebalancing/execution-start.ts';
import type { PlanInput, PlanLimits } from '../../domain/rebalancing/plan-input.ts';
import type { TriggerPolicy } from '../../domain/rebalancing/triggers/check-triggers.ts';
import type { WrappedPair } from '../../domain/reconciliation/candidates-of-structure.ts';
import type { CorrectionPolicy } from '../../domain/reconciliation/correction-policy.ts';
import type { RiskLimits } from '../../domain/risk/risk-limits.ts';
import type { Targeting } from '../../domain/strategies/targeting.ts';
import { DEFAULT_RETENTION, type Retention } from '../../domain/valuation/retention.ts';
import type { AssetId, VenueId, VenueKind } from '../../domain/venue/venue.ts';
import type { AlertSettings } from '../alerts/alert-settings.ts';
import type { KeyDeclaration } from '../key-declaration.ts';

/** Who may send orders. `paper` plans and sends nothing; `demo` and `live` differ in the venues, not in the path. */
export type Mode = 'demo' | 'paper' | 'live';

export interface VenueSettings {
  readonly venue: VenueId;
  readonly kind: VenueKind;
  /** The account that client order ids are counted for, whatever the venue is called; null where they are text. */
  readonly numberedAccount: string | null;
  readonly policy: CorrectionPolicy;
  readonly opening: 'confirm' | 'auto';
  /** Markets that are priced and traded here. */
  readonly markets: readonly string[];
  /** What buys are paid with here; null where nothing is traded. */
  readonly cashAsset: AssetId | null;
  /** False where the venue holds nothing for open orders. */
  readonly usesHolds: boolean;
  /** How many independent sources can be read of it, such as endpoints of a chain. */
  readonly sources: number;
}

/** When the service plans by itself. */
export interface TriggerSettings extends TriggerPolicy {
  /** Between two checks. */
  readonly checkIntervalMs: number;
  /** Whether a plan that a trigger led to waits for a person, or is carried out within limits and waits beyond them. */
  readonly approval: { readonly kind: 'ask' } | { readonly kind: 'policy'; readonly limits: ApprovalLimits };
}

/** How far targets are traded to. */
export type PlanningSettings = Pick<PlanInput, 'destination' | 'bands'>;

/** Everything that decides how the service behaves, without secrets, as a journal's first line carries it. */
export interface ServiceSettings {
  readonly mode: Mode;
  readonly venues: readonly VenueSettings[];
  /** Assets that count as one, over those known already. */
  readonly groups: Readonly<Record<AssetId, string>>;
  /** Share of each group, cash included; empty where nothing is rebalanced. */
  readonly targets: Readonly<Record<string, string>>;
  /** Strategies, methods and caps; absent where targets are plain weights. */
  readonly targeting?: Targeting;
  /** What is absent is not enforced. */
  readonly limits: PlanLimits & RiskLimits;
  /** Limits that somebody has written down: one that cannot be evaluated refuses, a default that cannot yet is told. */
  readonly limitsWritten?: readonly string[];
  readonly reconciliation: {
    readonly pollIntervalMs: number;
    readonly quietWindowMs: number;
    readonly timeoutMs: number;
    /** Further tries of a read that failed in passing, within a round. */
    readonly retryCount: number;
    readonly thresholdUsd: Amount;
    readonly thresholdFraction: Amount;
    readonly combine: 'or' | 'and';
    readonly dustUsd: Amount;
    /** Reads that have to agree on a difference. */
    readonly confirmations: number;
    /** How long a person may approve a proposal. */
    readonly approvalTimeLimitMs: number;
    /** Venues silent for longer close their gates. */
    readonly gateTimeLimitMs: number;
  };
  /** Absent where all of it is as `executionSettingsOf` has it. */
  readonly execution?: ExecutionSettings;
  /** Absent where the service plans only on request. */
  readonly triggers?: TriggerSettings;
  /** Absent where plans heed no tax. */
  readonly tax?: TaxTerms;
  /** Absent: all the way. */
  readonly planning?: PlanningSettings;
  /** Returns that ended longer ago do not say how groups move together; absent where no file of them is named. */
  readonly returnsAgeMaxMs?: number;
  /** Absent: as `valuationSettingsOf` has it. */
  readonly valuations?: ValuationSettings;
  /** Absent where nobody looks for what people have to know. */
  readonly alerts?: AlertSettings;
  readonly wrappedPairs: readonly WrappedPair[];
  /** Goes into the audit log at the start; nothing where nothing was declared. */
  readonly keyDeclarations?: readonly KeyDeclaration[];
}

/** How a plan is executed, and when it is made anew. */
export interface ExecutionSettings {
  readonly release: BuyRelease;
  /** A price that has moved further since it was planned with makes the plan outdated. */
  readonly priceMoveMaxBps: Amount;
  /** How often one request is planned again. */
  readonly replansMax: number;
}

export const EXECUTION_DEFAULTS: ExecutionSettings = {
  release: BUY_RELEASE_DEFAULT,
  priceMoveMaxBps: amount('50'),
  replansMax: 2,
};

export const executionSettingsOf = ({ execution }: Pick<ServiceSettings, 'execution'>): ExecutionSettings =>
  execution ?? EXECUTION_DEFAULTS;

/** When the portfolio is valued besides 00:00 UTC and before every flow, and how long that is kept. */
export interface ValuationSettings {
  readonly intervalMs: number;
  readonly retention: Retention;
}

export const VALUATION_DEFAULTS: ValuationSettings = { intervalMs: 300_000, retention: DEFAULT_RETENTION };

export const valuationSettingsOf = ({ valuations }: Pick<ServiceSettings, 'valuations'>): ValuationSettings =>
  valuations ?? VALUATION_DEFAULTS;
