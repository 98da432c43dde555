// Signing in, alone or on the way to a lesson named in the link. No timetable and no names before that.
import { useQueryClient } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Brand, LanguageSwitch } from "@/ui/TopBar";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import { usePageTitle } from "../shell/PageShell";
import { ME_KEY } from "../shell/session";
import { SignInContext } from "./SignInContext";
import "./signin.css";

/** Letters that only a Vietnamese input method makes; a password rarely wants them. */
const VIETNAMESE_LETTER =
  /[\u0300-\u036fàáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]/i;

/** Only an address of this site may follow sign-in. */
export function safeNext(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}

export function SignInPage() {
  const { t, locale, setLocale } = useText();
  const [search] = useSearchParams();
  const next = safeNext(search.get("next"));
  usePageTitle(t("signin.title"));
  return (
    <div className="signin">
      <main className="signin__side" id="main">
        <div className="signin__column">
          <header className="signin__head">
            <Brand school="" />
            <LanguageSwitch locale={locale} label={t("app.language")} onChange={setLocale} />
          </header>
          <div className="signin__form">
            <h1 className="t-display">{t("signin.title")}</h1>
            <p className="t-lead t-2">{t("signin.lead")}</p>
            <SignInForm next={next} />
          </div>
          <p className="t-dense t-2 signin__help">{t("signin.help")}</p>
        </div>
      </main>
      <SignInContext next={next} />
    </div>
  );
}

function SignInForm({ next }: { next: string }) {
  const { t } = useText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const loginField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const [errors, setErrors] = useState<{ login?: string; password?: string }>({});

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (login.trim() === "") {
      setErrors({ login: t("signin.needLogin") });
      loginField.current?.focus();
      return;
    }
    if (password === "") {
      setErrors({ password: t("signin.needPassword") });
      passwordField.current?.focus();
      return;
    }
    setErrors({});
    setBusy(true);
    try {
      const me = await api.signIn({ login: login.trim(), password });
      queries.setQueryData(ME_KEY, me);
      navigate(next, { replace: true });
    } catch (error) {
      setErrors({ password: problemText(t, asProblem(error)) });
      setBusy(false);
      passwordField.current?.focus();
      passwordField.current?.select();
    }
  };

  const hint = VIETNAMESE_LETTER.test(password)
    ? t("signin.typingHint")
    : capsLock
      ? t("signin.capsHint")
      : undefined;
  return (
    <form className="signin__fields" onSubmit={submit} noValidate>
      <Field
        ref={loginField}
        label={t("signin.login")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        size="large"
        value={login}
        error={errors.login}
        onChange={setLogin}
      />
      <Field
        ref={passwordField}
        label={t("signin.password")}
        name="password"
        type={shown ? "text" : "password"}
        autoComplete="current-password"
        autoCapitalize="none"
        spellCheck={false}
        size="large"
        value={password}
        help={hint}
        error={errors.password}
        onChange={setPassword}
        onKeyUp={(event) => setCapsLock(event.getModifierState("CapsLock"))}
        after={
          <Button
            kind="text"
            size="small"
            icon={shown ? EyeOff : Eye}
            className="signin__show"
            onClick={() => setShown(!shown)}
          >
            {t(shown ? "signin.hide" : "signin.show")}
          </Button>
        }
      />
      <Button type="submit" kind="primary" size="large" wide busy={busy} busyLabel={t("signin.submitting")}>
        {t("signin.submit")}
      </Button>
    </form>
  );
}
