// Which page of the gallery is shown and how large it is: one place for the tiles, the pager in the strip and the keys.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { PHONE, useController, useMedia, useRoom } from "../context";
import { bringOntoPage, galleryOrder } from "../select";
import { isPageSize, type Page, type PageSize, pageOf, phoneRows, slotsFor } from "./gallery_page";

interface GalleryValue {
  size: PageSize;
  /** Tiles of a full page: the chosen size, or what a phone has room for. */
  perPage: number;
  active: boolean;
  page: Page;
  shown: readonly string[];
  setSize: (size: PageSize) => void;
  turn: (pages: number) => void;
}

const GalleryContext = createContext<GalleryValue | null>(null);

export function useGallery(): GalleryValue {
  const value = useContext(GalleryContext);
  if (!value) throw new Error("useGallery outside GalleryProvider");
  return value;
}

const STORE_KEY = "gd.gallery";

function storedSize(): PageSize {
  try {
    const kept = Number(localStorage.getItem(STORE_KEY));
    return isPageSize(kept) ? kept : 9;
  } catch {
    return 9;
  }
}

function store(size: PageSize): void {
  try {
    localStorage.setItem(STORE_KEY, String(size));
  } catch {
    // Without storage the size lasts until the page closes.
  }
}

/** `active`: the gallery is on the stage; only then are its slots asked for. */
export function GalleryProvider({ active, children }: { active: boolean; children: ReactNode }) {
  const controller = useController();
  const phone = useMedia(PHONE);
  const state = useRoom((room) => room);
  const [size, setSize] = useState(storedSize);
  const [wished, setWished] = useState(0);
  const before = useRef<string[]>([]);
  const perPage = phone ? 2 * phoneRows(window.innerWidth, window.innerHeight) : size;

  const order = galleryOrder(state, before.current);
  const settled = wished === 0 ? bringOntoPage(order, perPage, state.speakers) : order;
  useEffect(() => {
    before.current = settled;
  });
  const page = pageOf(settled.length, perPage, wished);
  const shown = settled.slice(page.from, page.to);
  useEffect(() => {
    if (active) controller.wantVideoSlots(slotsFor(perPage));
  }, [active, perPage, controller]);

  const key = `${active}/${perPage}/${page.at}/${page.count}/${page.from}/${page.to}/${page.total}/${size}/${shown.join(" ")}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says everything that the value depends on
  const value = useMemo<GalleryValue>(
    () => ({
      size,
      perPage,
      active,
      page,
      shown,
      setSize: (next) => {
        store(next);
        setSize(next);
        // Whoever was first on the page stays on it.
        setWished(Math.floor(page.from / next));
      },
      turn: (pages) => setWished(Math.max(0, Math.min(page.count - 1, page.at + pages))),
    }),
    [key],
  );
  return <GalleryContext.Provider value={value}>{children}</GalleryContext.Provider>;
}
