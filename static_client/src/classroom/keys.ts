// Single-key shortcuts of the classroom. Pure: which deed a key means, and when no key means anything.

export type Deed =
  | "microphone"
  | "camera"
  | "hand"
  | "chat"
  | "people"
  | "share"
  | "full_screen"
  | "answer"
  | "page_next"
  | "page_before"
  | "help";

const DEEDS: Readonly<Record<string, Deed>> = {
  m: "microphone",
  v: "camera",
  h: "hand",
  c: "chat",
  l: "people",
  s: "share",
  f: "full_screen",
  "1": "answer",
  pagedown: "page_next",
  pageup: "page_before",
  "?": "help",
};

interface KeyLike {
  key: string;
  code: string;
  isComposing: boolean;
  repeat: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** Typing, choosing in a list or composing Vietnamese: the keys belong to the field. */
export function isTyping(
  target: { tagName?: string; isContentEditable?: boolean; type?: string } | null,
): boolean {
  if (!target) return false;
  if (target.isContentEditable) return true;
  const tag = target.tagName?.toLowerCase() ?? "";
  if (tag === "textarea" || tag === "select") return true;
  return tag === "input" && !["checkbox", "radio", "button", "range"].includes(target.type ?? "text");
}

/** The physical key counts for letters: with Telex on, the letter that arrives may already carry a mark. */
export function deedOf(event: KeyLike): Deed | null {
  if (event.isComposing || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return null;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
  return DEEDS[event.key.toLowerCase()] ?? (letter ? (DEEDS[letter] ?? null) : null);
}
