/** Fills gauges when somebody asks for them. */
export interface Collector {
  /** What it tells of, for messages. */
  readonly of: string;
  /** Nothing is known any more. */
  clear(): void;
  collect(): void | Promise<void>;
}
