// The presence strip: scheduled time from left to right, height and colour say the state, dots are roll-calls. Its text twin is the accessible name.
import { useText } from "@/locales/text";
import { clock } from "@/locales/when";
import type { DeskRow, PeriodInfo } from "@/wire/protocol.gen";
import { stripShape } from "./stripShape";
import "./desk.css";

/** Height (px of 16) and top of each state: readable without colour. */
const BANDS: Record<string, { height: number; className: string }> = {
  learning: { height: 16, className: "strip__band--ok" },
  listening_only: { height: 8, className: "strip__band--ok" },
  background: { height: 8, className: "strip__band--ok" },
  handing_over: { height: 12, className: "strip__band--warn" },
  weak: { height: 12, className: "strip__band--warn" },
  lost: { height: 3, className: "strip__band--bad" },
};
const FULL_BAND = { height: 16, className: "strip__band--ok" };

interface Props {
  row: Pick<DeskRow, "segments" | "roll_calls" | "state" | "on_leave">;
  periods: readonly PeriodInfo[];
  startUs: number;
  endUs: number;
  nowUs: number;
}

export function PresenceStrip({ row, periods, startUs, endUs, nowUs }: Props) {
  const { t } = useText();
  if (row.segments.length === 0) {
    return (
      <span className="t-small t-2">{row.on_leave ? t("desk.strip.leave") : t("desk.strip.never")}</span>
    );
  }
  const shape = stripShape(periods, row.segments, nowUs, startUs, endUs);
  const spans = row.segments.map(
    (segment) =>
      `${clock(segment.from_us / 1000)}–${segment.to_us ? clock(segment.to_us / 1000) : t("desk.strip.now")}`,
  );
  const answered = row.roll_calls.filter((call) => call.answered).length;
  const said = t("desk.strip.said", { spans: spans.join(", "), answered, asked: row.roll_calls.length });
  const percent = (value: number) => `${(value * 100).toFixed(3)}%`;
  const dotAt = (us: number) => Math.min(1, Math.max(0, (us - startUs) / Math.max(1, endUs - startUs)));
  return (
    <svg className="strip" role="img" aria-label={said} width="100%" height="16">
      <rect className="strip__ground" width="100%" height="16" rx="4" />
      {shape.segments.map((span) => {
        const band = BANDS[span.state] ?? FULL_BAND;
        return (
          <rect
            key={`${span.from}-${span.state}`}
            className={band.className}
            x={percent(span.from)}
            width={percent(span.to - span.from)}
            y={16 - band.height}
            height={band.height}
          />
        );
      })}
      {shape.breaks.map((span) => (
        <rect
          key={span.from}
          className="strip__break"
          x={percent(span.from)}
          width={percent(span.to - span.from)}
          height="16"
        />
      ))}
      {shape.notches.map((at) => (
        <rect key={at} className="strip__notch" x={percent(at)} width="1" height="16" />
      ))}
      {row.roll_calls.map((call) => (
        <circle
          key={call.at_us}
          className={call.answered ? "strip__dot" : "strip__dot strip__dot--missed"}
          cx={percent(dotAt(call.at_us))}
          cy="8"
          r="5"
        />
      ))}
      {shape.now !== null && <rect className="strip__now" x={percent(shape.now)} width="2" height="16" />}
    </svg>
  );
}
