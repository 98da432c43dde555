// Dates, times and quantities as a Vietnamese school writes them: 24 h, dd/MM/yyyy, GMT+7, decimal comma.

const ZONE = "Asia/Ho_Chi_Minh";
const NBSP = "\u00a0";

function parts(at: Date): Record<string, string> {
  const out: Record<string, string> = {};
  for (const part of new Intl.DateTimeFormat("en-GB", {
    timeZone: ZONE,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    weekday: "short",
    hourCycle: "h23",
  }).formatToParts(at)) {
    out[part.type] = part.value;
  }
  return out;
}

/** "07:30". */
export function clock(at: Date | string | number): string {
  const p = parts(new Date(at));
  return `${p.hour}:${p.minute}`;
}

/** "07:30:05". */
export function clockWithSeconds(at: Date | string | number): string {
  const p = parts(new Date(at));
  return `${p.hour}:${p.minute}:${p.second}`;
}

/** "06/10/2026". */
export function day(at: Date | string | number): string {
  const p = parts(new Date(at));
  return `${p.day}/${p.month}/${p.year}`;
}

/** "06/10". */
export function dayShort(at: Date | string | number): string {
  const p = parts(new Date(at));
  return `${p.day}/${p.month}`;
}

/** "2026-10-06", the day in Vietnam, as the REST paths take it. */
export function isoDay(at: Date | string | number): string {
  const p = parts(new Date(at));
  return `${p.year}-${p.month}-${p.day}`;
}

/** Day of the week in Vietnam, 1 = Monday … 7 = Sunday. */
export function weekday(at: Date | string | number): 1 | 2 | 3 | 4 | 5 | 6 | 7 {
  const names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const index = names.indexOf(parts(new Date(at)).weekday ?? "Mon");
  return (Math.max(0, index) + 1) as 1 | 2 | 3 | 4 | 5 | 6 | 7;
}

/** "05:48" or "1:05:48": a stretch of time, never negative. */
export function stretch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** "00:54:12": running time of a recording. */
export function longStretch(seconds: number): string {
  const text = stretch(seconds);
  return text.length === 5 ? `00:${text}` : text.padStart(8, "0");
}

/** "1,8": at most one decimal, with the comma of the language. */
export function decimal(value: number, locale: string, digits = 1): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

/** "1,4 MB", "86 kB". */
export function bytes(value: number, locale: string): string {
  if (value >= 1e9) return `${decimal(value / 1e9, locale)}${NBSP}GB`;
  if (value >= 1e6) return `${decimal(value / 1e6, locale, value >= 1e7 ? 0 : 1)}${NBSP}MB`;
  return `${decimal(value / 1e3, locale, 0)}${NBSP}kB`;
}

/** "64 %" with a space that does not break. */
export function percent(share: number, locale: string): string {
  return `${decimal(share * 100, locale)}${NBSP}%`;
}

/** "1,8 Mb/giây" or "180 kb/giây"; `second` is the word for a second in the language. */
export function rate(bps: number, locale: string, second: string): string {
  if (bps >= 1e6) return `${decimal(bps / 1e6, locale)}${NBSP}Mb/${second}`;
  return `${decimal(bps / 1e3, locale, 0)}${NBSP}kb/${second}`;
}
