// Fills a sentence of the catalogue. Understands `{name}` and `{n, plural, one {# student} other {# students}}`
// (a small part of ICU MessageFormat); Vietnamese has no plural forms and uses `{name}` alone.

export type Params = Readonly<Record<string, string | number>>;

interface Piece {
  text: string;
  end: number;
}

/** Reads the balanced `{…}` that opens at `start`; the text is what stands between the braces. */
function readBraces(pattern: string, start: number): Piece {
  let depth = 0;
  for (let i = start; i < pattern.length; i++) {
    if (pattern[i] === "{") depth++;
    else if (pattern[i] === "}" && --depth === 0) return { text: pattern.slice(start + 1, i), end: i + 1 };
  }
  return { text: pattern.slice(start + 1), end: pattern.length };
}

function choosePlural(options: string, value: number, rules: Intl.PluralRules): string {
  const wanted = rules.select(value);
  let other = "";
  const finder = /(=\d+|[a-z]+)\s*\{/g;
  for (let match = finder.exec(options); match; match = finder.exec(options)) {
    const body = readBraces(options, finder.lastIndex - 1);
    finder.lastIndex = body.end;
    if (match[1] === `=${value}` || match[1] === wanted) return body.text;
    if (match[1] === "other") other = body.text;
  }
  return other;
}

/** A sentence of `pattern` in the language `locale` with its `params` filled in; an unknown name stays visible as {name}. */
export function format(pattern: string, params: Params = {}, locale = "vi"): string {
  if (!pattern.includes("{")) return pattern;
  let out = "";
  let at = 0;
  while (at < pattern.length) {
    const open = pattern.indexOf("{", at);
    if (open < 0) return out + pattern.slice(at);
    out += pattern.slice(at, open);
    const { text, end } = readBraces(pattern, open);
    out += fill(text, params, locale);
    at = end;
  }
  return out;
}

function fill(text: string, params: Params, locale: string): string {
  const comma = text.indexOf(",");
  const name = (comma < 0 ? text : text.slice(0, comma)).trim();
  const value = params[name];
  if (value === undefined) return `{${name}}`;
  if (comma < 0) return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : value;
  const chosen = choosePlural(text.slice(comma + 1), Number(value), new Intl.PluralRules(locale));
  return format(chosen.replaceAll("#", String(value)), params, locale);
}
