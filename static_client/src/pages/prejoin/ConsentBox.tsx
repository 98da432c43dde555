// Notice and consent, asked once per class and version of the notice and never ticked in advance.
import { CircleCheck } from "lucide-react";
import { type Ref, useState } from "react";
import { useText } from "@/locales/text";
import { day } from "@/locales/when";
import { Button } from "@/ui/Button";
import { Checkbox } from "@/ui/Choice";
import { Dialog } from "@/ui/Overlay";
import type { Consent } from "@/wire/protocol.gen";

interface Props {
  consent: Consent;
  recording: boolean;
  checked: boolean;
  onChange: (checked: boolean) => void;
  error: string | undefined;
  boxRef: Ref<HTMLInputElement>;
}

export function ConsentBox({ consent, recording, checked, onChange, error, boxRef }: Props) {
  const { t, locale } = useText();
  const [open, setOpen] = useState(false);
  const link = (label: string) => (
    <button
      type="button"
      className="notice-link"
      onClick={(event) => {
        event.preventDefault();
        setOpen(true);
      }}
    >
      {label}
    </button>
  );
  return (
    <div className="consent">
      {consent.given_us === null ? (
        <Checkbox ref={boxRef} checked={checked} onChange={onChange} error={error}>
          {t("prejoin.consent.read")} {link(t("prejoin.consent.notice"))}{" "}
          {t("prejoin.consent.version", { version: consent.notice_version })}{" "}
          {t(recording ? "prejoin.consent.recorded" : "prejoin.consent.unrecorded")}
        </Checkbox>
      ) : (
        <p className="consent__given t-dense t-2">
          <CircleCheck size={18} aria-hidden="true" />
          <span>
            {t("prejoin.consent.given", { date: day(consent.given_us / 1000) })}.{" "}
            {link(t("prejoin.consent.open"))}
          </span>
        </p>
      )}
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t("prejoin.consent.title")}
        wide
        actions={
          <Button kind="primary" onClick={() => setOpen(false)}>
            {t("app.close")}
          </Button>
        }
      >
        {(locale === "vi" ? consent.notice_vi : consent.notice_en).split(/\n{2,}/).map((paragraph) => (
          <p key={paragraph} className="consent__paragraph">
            {paragraph}
          </p>
        ))}
      </Dialog>
    </div>
  );
}
