import { readWaitingChannels } from '../../../db/alert-delivery-repository.ts';
import { countOpenAlerts, readAlerts } from '../../../db/alert-repository.ts';
import type { OpenDatabase } from '../../../db/database.ts';
import type { Acknowledgement } from '../../domain/alerts/alert.ts';
import { ALERT_LEVELS, type AlertCode, type AlertLevel, termsOf } from '../../domain/alerts/alert-codes.ts';
import type { Amount } from '../../domain/money/amount.ts';

/** More than there are conditions; of those that have ended, the newest. */
const ALERTS_MAX = 500;

export interface ListedAlert {
  readonly id: string;
  /** What a command takes for it. */
  readonly shortId: string;
  readonly code: AlertCode;
  readonly level: AlertLevel;
  readonly state: 'open' | 'resolved';
  readonly asset: string | null;
  readonly venue: string | null;
  readonly about: string | null;
  readonly title: string;
  readonly detail: string;
  readonly action: string;
  /** Null where there is no number. */
  readonly value: Amount | null;
  readonly bound: Amount | null;
  readonly occurrences: number;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
  readonly acknowledgement: Acknowledgement | null;
}

export interface AlertsDocument {
  /** How many are open, by level. */
  readonly open: Readonly<Record<AlertLevel, number>>;
  /** The worst first, then the newest. */
  readonly alerts: readonly ListedAlert[];
  /** Channels that messages wait for, with what the receiver said last. */
  readonly waiting: readonly {
    readonly channel: string;
    readonly waiting: number;
    readonly problem: string;
  }[];
}

const SHORT = 8;

/** Reads what is open, or all. Writes nothing. */
export async function alertsDocument(
  db: OpenDatabase['db'],
  { isAll }: { readonly isAll: boolean },
): Promise<AlertsDocument> {
  const alerts = await readAlerts(db, { isOpen: !isAll, limit: ALERTS_MAX });
  const listed = alerts.map(({ told: _told, lastHappenedAtMs: _last, measure, ...alert }): ListedAlert => {
    const { title, action } = termsOf(alert.code);
    const { value, bound } = measure ?? { value: null, bound: null };
    return { ...alert, shortId: alert.id.slice(0, SHORT), title, action, value, bound };
  });
  const rank = ({ level }: ListedAlert): number => ALERT_LEVELS.indexOf(level);
  return {
    open: await countOpenAlerts(db),
    alerts: listed.sort((a, b) => rank(a) - rank(b) || b.openedAtMs - a.openedAtMs || (a.id < b.id ? -1 : 1)),
    waiting: await readWaitingChannels(db),
  };
}
