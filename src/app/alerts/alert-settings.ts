import type { AlertPolicy } from '../../domain/alerts/advance-alerts.ts';
import type { AlertLevel } from '../../domain/alerts/alert-codes.ts';
import type { Amount } from '../../domain/money/amount.ts';

/** Where messages of which levels go. What a channel is, and its secrets, the service does not know. */
export interface AlertRoute {
  readonly channel: string;
  readonly levels: readonly AlertLevel[];
}

export interface AlertSettings extends AlertPolicy {
  /** Between two looks. */
  readonly checkIntervalMs: number;
  /** A strategy is told of from this fall of its index on, a fraction. */
  readonly strategyDrawdown: Amount;
  readonly routes: readonly AlertRoute[];
}
