// A person's name in the room it has: shortened by words, measured on a canvas, never cut at the end.
import { useLayoutEffect, useRef, useState } from "react";
import { fitName, wordsOf } from "./names";

const STEP_PX = 8;
const widths = new Map<string, number>();
const chosen = new Map<string, string>();
let canvas: CanvasRenderingContext2D | null = null;
const waiting = new Set<() => void>();

// Widths measured before the fonts came are those of the fallback font.
if (typeof document !== "undefined") {
  document.fonts.addEventListener("loadingdone", () => {
    widths.clear();
    chosen.clear();
    for (const measureAgain of waiting) measureAgain();
  });
}

function widthOf(text: string, font: string): number {
  const key = `${font}|${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  canvas ??= document.createElement("canvas").getContext("2d");
  if (!canvas) return 0;
  canvas.font = font;
  const width = canvas.measureText(text).width;
  widths.set(key, width);
  return width;
}

/** The width that the box has with all its words in it; with short ones it may be no wider than they are. */
function widthWithin(node: HTMLElement, words: string): number {
  const shown = node.lastElementChild;
  if (!shown || shown.textContent === words) return node.clientWidth;
  const kept = shown.textContent;
  shown.textContent = words;
  const width = node.clientWidth;
  shown.textContent = kept;
  return width;
}

interface Props {
  name: string;
  /** Said before the name but not part of it, e.g. "TS.". */
  title?: string | undefined;
  /** Said after the name, e.g. "(tôi)". */
  after?: string | undefined;
  className?: string;
}

/** The full name is always the accessible text; what is seen is the longest form that fits. */
export function PersonName({ name, title, after, className }: Props) {
  const box = useRef<HTMLSpanElement>(null);
  const full = wordsOf(name).join(" ");
  const [seen, setSeen] = useState(full);

  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    const measureAgain = () => {
      const style = getComputedStyle(node);
      const font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      const extra = [title, after].filter(Boolean).reduce((sum, word) => sum + widthOf(`${word} `, font), 0);
      const width = widthWithin(node, [title, full, after].filter(Boolean).join(" "));
      const room = Math.floor((width + 1) / STEP_PX) * STEP_PX + STEP_PX - 1;
      const key = `${font}|${room}|${extra}|${full}`;
      let form = chosen.get(key);
      if (form === undefined) {
        form = fitName(full, Math.min(room, width + 1) - extra, (text) => widthOf(text, font));
        chosen.set(key, form);
      }
      setSeen(form);
    };
    measureAgain();
    const watch = new ResizeObserver(measureAgain);
    // A box that shrank with its words says nothing of the room around it: what it stands in is watched too.
    for (const one of [node, node.parentElement, node.parentElement?.parentElement])
      if (one) watch.observe(one);
    waiting.add(measureAgain);
    return () => {
      waiting.delete(measureAgain);
      watch.disconnect();
    };
  }, [full, title, after]);

  const said = [title, full, after].filter(Boolean).join(" ");
  const shown = [title, seen, after].filter(Boolean).join(" ");
  return (
    <span ref={box} className={`person-name ${className ?? ""}`} title={shown === said ? undefined : said}>
      <span className="visually-hidden">{said}</span>
      <span aria-hidden="true">{shown}</span>
    </span>
  );
}
