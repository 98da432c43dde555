// Equal tiles: lecturer first, self second, then the class, page by page. Only what is on the page is shown and asked for.
import { useLayoutEffect, useRef, useState } from "react";
import { NARROW, PHONE, useMedia, useRoom } from "../context";
import { isLecturer, lecturerOf } from "../select";
import { gridFor, swipe } from "./gallery_page";
import { useGallery } from "./gallery_state";
import { Pager } from "./Pager";
import { Tile } from "./Tile";

const PHONE_COLUMNS = 2;
const GAP_PX = 12;

export function Gallery() {
  const phone = useMedia(PHONE);
  const narrow = useMedia(NARROW);
  const { shown, page, perPage, turn } = useGallery();
  // The strip of who teaches is full of the class; everybody else's has room for the pager.
  const teaches = useRoom(isLecturer);
  const lecturer = useRoom((state) => lecturerOf(state)?.participant);
  const box = useRef<HTMLDivElement>(null);
  const touch = useRef<{ x: number; y: number } | null>(null);
  const [room, setRoom] = useState<{ width: number; height: number } | null>(null);
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    const measure = () => setRoom({ width: node.clientWidth, height: node.clientHeight });
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(node);
    return () => watch.disconnect();
  }, []);
  // A last page that is not full is laid out like the others, so that turning does not make faces jump in size.
  const places = page.count > 1 ? perPage : shown.length;
  const grid = phone
    ? { columns: PHONE_COLUMNS, rows: Math.max(1, Math.ceil(places / PHONE_COLUMNS)) }
    : gridFor(places, room?.width ?? 0, room?.height ?? 0, GAP_PX);
  return (
    <div className="gallery-box">
      <div
        ref={box}
        className="gallery"
        style={{ "--columns": grid.columns, "--rows": grid.rows } as React.CSSProperties}
        onTouchStart={(event) => {
          const finger = event.touches[0];
          touch.current =
            event.touches.length === 1 && finger ? { x: finger.clientX, y: finger.clientY } : null;
        }}
        onTouchEnd={(event) => {
          const finger = event.changedTouches[0];
          if (!touch.current || !finger) return;
          turn(swipe(finger.clientX - touch.current.x, finger.clientY - touch.current.y));
          touch.current = null;
        }}
      >
        {room &&
          shown.map((participant) => (
            <Tile key={participant} participant={participant} pinned={participant === lecturer} />
          ))}
      </div>
      {(narrow || teaches) && (page.count > 1 || !phone) && <Pager />}
    </div>
  );
}
