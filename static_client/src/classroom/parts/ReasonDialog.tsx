// A dialog that asks a reason before an act that concerns somebody else's record.
import { useRef, useState } from "react";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { TextArea } from "@/ui/Field";
import { Dialog } from "@/ui/Overlay";

/** The server asks for at least this many characters (room/commands.py `Reason`). */
const MIN_REASON = 10;
const MAX_REASON = 500;

interface Props {
  title: string;
  body: string;
  safe: string;
  act: string;
  onAct: (reason: string) => Promise<boolean>;
  onClose: () => void;
}

export function ReasonDialog({ title, body, safe, act, onAct, onClose }: Props) {
  const { t } = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    const missing = MIN_REASON - reason.trim().length;
    if (missing > 0) {
      setError(t("room.reason.more", { n: missing }));
      field.current?.focus();
      return;
    }
    setBusy(true);
    if (await onAct(reason.trim())) onClose();
    else setBusy(false);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>{safe}</Button>
          <Button kind="danger" busy={busy} onClick={() => void submit()}>
            {act}
          </Button>
        </>
      }
    >
      <p>{body}</p>
      <TextArea
        ref={field}
        label={t("room.reason")}
        placeholder={t("room.reason.placeholder")}
        value={reason}
        maxLength={MAX_REASON}
        rows={2}
        error={error}
        onChange={(next) => {
          setReason(next);
          setError(undefined);
        }}
      />
    </Dialog>
  );
}
