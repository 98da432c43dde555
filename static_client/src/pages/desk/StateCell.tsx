// The state of a student as a badge: icon, word and colour from the one vocabulary.
import {
  CircleX,
  Ear,
  LogOut,
  type LucideIcon,
  Signal,
  Square,
  SquareCheckBig,
  SquareParking,
  UserX,
} from "lucide-react";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { Badge, type Tone } from "@/ui/Feedback";
import type { DeskRow } from "@/wire/protocol.gen";
import { cellState } from "./PresenceCells";

const LOOKS: Record<string, { tone: Tone; icon: LucideIcon; key: TextKey }> = {
  not_joined: { tone: "neutral", icon: Square, key: "state.not_joined" },
  joining: { tone: "accent", icon: SquareCheckBig, key: "state.joining" },
  learning: { tone: "ok", icon: SquareCheckBig, key: "state.learning" },
  listening_only: { tone: "ok", icon: Ear, key: "state.listening_only" },
  background: { tone: "ok", icon: Ear, key: "state.background" },
  weak: { tone: "warn", icon: Signal, key: "state.weak" },
  handing_over: { tone: "warn", icon: Signal, key: "state.handing_over" },
  lost: { tone: "bad", icon: CircleX, key: "state.lost" },
  left: { tone: "neutral", icon: LogOut, key: "state.left" },
  removed: { tone: "bad", icon: UserX, key: "state.removed" },
  closed: { tone: "neutral", icon: LogOut, key: "state.closed" },
  leave: { tone: "neutral", icon: SquareParking, key: "desk.leave" },
};
const UNKNOWN = { tone: "neutral" as Tone, icon: Square, key: "state.not_joined" as TextKey };

export function StateCell({ row }: { row: Pick<DeskRow, "state" | "on_leave"> }) {
  const { t } = useText();
  const look = LOOKS[cellState(row)] ?? UNKNOWN;
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {t(look.key)}
    </Badge>
  );
}
