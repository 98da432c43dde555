// The right side: the pages as they will be printed, drawn by the server from the same content as the PDF.
import { Minus, Plus } from "lucide-react";
import { useState } from "react";
import { useText } from "@/locales/text";
import { percent } from "@/locales/when";
import { Button, IconButton } from "@/ui/Button";
import { api } from "@/wire/api";
import type { SheetShape } from "@/wire/protocol.gen";

const STEPS = [0.5, 0.65, 0.85, 1, 1.25] as const;
const A4_WIDTH_PX = 794;

interface Props {
  sheet: SheetShape;
  /** Changes whenever the content may have changed. */
  stamp: string;
}

export function SheetPreview({ sheet, stamp }: Props) {
  const { t, locale } = useText();
  const [zoom, setZoom] = useState<number | null>(0.85);
  const step = (by: number) => {
    const at = STEPS.indexOf((zoom ?? 0.85) as (typeof STEPS)[number]);
    setZoom(STEPS[Math.min(STEPS.length - 1, Math.max(0, at + by))] ?? 0.85);
  };
  const width = zoom === null ? undefined : Math.round(A4_WIDTH_PX * zoom);
  return (
    <section className="preview" aria-label={t("sheet.preview")}>
      <header className="preview__head">
        <span className="t-dense t-2">{t("sheet.preview.hint")}</span>
        <span className="preview__zoom">
          <IconButton icon={Minus} label={t("sheet.zoomOut")} onClick={() => step(-1)} />
          <span className="num t-strong">{zoom === null ? t("sheet.fit") : percent(zoom, locale)}</span>
          <IconButton icon={Plus} label={t("sheet.zoomIn")} onClick={() => step(1)} />
          <Button size="small" onClick={() => setZoom(null)}>
            {t("sheet.fit")}
          </Button>
        </span>
        <span className="t-dense t-2 num">{t("sheet.pages", { n: sheet.pages })}</span>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1) */}
      <section className="preview__pages" tabIndex={0} aria-label={t("sheet.pages", { n: sheet.pages })}>
        {Array.from({ length: sheet.pages }, (_, index) => (
          <img
            key={index}
            className="preview__page"
            style={{ width: width === undefined ? "100%" : `${width}px` }}
            src={api.sheetPageUrl(sheet.lesson.id, index + 1, stamp)}
            alt={t("sheet.page.alt", { no: index + 1, of: sheet.pages })}
          />
        ))}
      </section>
    </section>
  );
}
