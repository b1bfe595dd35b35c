const OTHER_COINBASE =
  'another venue of the same company, with its own accounts, keys and API: Advanced Trade is what is read here';
const INTERNATIONAL = `${OTHER_COINBASE}; perpetuals of Coinbase are read through Advanced Trade’s portfolios`;
const CCXT_TABLE = 'a table of ccxt’s own making, to run ccxt with: no answer of a venue';
const PUBLIC_CHANNEL = 'a channel that is not subscribed to: only what moves the account, and blocks, are';
const NO_MOVES = 'no program of this kind moves or withdraws funds, and it needs no address to deposit to';
const NO_EDIT = 'an order is what was submitted: nothing edits it';
const NO_CHARTS = 'trades and candles of others are not read: prices are the best bid and ask';
const V2_BALANCE = 'the balances of Advanced Trade are read, which tell holds and portfolios apart';
const OTHER_ORDER = 'no order of this kind is sent: orders are limits, or a buy for an amount of quote';
const QUOTES = 'quotes are read from the products, else from the best bids and asks';

/** Recorded files that no test reads, each with the reason. Paths below `wire`; a folder stands for all in it. */
export const FILES_NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'ccxt/cases.request.coinbaseexchange.json': OTHER_COINBASE,
  'ccxt/cases.response.coinbaseexchange.json': OTHER_COINBASE,
  'ccxt/raw/response.coinbaseexchange.json': OTHER_COINBASE,
  'ccxt/cases.request.coinbaseinternational.json': INTERNATIONAL,
  'ccxt/cases.response.coinbaseinternational.json': INTERNATIONAL,
  'ccxt/raw/response.coinbaseinternational.json': INTERNATIONAL,
  'nautilus/coinbase_intx/': INTERNATIONAL,
  'ccxt/cases.response.coinbase.transfer.json': NO_MOVES,
  'ccxt/markets.coinbase.json': CCXT_TABLE,
  'ccxt/markets.dydx.json': CCXT_TABLE,
  'coinbase/sandbox/edit_order.json': NO_EDIT,
  'dydx/abacus.historicalPnl.json':
    'results over time are reckoned from the book, and the venue’s own are not read',
  'dydx/abacus.onchain.json':
    'tiers of equity and fees, and stakes: none of them is asked of the chain, the fee stands in each fill',
  'nautilus/dydx/http_get_time.json': 'dYdX is dated by heights of the chain, not by the indexer’s clock',
  'nautilus/dydx/http_get_trades.json': NO_CHARTS,
  'nautilus/dydx/http_get_historical_funding.json':
    'rates of a market: what funding an account paid or got is read, in payments',
  'nautilus/dydx/ws_markets_status_update.json': PUBLIC_CHANNEL,
  'nautilus/dydx/ws_markets_subscribed.json': PUBLIC_CHANNEL,
  'nautilus/dydx/ws_markets_update.json': PUBLIC_CHANNEL,
  'nautilus/dydx-legacy/ws.trade_deleveraged.json': PUBLIC_CHANNEL,
  'nautilus/dydx-legacy/ws.v4_markets_channel_data.json': PUBLIC_CHANNEL,
  'nautilus/dydx-legacy/ws.v4_markets_channel_data_v8.json': PUBLIC_CHANNEL,
  'nautilus/dydx-legacy/ws.v4_markets_cross.json': PUBLIC_CHANNEL,
  'nautilus/dydx-legacy/ws.v4_markets_oracle_price.json': PUBLIC_CHANNEL,
};

/** Recorded cases that no test reads, each with the reason. */
export const CASES_NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'rotki.coinbase.coinbase_query_balances': V2_BALANCE,
  'ccxt.coinbase.response.fetchBalance.1': V2_BALANCE,
  'ccxt.coinbase.response.fetchDepositAddresses.0': NO_MOVES,
  'ccxt.coinbase.response.fetchTicker.0': QUOTES,
  'ccxt.dydx.response.fetchTime.0': 'dYdX is dated by heights of the chain, not by the indexer’s clock',
  'ccxt.dydx.response.fetchTrades.0': NO_CHARTS,
  'ccxt.dydx.response.fetchOHLCV.0': NO_CHARTS,
  'naut.coinbase.account_state.empty':
    'a list without accounts is an account without balances: no currency is made up for it',
  'naut.coinbase.order_type_map': 'the type of an order is not kept: its limit is, or that it has none',
  'ccxt.coinbase.request.fetchDepositAddresses.0': NO_MOVES,
  'ccxt.coinbase.request.withdraw.0': NO_MOVES,
  'ccxt.coinbase.request.fetchCurrencies.0': 'exchange rates are not read: prices are those of the markets',
  'ccxt.coinbase.request.fetchTime.0': 'the time of Advanced Trade is asked for, not that of the older API',
  'ccxt.coinbase.request.fetchTime.2': 'the time of Advanced Trade is asked for, not that of the older API',
  'ccxt.coinbase.request.createOrder.2': OTHER_ORDER,
  'ccxt.coinbase.request.createOrder.3': OTHER_ORDER,
  'ccxt.coinbase.request.createOrder.4': OTHER_ORDER,
  'ccxt.coinbase.request.createOrder.9': OTHER_ORDER,
  'ccxt.coinbase.request.createOrder.11': 'perpetuals of Coinbase are read and not traded',
  'ccxt.coinbase.request.editOrder.1': NO_EDIT,
  'ccxt.coinbase.request.fetchBalance.0': V2_BALANCE,
  'ccxt.coinbase.request.fetchBalance.2': V2_BALANCE,
  'ccxt.coinbase.request.fetchOrder.0':
    'an order is looked up in the lists, which prove absence: one that is asked for alone may only be late',
  'ccxt.coinbase.request.fetchTrades.0': NO_CHARTS,
  'ccxt.coinbase.request.fetchTrades.1': NO_CHARTS,
  'ccxt.coinbase.request.fetchTrades.2': NO_CHARTS,
  'ccxt.coinbase.request.fetchTrades.3': NO_CHARTS,
  'ccxt.coinbase.request.fetchOHLCV.0': NO_CHARTS,
  'ccxt.coinbase.request.fetchOHLCV.2': NO_CHARTS,
  'ccxt.coinbase.request.fetchTickers.0': QUOTES,
  'ccxt.coinbase.request.fetchTickers.1': QUOTES,
  'ccxt.coinbase.request.fetchTickers.2': QUOTES,
  'ccxt.coinbase.request.fetchTickers.3': QUOTES,
  'ccxt.coinbase.request.fetchTicker.0': QUOTES,
  'ccxt.coinbase.request.fetchOrderBook.0': QUOTES,
  'ccxt.dydx.request.fetchTime.0': 'dYdX is dated by heights of the chain, not by the indexer’s clock',
  'ccxt.dydx.request.fetchTrades.0': NO_CHARTS,
  'ccxt.dydx.request.fetchOHLCV.0': NO_CHARTS,
  'ccxt.dydx.request.fetchPosition.0':
    'positions are read with their subaccount, so that both are of one block',
};
