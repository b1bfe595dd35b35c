/** A name of the IANA time zone database that this machine knows, such as "Europe/Berlin". */
export function isZoneName(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}
