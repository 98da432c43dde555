// Equal tiles: lecturer first, self second, then the class; pages when there are more than fit. A tile changes place only
// when it is off the page.
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useText } from "@/locales/text";
import { IconButton } from "@/ui/Button";
import { PHONE, useMedia, useRoom } from "../context";
import { bringOntoPage, galleryOrder, lecturerOf } from "../select";
import { Tile } from "./Tile";

/** 3 × 3 by default: nine cameras are what a line of 1.5 Mb/s carries. */
const SIDE = 3;
const PHONE_COLUMNS = 2;

export function Gallery() {
  const { t } = useText();
  const phone = useMedia(PHONE);
  const people = useRoom((state) => state.people);
  const speakers = useRoom((state) => state.speakers);
  const state = useRoom((room) => room);
  const lecturer = lecturerOf(state)?.participant;
  const before = useRef<string[]>([]);
  const [page, setPage] = useState(0);

  const order = galleryOrder({ ...state, people }, before.current);
  const columns = phone ? PHONE_COLUMNS : Math.min(SIDE, Math.max(1, Math.ceil(Math.sqrt(order.length))));
  const size = phone ? PHONE_COLUMNS * 2 : columns * columns;
  const settled = page === 0 ? bringOntoPage(order, size, speakers) : order;
  useEffect(() => {
    before.current = settled;
  });

  const pages = Math.max(1, Math.ceil(settled.length / size));
  const at = Math.min(page, pages - 1);
  const from = at * size;
  const shown = settled.slice(from, from + size);
  const rows = Math.max(1, Math.ceil(shown.length / columns));
  return (
    <div className="gallery-box">
      <div
        className="gallery"
        style={
          {
            "--columns": columns,
            "--rows": pages > 1 ? Math.max(rows, phone ? 2 : columns) : rows,
          } as React.CSSProperties
        }
      >
        {shown.map((participant) => (
          <Tile key={participant} participant={participant} pinned={participant === lecturer} />
        ))}
      </div>
      {pages > 1 && (
        <div className="gallery__pages num">
          <IconButton
            icon={ChevronLeft}
            look="stage"
            label={t("room.stage.prev")}
            aria-disabled={at === 0}
            onClick={() => setPage(Math.max(0, at - 1))}
          />
          <span>
            {t("room.stage.page", { from: from + 1, to: from + shown.length, total: settled.length })}
          </span>
          <IconButton
            icon={ChevronRight}
            look="stage"
            label={t("room.stage.next")}
            aria-disabled={at === pages - 1}
            onClick={() => setPage(Math.min(pages - 1, at + 1))}
          />
        </div>
      )}
    </div>
  );
}
