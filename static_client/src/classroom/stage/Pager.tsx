// Turning the gallery's pages and choosing how many tiles a page has: in the strip of a wide window, below the tiles elsewhere.
import { ChevronDown, ChevronLeft, ChevronRight, Grid2x2, Grid3x3, LayoutGrid } from "lucide-react";
import { useText } from "@/locales/text";
import { IconButton } from "@/ui/Button";
import { MenuButton } from "@/ui/Overlay";
import { PHONE, useMedia } from "../context";
import { PAGE_SIZES, type PageSize } from "./gallery_page";
import { useGallery } from "./gallery_state";

const ICON = { 3: LayoutGrid, 9: Grid3x3, 16: Grid2x2, 25: Grid2x2 } as const;

export function Pager() {
  const { t } = useText();
  const phone = useMedia(PHONE);
  const { page, size, setSize, turn } = useGallery();
  const nameOf = (one: PageSize) =>
    one === 3 ? t("room.stage.grid.three") : t("room.stage.grid.square", { n: Math.sqrt(one) });
  const Icon = ICON[size];
  return (
    <nav className="pager num" aria-label={t("room.stage.pages")}>
      {page.count > 1 && (
        <>
          <IconButton
            icon={ChevronLeft}
            look="stage"
            label={t("room.stage.prev")}
            aria-keyshortcuts="PageUp"
            aria-disabled={page.at === 0}
            onClick={() => turn(-1)}
          />
          <span role="status">
            {t("room.stage.page", { from: page.from + 1, to: page.to, total: page.total })}
          </span>
          <IconButton
            icon={ChevronRight}
            look="stage"
            label={t("room.stage.next")}
            aria-keyshortcuts="PageDown"
            aria-disabled={page.at === page.count - 1}
            onClick={() => turn(1)}
          />
        </>
      )}
      {!phone && (
        <MenuButton
          label={`${t("room.stage.grid")}: ${nameOf(size)}`}
          className="chip chip--button"
          choices={PAGE_SIZES.map((one) => ({
            id: String(one),
            label: nameOf(one),
            icon: ICON[one],
            checked: one === size,
          }))}
          onChoose={(id) => setSize(Number(id) as PageSize)}
        >
          <Icon size={18} aria-hidden="true" /> {nameOf(size)} <ChevronDown size={16} aria-hidden="true" />
        </MenuButton>
      )}
    </nav>
  );
}
