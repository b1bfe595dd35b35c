const NO_OPENING_FILL =
  'no opening fill is made up: a venue is opened with what it holds, and the fills before are contained in that';
const FILLS_STAND =
  'fills on record are never replaced: a position that they do not add up to is a discrepancy for a person';
const NO_AMENDMENT =
  'an order is what was submitted: what remains of it is compared, and nothing amends its quantity, price or trigger';
const ENDED_BEFORE_OPENING =
  'an order that ended before the venue was opened is not imported: all it did is in the opening balances';
const NO_INFERRED_PRICE =
  "a price comes from the venue's own record of a fill, never from an average, a limit or a quote";
const NO_LIQUIDITY =
  "whether an order made or took the market is not kept: what it cost is the venue's own fee";
const NO_INSTRUMENTS =
  'everything that a venue holds is compared: there is neither a filter nor a list of instruments to be loaded';

/** Cases of the reference that state what this program does otherwise on purpose, each with the reason. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'partial_window.missing_opening_fill': NO_OPENING_FILL,
  'partial_window.incomplete_4x': NO_OPENING_FILL,
  'partial_window.replace_current_lifecycle': FILLS_STAND,
  'partial_window.replace_uses_first_order_of_lifecycle': FILLS_STAND,
  'order_report.price_amended': NO_AMENDMENT,
  'order_report.strip_zero_trigger_for_limit': NO_AMENDMENT,
  'order_report.qty_and_fill_converge_one_pass': NO_AMENDMENT,
  'order_report.qty_amended_working': NO_AMENDMENT,
  'drift_detection.price_changed': NO_AMENDMENT,
  'drift_detection.stop_limit_price_changed': NO_AMENDMENT,
  'external_order.status_canceled': ENDED_BEFORE_OPENING,
  'startup_import.rejected': ENDED_BEFORE_OPENING,
  'startup_import.canceled': ENDED_BEFORE_OPENING,
  'startup_import.filled_no_trades': ENDED_BEFORE_OPENING,
  'startup_import.filled_with_trade': ENDED_BEFORE_OPENING,
  'startup_import.partial_no_trade':
    'what was filled before the venue was opened is in its balances: no fill is inferred for it',
  'inferred_fill.liquidity_market': NO_LIQUIDITY,
  'inferred_fill.liquidity_stop_market': NO_LIQUIDITY,
  'inferred_fill.liquidity_limit_post_only': NO_LIQUIDITY,
  'inferred_fill.price_priority_avg_px': NO_INFERRED_PRICE,
  'inferred_fill.price_priority_report_price': NO_INFERRED_PRICE,
  'position_report.uses_quote_when_available': NO_INFERRED_PRICE,
  'fill_report.overfill_allowed':
    'no setting lets a bot report more than its order: what the venue filled beyond it is found by comparison',
  'fill_report.unknown_order':
    'a fill is booked whoever sent its order: as external, with the gate closed until it is explained',
  'position_report.missing_instrument_defers': NO_INSTRUMENTS,
  'live_flow.instrument_filter': NO_INSTRUMENTS,
  'live_flow.unloaded_instrument_skipped': NO_INSTRUMENTS,
  'lean/order-without-id-skipped':
    'no adapter reads streams yet; in the lists that are read a row without its id is malformed, never skipped',
};
