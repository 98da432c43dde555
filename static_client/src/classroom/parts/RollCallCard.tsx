// The open roll-call: for a student one button and the time left, for staff who has answered so far. It stands under the
// slide and never moves it.
import { CircleCheck, UserRoundCheck } from "lucide-react";
import { useState } from "react";
import { useText } from "@/locales/text";
import { stretch } from "@/locales/when";
import { Button } from "@/ui/Button";
import { Badge } from "@/ui/Feedback";
import { useController, useRoom, useRoomNow } from "../context";
import { isStaff } from "../select";

export function RollCallCard() {
  const { t } = useText();
  const controller = useController();
  const open = useRoom((state) => state.rollCall);
  const staff = useRoom(isStaff);
  const role = useRoom((state) => state.role);
  const now = useRoomNow();
  const [busy, setBusy] = useState(false);
  if (!open || role === "observer") return null;
  const left = Math.max(0, open.closes_us / 1000 - now) / 1000;
  const answer = async () => {
    setBusy(true);
    await controller.do({ t: "answer_roll_call", roll_call: open.roll_call });
    setBusy(false);
  };
  return (
    <section className="roll-card light" aria-label={t("room.rollCall")}>
      <div className="roll-card__words">
        <p className="roll-card__head">
          <Badge tone="accent" icon={UserRoundCheck}>
            {t("room.rollCall")}
          </Badge>
          <span className="t-dense t-2 num">{t("room.roll.left", { time: stretch(left) })}</span>
        </p>
        <p className="roll-card__question">{t("room.roll.question", { no: open.no })}</p>
        <p className="t-dense t-2 num">
          {staff
            ? t("room.roll.progress", { answered: open.answered, asked: open.asked })
            : t("room.roll.detail")}
        </p>
      </div>
      {staff ? (
        <progress className="roll-card__progress" max={Math.max(1, open.asked)} value={open.answered}>
          {open.answered}/{open.asked}
        </progress>
      ) : open.answered_by_me ? (
        <p className="roll-card__done" role="status">
          <CircleCheck size={22} aria-hidden="true" /> {t("room.roll.answered")}
        </p>
      ) : (
        <Button
          kind="primary"
          size="entry"
          className="roll-card__button"
          busy={busy}
          onClick={() => void answer()}
        >
          {t("room.roll.answer")} <kbd>1</kbd>
        </Button>
      )}
    </section>
  );
}
