// The gallery's arithmetic: how many tiles a page has, how they are laid out in a box, which page is shown. Pure.

export const PAGE_SIZES = [3, 9, 16, 25] as const;
export type PageSize = (typeof PAGE_SIZES)[number];

export const isPageSize = (value: number): value is PageSize =>
  (PAGE_SIZES as readonly number[]).includes(value);

export interface Page {
  /** Counted from 0, within what there is. */
  at: number;
  count: number;
  from: number;
  to: number;
  total: number;
}

/** The wished page of `total` tiles, or the last one when there are fewer. */
export function pageOf(total: number, size: number, wished: number): Page {
  const count = Math.max(1, Math.ceil(total / size));
  const at = Math.max(0, Math.min(wished, count - 1));
  const from = at * size;
  return { at, count, from, to: Math.min(total, from + size), total };
}

const RATIO = 16 / 9;

/** Columns and rows for so many tiles of 16:9 in a box, so that they come out largest. */
export function gridFor(
  tiles: number,
  width: number,
  height: number,
  gap: number,
): { columns: number; rows: number } {
  let best = { columns: 1, rows: Math.max(1, tiles) };
  let bestWidth = 0;
  for (let columns = 1; columns <= Math.max(1, tiles); columns++) {
    const rows = Math.ceil(Math.max(1, tiles) / columns);
    const byWidth = (width - (columns - 1) * gap) / columns;
    const byHeight = ((height - (rows - 1) * gap) / rows) * RATIO;
    const tile = Math.min(byWidth, byHeight);
    if (tile > bestWidth + 0.5) {
      bestWidth = tile;
      best = { columns, rows };
    }
  }
  return best;
}

/** Two columns on a phone held upright: as many rows as leave the talk its half of the screen. */
export function phoneRows(width: number, height: number): number {
  const row = width / 2 / RATIO;
  return Math.max(2, Math.min(5, Math.floor((height * 0.42) / row)));
}

/** A gallery of this size needs the lecturer's and the screen's slot besides; nobody needs one for themselves. */
export const slotsFor = (size: number): number => Math.min(25, size + 1);

/** How far a finger must travel sideways, and how much further than up or down, to turn a page. */
const SWIPE_PX = 48;

export function swipe(dx: number, dy: number): -1 | 0 | 1 {
  if (Math.abs(dx) < SWIPE_PX || Math.abs(dx) < 1.5 * Math.abs(dy)) return 0;
  return dx < 0 ? 1 : -1;
}
