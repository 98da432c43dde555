// An attendance mark with its flags: letter, word and colour.
import {
  CircleCheck,
  CircleHelp,
  CircleX,
  Clock,
  LogOut,
  type LucideIcon,
  SquareParking,
} from "lucide-react";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { Badge, type Tone } from "@/ui/Feedback";

const MARKS: Record<string, { tone: Tone; icon: LucideIcon; key: TextKey }> = {
  CM: { tone: "ok", icon: CircleCheck, key: "mark.CM" },
  P: { tone: "neutral", icon: SquareParking, key: "mark.P" },
  K: { tone: "bad", icon: CircleX, key: "mark.K" },
  "?": { tone: "warn", icon: CircleHelp, key: "mark.unclear" },
};

interface Props {
  mark: string;
  flags: readonly string[];
}

export function MarkBadge({ mark, flags }: Props) {
  const { t } = useText();
  const look = MARKS[mark];
  return (
    <span className="mark">
      {look && (
        <Badge tone={look.tone} icon={look.icon}>
          {t(look.key)}
        </Badge>
      )}
      {flags.includes("M") && (
        <Badge tone="warn" icon={Clock}>
          {t("mark.M")}
        </Badge>
      )}
      {flags.includes("S") && (
        <Badge tone="warn" icon={LogOut}>
          {t("mark.S")}
        </Badge>
      )}
    </span>
  );
}
