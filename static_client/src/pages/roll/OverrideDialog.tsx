// The lecturer decides against the machine's proposal: mark, periods, reason. The proposal stays visible.
import { useEffect, useRef, useState } from "react";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { Select } from "@/ui/Choice";
import { TextArea } from "@/ui/Field";
import { Dialog } from "@/ui/Overlay";
import type { ProblemError } from "@/wire/problem";
import type { OverrideMark, RollRow } from "@/wire/protocol.gen";
import { MarkBadge } from "./MarkBadge";
import { flagsOf, markOf } from "./rollCounts";

const MIN_REASON = 10;
type Mark = "CM" | "P" | "K";

interface Props {
  row: RollRow;
  busy: boolean;
  problem: ProblemError | null;
  onClose: () => void;
  onDecide: (wish: OverrideMark) => void;
}

export function OverrideDialog({ row, busy, problem, onClose, onDecide }: Props) {
  const { t } = useText();
  const now = markOf(row);
  const [mark, setMark] = useState<Mark>(now === "P" || now === "K" ? now : "CM");
  const delivered = row.periods.filter((period) => period.delivered).length;
  const [absent, setAbsent] = useState(String(now === "CM" ? row.absent_p + row.absent_k : delivered));
  const [reason, setReason] = useState(row.override_reason);
  const [tried, setTried] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const tooShort = reason.trim().length < MIN_REASON;
  const periods = Array.from({ length: row.periods.length + 1 }, (_, n) => ({
    value: String(n),
    label: String(n),
  }));

  const decide = () => {
    setTried(true);
    if (tooShort) {
      field.current?.focus();
      return;
    }
    const count = mark === "CM" ? 0 : Number(absent);
    onDecide({
      enrolment: row.enrolment,
      mark,
      flags: mark === "CM" ? [...flagsOf(row)] : [],
      absent_p: mark === "P" ? count : 0,
      absent_k: mark === "K" ? count : 0,
      reason: reason.trim(),
    });
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={t("roll.override.title", { name: row.name })}
      actions={
        <>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button kind="primary" busy={busy} busyLabel={t("roll.override.saving")} onClick={decide}>
            {t("roll.override.save")}
          </Button>
        </>
      }
    >
      <div className="override">
        <p className="override__machine">
          <span className="t-2">{t("roll.machine")}</span>{" "}
          <MarkBadge mark={row.machine_mark} flags={row.machine_flags} />
        </p>
        <Select
          label={t("roll.override.mark")}
          value={mark}
          onChange={setMark}
          options={[
            { value: "CM", label: t("mark.CM") },
            { value: "P", label: t("mark.P") },
            { value: "K", label: t("mark.K") },
          ]}
        />
        {mark !== "CM" && (
          <Select label={t("roll.override.periods")} value={absent} onChange={setAbsent} options={periods} />
        )}
        <TextArea
          ref={field}
          label={t("roll.override.reason")}
          help={t("roll.override.reason.help", { n: MIN_REASON })}
          error={
            problem
              ? problemText(t, problem)
              : tried && tooShort
                ? t("roll.override.reason.short", { n: MIN_REASON })
                : undefined
          }
          maxLength={500}
          value={reason}
          onChange={setReason}
        />
      </div>
    </Dialog>
  );
}
