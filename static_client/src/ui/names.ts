// Vietnamese personal names: order, initials, shortening, search. The given name is the last word and is never cut.

const collator = new Intl.Collator("vi", { sensitivity: "variant", numeric: true });
const segmenter =
  typeof Intl.Segmenter === "function" ? new Intl.Segmenter("vi", { granularity: "grapheme" }) : null;

export function wordsOf(name: string): string[] {
  return name
    .normalize("NFC")
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** Compares by given name, then middle names from the right, then family name ("Nguyễn Văn An" before "Lê Thị Ánh"). */
export function compareNames(a: string, b: string): number {
  const left = wordsOf(a).reverse();
  const right = wordsOf(b).reverse();
  const given = collator.compare(left[0] ?? "", right[0] ?? "");
  if (given !== 0) return given;
  return collator.compare(left.slice(1).reverse().join(" "), right.slice(1).reverse().join(" "));
}

function firstLetter(word: string): string {
  if (!segmenter) return [...word][0] ?? "";
  for (const { segment } of segmenter.segment(word)) return segment;
  return "";
}

/** First letters of the last two words with their marks: "Đặng Thị Ngọc Ánh" → "NÁ". */
export function initialsOf(name: string): string {
  return wordsOf(name)
    .slice(-2)
    .map((word) => firstLetter(word).toLocaleUpperCase("vi"))
    .join("");
}

/** From the full name to the given name alone, longest first; the given name is whole in every one. */
export function shorterForms(name: string): string[] {
  const words = wordsOf(name);
  const forms = [words.join(" ")];
  const lastTwo = words.slice(-2).join(" ");
  if (words.length > 3) forms.push(`${words[0]} … ${lastTwo}`);
  if (words.length > 2) forms.push(`… ${lastTwo}`);
  if (words.length > 1) forms.push(words.at(-1) ?? "");
  return forms;
}

/** The longest form of `name` no wider than `room`; `measure` gives the width of a text in the same unit. */
export function fitName(name: string, room: number, measure: (text: string) => number): string {
  const forms = shorterForms(name);
  return forms.find((form) => measure(form) <= room) ?? forms.at(-1) ?? name;
}

/** A text without marks, in lower case, đ = d: what search compares. */
export function plainOf(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "D").toLowerCase();
}

/** Whether every word typed begins, somewhere, a word of the name; marks are ignored on both sides. */
export function matchesSearch(name: string, typed: string): boolean {
  const wanted = plainOf(typed)
    .split(/\s+/)
    .filter((word) => word !== "");
  const hay = plainOf(name).split(/\s+/);
  return wanted.every((word) => hay.some((part) => part.startsWith(word)));
}

/** A pair of colours 0–5 for the initials of an account: the same account, the same pair, on every screen. */
export function colourPair(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) {
    hash ^= id.charCodeAt(i);
    hash = Math.imul(hash, 16777619);
  }
  return (hash >>> 0) % 6;
}
