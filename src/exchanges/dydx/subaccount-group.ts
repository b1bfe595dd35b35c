/** Subaccounts whose orders and fills are asked for together: one alone, or a parent with all its children. */
export interface SubaccountGroup {
  readonly address: string;
  /** The subaccount alone, or the parent. */
  readonly number: number;
  /** Sorted; always with `number` among them. */
  readonly members: readonly number[];
}

/** Numbers from here on are children, each with an isolated position: its parent is the number modulo this. */
export const PARENTS = 128;

export const parentOf = (subaccountNumber: number): number => subaccountNumber % PARENTS;

/** A subaccount whose children, if it has any, are not asked for. */
export const alone = (address: string, number: number): SubaccountGroup => ({
  address,
  number,
  members: [number],
});

export const isFamily = (group: SubaccountGroup): boolean => group.members.length > 1;
