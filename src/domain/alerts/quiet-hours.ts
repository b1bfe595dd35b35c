/** Hours of every day in which only what is critical is told. `to` before `from` is over midnight. */
export interface QuietHours {
  /** A zone of the IANA database. */
  readonly zone: string;
  /** Minutes since midnight there, 0 to 1439. `from` is within, `to` is not; both alike are no hours at all. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Whether a moment is within them, on the clocks of their zone: over a change of clocks as well. */
export function isQuiet({ zone, fromMinute, toMinute }: QuietHours, atMs: number): boolean {
  const minute = minuteOfDay(zone, atMs);
  return fromMinute <= toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function minuteOfDay(zone: string, atMs: number): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(zone, format);
  const parts = format.formatToParts(atMs);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return of('hour') * 60 + of('minute');
}
