// Beside the form: where the link leads, and what needs no account.
import { ChevronRight, CircleAlert, CircleCheck, Headphones, LogIn, QrCode, RadioTower } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useText } from "@/locales/text";
import { clock } from "@/locales/when";
import { Button } from "@/ui/Button";
import { Badge } from "@/ui/Feedback";
import { Field } from "@/ui/Field";

export function SignInContext({ next }: { next: string }) {
  const { t } = useText();
  return (
    <aside className="signin__context">
      <div className="signin__context-column">
        {next.startsWith("/lessons/") && (
          <section className="signin__group" aria-labelledby="signin-link">
            <h2 id="signin-link" className="signin__label">
              {t("signin.link")}
            </h2>
            <div className="card">
              <Badge tone="accent" icon={RadioTower}>
                {t("signin.linkReady")}
              </Badge>
              <p className="signin__link-next">
                <LogIn size={18} aria-hidden="true" />
                {t("signin.linkNext")}
              </p>
            </div>
          </section>
        )}
        <section className="signin__group" aria-labelledby="signin-open">
          <h2 id="signin-open" className="signin__label">
            {t("signin.without")}
          </h2>
          <Link to="/device-check" className="card card--dense signin__row">
            <Headphones size={20} aria-hidden="true" />
            <span>
              <strong className="t-strong">{t("signin.deviceCheck")}</strong>
              <span className="t-dense t-2">{t("signin.deviceCheck.detail")}</span>
            </span>
            <ChevronRight size={18} aria-hidden="true" />
          </Link>
          <VerifyForm />
        </section>
        <Health />
      </div>
    </aside>
  );
}

function VerifyForm() {
  const { t } = useText();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [code, setCode] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() !== "") navigate(`/verify/${encodeURIComponent(code.trim())}`);
  };
  return (
    <div className="card card--dense">
      <button
        type="button"
        className="signin__row signin__row--plain"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <QrCode size={20} aria-hidden="true" />
        <span>
          <strong className="t-strong">{t("signin.verify")}</strong>
          <span className="t-dense t-2">{t("signin.verify.detail")}</span>
        </span>
        <ChevronRight size={18} aria-hidden="true" className={open ? "signin__turned" : undefined} />
      </button>
      {open && (
        <form className="signin__verify" onSubmit={submit}>
          <Field
            label={t("signin.verify.code")}
            value={code}
            onChange={setCode}
            autoFocus
            autoComplete="off"
            spellCheck={false}
          />
          <Button type="submit">{t("signin.verify.open")}</Button>
        </form>
      )}
    </div>
  );
}

function Health() {
  const { t } = useText();
  const [seen, setSeen] = useState<{ well: boolean; at: Date } | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    fetch("/healthz", { signal: ending.signal, cache: "no-store" })
      .then((response) => setSeen({ well: response.ok, at: new Date() }))
      .catch(() => {
        if (!ending.signal.aborted) setSeen({ well: false, at: new Date() });
      });
    return () => ending.abort();
  }, []);
  if (!seen) return null;
  const Icon = seen.well ? CircleCheck : CircleAlert;
  return (
    <p className="signin__health t-dense t-2" data-well={seen.well}>
      <Icon size={18} aria-hidden="true" />
      {t(seen.well ? "signin.healthy" : "signin.unhealthy", { at: clock(seen.at) })}
    </p>
  );
}
