import type { OpenDatabase } from '../../../db/database.ts';
import type { CommittedChange } from './committed-change.ts';
import type { PortfolioState } from './portfolio-state.ts';
import type { ServiceSettings } from './service-settings.ts';

/** What the work of one message is done with: within the transaction that `db` is, collecting what it did. */
export interface RoundContext {
  readonly db: OpenDatabase['db'];
  readonly state: PortfolioState;
  readonly settings: ServiceSettings;
  readonly nowMs: number;
  readonly change: CommittedChange;
}
