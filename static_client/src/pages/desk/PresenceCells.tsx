// One cell per student, in order of given name, always in the same place; each state has a form of its own, not only a colour.

import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import type { DeskRow } from "@/wire/protocol.gen";
import "./desk.css";

export function cellState(row: Pick<DeskRow, "state" | "on_leave">): string {
  if (row.on_leave && (row.state === "not_joined" || row.state === "left")) return "leave";
  return row.state;
}

interface CellProps {
  state: string;
  size: number;
}

/** The picture of one state, 16 units square. */
export function PresenceCell({ state, size }: CellProps) {
  return (
    <svg className={`cell cell--${state}`} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <rect className="cell__box" x="1" y="1" width="14" height="14" rx="3" />
      <CellSign state={state} />
    </svg>
  );
}

function CellSign({ state }: { state: string }) {
  switch (state) {
    case "listening_only":
    case "background":
      return <rect className="cell__sign" x="4" y="9" width="8" height="4" rx="1" />;
    case "weak":
    case "handing_over":
      return (
        <g className="cell__sign">
          <rect x="4.5" y="9" width="2.5" height="3.5" />
          <rect x="8.5" y="6" width="2.5" height="6.5" />
        </g>
      );
    case "lost":
      return <path className="cell__line" d="M5 5l6 6M11 5l-6 6" />;
    case "left":
    case "removed":
      return <path className="cell__line" d="M4.5 8h6M8.5 5.5L11 8l-2.5 2.5" />;
    case "leave":
      return (
        <text className="cell__letter" x="8" y="11.6" textAnchor="middle">
          P
        </text>
      );
    default:
      return null;
  }
}

/** Size and columns by class size (ui.md, Desk). */
function measure(n: number): { size: number; columns: number } {
  if (n <= 52) return { size: 16, columns: 14 };
  if (n <= 69) return { size: 14, columns: 16 };
  return { size: 13, columns: 18 };
}

export const LEGEND: readonly { state: string; key: TextKey }[] = [
  { state: "learning", key: "state.learning" },
  { state: "listening_only", key: "state.listening_only" },
  { state: "weak", key: "state.weak" },
  { state: "lost", key: "state.lost" },
  { state: "not_joined", key: "state.not_joined" },
  { state: "left", key: "state.left" },
  { state: "leave", key: "desk.leave" },
];

export function PresenceCells({ rows }: { rows: readonly DeskRow[] }) {
  const { t } = useText();
  const { size, columns } = measure(rows.length);
  const counts = LEGEND.map(({ state, key }) => {
    const n = rows.filter((row) => cellState(row) === state).length;
    return n > 0 ? `${t(key)}: ${n}` : "";
  }).filter((part) => part !== "");
  return (
    <div
      className="cells"
      role="img"
      aria-label={counts.join(", ")}
      style={{ gridTemplateColumns: `repeat(${columns}, ${size}px)` }}
    >
      {rows.map((row) => (
        <PresenceCell key={row.enrolment} state={cellState(row)} size={size} />
      ))}
    </div>
  );
}
