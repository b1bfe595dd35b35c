/** A way in which reconciliation has gone wrong elsewhere, in the words of docs/OPERATING.md. */
export interface FailureMode {
  readonly number: number;
  readonly situation: string;
  readonly service: string;
  readonly you: string;
}

const modes: readonly (readonly [string, string, string])[] = [
  [
    'a fill lands while the venue is read',
    'reads again; the difference counts only if two reads agree',
    'nothing',
  ],
  [
    'a fill was corrected, and the bot reports it afterwards',
    'the report replaces the correction; the book does not move twice',
    'nothing',
  ],
  [
    'an order times out before or after the venue took it',
    'looks it up by its client order id; nothing is sent twice',
    'nothing',
  ],
  [
    'a venue is silent for minutes while an order is under way',
    'the order stays of unknown outcome however long that lasts, and its reservation stays; it is looked up after 2 s, then less and less often, up to a minute apart',
    'nothing; look at the venue if it lasts',
  ],
  [
    'a venue answers 200 with nothing in it',
    'the read is unknown; nothing is corrected',
    'nothing; if it lasts, look at the venue',
  ],
  [
    'a page of a list is dropped, doubled or reordered',
    '`inconclusive (incomplete)`; the next read recovers',
    'nothing',
  ],
  ['a read replica lags behind', '`inconclusive (stale)` until it has caught up', 'nothing'],
  [
    'someone wants to set a balance',
    'there is no such command; the database refuses to change what is posted',
    'post what happened',
  ],
  ['available, hold and total are mixed up or missing', '`inconclusive (malformed)`', 'report it'],
  [
    'the key sees another portfolio, or the account is not found',
    '`inconclusive (wrongScope or refused)`; nothing is compared',
    'check the key, the portfolio, the address',
  ],
  ['a difference lies in the eighteenth decimal', 'it is shown exactly', 'nothing'],
  ['crumbs are left that cannot be sold', 'they are left alone; no order is below the minimum', 'nothing'],
  ["a token's decimals cannot be read", 'the read is unknown; no decimals are assumed', 'nothing'],
  [
    'a token lies in several accounts or in Token-2022',
    'all accounts of both programs are added up',
    'nothing',
  ],
  ['a swap moves SOL by price, fee and rent', "the transaction's exact change is booked", 'nothing'],
  ['funding is paid between two reads', 'it is found in the activity and explained', 'nothing'],
  ["the venue's clock is minutes off", '`inconclusive (stale)`', 'set the clocks'],
  [
    'sells fill only in part before buys',
    'buys shrink to the confirmed cash, and the rest is planned again',
    'nothing',
  ],
  [
    'a fee is taken in a third currency',
    'it is booked in its own asset; a wrong report shows at once',
    'report the fee in its asset',
  ],
  [
    'an asset has no price',
    'it is never worth zero: the relative test decides, and nothing is applied unasked',
    'decide on the proposal',
  ],
  [
    'a signed transaction lands late',
    'the same bytes are sent; a new one only after proof of absence',
    'nothing',
  ],
  [
    'a venue contradicts itself for ever',
    'bounded reads, one discrepancy for a person, no orders',
    'ask the venue',
  ],
  ['the process is killed at any point', 'the book is rebuilt; nothing is booked twice', 'start it again'],
  [
    'someone deposits, withdraws or trades by hand',
    'explained from the activity, proposed, and the gate stays closed until then',
    'approve or reject it',
  ],
  ['the safety system itself fails', 'silence, loss and surplus alike close the gates', 'start it again'],
];

export const FAILURE_MODES: readonly FailureMode[] = modes.map(([situation, service, you], index) => ({
  number: index + 1,
  situation,
  service,
  you,
}));

/** The row that the operator's documentation has of it. */
export const rowOf = ({ number, situation, service, you }: FailureMode): string =>
  `| ${number} | ${situation} | ${service} | ${you} |`;
