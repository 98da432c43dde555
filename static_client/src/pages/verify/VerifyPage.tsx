// What the QR code on a printed sheet leads to: does this code belong to a sheet, and do the figures on the paper match? No names.
import { useQuery } from "@tanstack/react-query";
import { FileCheck2, FileX2, Lock, LockOpen } from "lucide-react";
import { useParams } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { usePageTitle } from "@/pages/shell/PageShell";
import { Badge, ErrorState, Skeleton } from "@/ui/Feedback";
import { Brand, LanguageSwitch } from "@/ui/TopBar";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { Verification } from "@/wire/protocol.gen";
import "./verify.css";

export function VerifyPage() {
  const { t, locale, setLocale } = useText();
  const { code = "" } = useParams();
  usePageTitle(t("verify.title"));
  const found = useQuery({ queryKey: ["verify", code], queryFn: ({ signal }) => api.verify(code, signal) });
  return (
    <>
      <header className="top-bar">
        <Brand school={t("verify.title")} />
        <div className="top-bar__aside">
          <LanguageSwitch locale={locale} label={t("app.language")} onChange={setLocale} />
        </div>
      </header>
      <main id="main" className="page verify">
        <h1 className="t-title">{t("verify.heading")}</h1>
        <p className="t-lead num verify__code">{code}</p>
        {found.isError ? (
          <ErrorState title={problemText(t, asProblem(found.error))} />
        ) : !found.data ? (
          <Skeleton awaited={t("app.awaited")} />
        ) : found.data.found ? (
          <Found sheet={found.data} />
        ) : (
          <section className="card verify__none" role="alert">
            <FileX2 size={24} aria-hidden="true" />
            <div>
              <p className="t-strong">{t("verify.none")}</p>
              <p className="t-2">{t("verify.none.detail")}</p>
            </div>
          </section>
        )}
      </main>
    </>
  );
}

function Found({ sheet }: { sheet: Verification }) {
  const { t } = useText();
  const [year, month, day] = sheet.lesson_date.split("-");
  const lines: readonly (readonly [TextKey, string])[] = [
    ["verify.number", sheet.number],
    ["verify.date", `${day}/${month}/${year}`],
    ["verify.version", String(sheet.version)],
    ["verify.events", String(sheet.events)],
  ];
  const digests: readonly (readonly [TextKey, string])[] = [
    ["verify.content", sheet.content_sha256],
    ["verify.pdf", sheet.pdf_sha256],
    ["verify.head", sheet.head_hash],
  ];
  return (
    <section className="card verify__sheet">
      <header>
        <FileCheck2 size={24} aria-hidden="true" />
        <h2 className="t-heading-2">{t("verify.found")}</h2>
        <Badge tone="accent">{t(`sheet.step.${sheet.state}` as TextKey)}</Badge>
        <Badge tone={sheet.sealed ? "ok" : "warn"} icon={sheet.sealed ? Lock : LockOpen}>
          {t(sheet.sealed ? "verify.sealed" : "verify.unsealed")}
        </Badge>
      </header>
      <dl>
        {lines.map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd className="num t-strong">{value}</dd>
          </div>
        ))}
        {digests.map(([key, value]) => (
          <div key={key} className="verify__wide">
            <dt>{t(key)}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
      <p className="t-2">{t("verify.how")}</p>
    </section>
  );
}
