/** Where the live venues answer. */
export const LIVE_VENUES = {
  coinbaseBaseUrl: 'https://api.coinbase.com',
  coinbaseStreamUrl: 'wss://advanced-trade-ws-user.coinbase.com',
  coinbaseWalletBaseUrl: 'https://api.cdp.coinbase.com/platform',
  dydxIndexerUrl: 'https://indexer.dydx.trade',
  dydxStreamUrl: 'wss://indexer.dydx.trade/v4/ws',
  /** The validator that dYdX's own client uses for the main network. */
  dydxValidatorUrl: 'https://dydx-ops-rpc.kingnodes.com',
  dydxChainId: 'dydx-mainnet-1',
  solanaRpcUrl: 'https://api.mainnet-beta.solana.com',
  /** Jupiter's service without an API key. */
  solanaSwapUrl: 'https://lite-api.jup.ag/swap/v1',
} as const;

/** USDC on Solana, as Circle publishes it. */
export const SOLANA_USDC_MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
