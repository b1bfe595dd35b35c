import { createHash } from 'node:crypto';
import type { OrderPayload } from './order-payload.ts';

/** The namespace in which the indexer derives its ids from the chain's. */
const NAMESPACE = Buffer.from('0f9da948a6fb4c459edc4685c3f3317d', 'hex');

/**
 * The id that the indexer gives an order: a version 5 UUID of the chain's own order id.
 *
 * Known before the order is sent. The chain's id is the subaccount, client id, flags and pair, so a client id that is
 * used again in one market names the same order.
 */
export function indexerOrderId(
  order: Pick<OrderPayload, 'address' | 'subaccountNumber' | 'clientId' | 'clobPairId' | 'orderFlags'>,
): string {
  const subaccount = indexerSubaccountId(order.address, order.subaccountNumber);
  return uuidOf(`${subaccount}-${order.clientId}-${order.clobPairId}-${order.orderFlags}`);
}

export function indexerSubaccountId(address: string, subaccountNumber: number): string {
  return uuidOf(`${address}-${subaccountNumber}`);
}

function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
