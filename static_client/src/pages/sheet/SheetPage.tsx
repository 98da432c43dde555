// The tracking sheet: form left, live A4 right, what is missing on top, then confirm and send.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, CloudUpload, Download, FileCheck2, ListChecks, Printer, Send } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { clock, day as dayText } from "@/locales/when";
import { PageShell } from "@/pages/shell/PageShell";
import { Button, buttonClass } from "@/ui/Button";
import { Badge, ErrorState, Skeleton } from "@/ui/Feedback";
import { Dialog } from "@/ui/Overlay";
import { useToast } from "@/ui/Toast";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { SheetShape } from "@/wire/protocol.gen";
import { fieldId, SheetForm } from "./SheetForm";
import { SheetPreview } from "./SheetPreview";
import "./sheet.css";
import "../desk/desk.css";

const STEPS = ["draft", "lecturer_confirmed", "sent"] as const;

export function SheetPage() {
  const { t } = useText();
  const { lesson = "" } = useParams();
  const sheet = useQuery({
    queryKey: ["sheet", lesson],
    queryFn: ({ signal }) => api.sheet(lesson, signal),
    placeholderData: (old) => old,
  });
  return (
    <PageShell title={sheet.data?.number ?? t("sheet.title")} className="page--sheet">
      {sheet.isError ? (
        <ErrorState
          title={problemText(t, asProblem(sheet.error))}
          action={<Button onClick={() => void sheet.refetch()}>{t("app.retry")}</Button>}
        />
      ) : sheet.data ? (
        <SheetView key={lesson} sheet={sheet.data} />
      ) : (
        <Skeleton rows={[40, 24, 200, 200]} awaited={t("app.awaited")} />
      )}
    </PageShell>
  );
}

function SheetView({ sheet }: { sheet: SheetShape }) {
  const { t } = useText();
  const queries = useQueryClient();
  const toast = useToast();
  const [edits, setEdits] = useState(0);
  const [asking, setAsking] = useState<"confirm" | "send" | null>(null);
  const id = sheet.lesson.id;
  const keep = (next: SheetShape) => {
    queries.setQueryData(["sheet", id], next);
    setEdits((n) => n + 1);
  };
  const act = useMutation({
    mutationFn: (what: "confirm" | "send") => (what === "confirm" ? api.confirmSheet(id) : api.sendSheet(id)),
    onSuccess: (next, what) => {
      keep(next);
      setAsking(null);
      toast({ text: t(what === "confirm" ? "sheet.confirmed" : "sheet.sent") });
    },
    onError: (error) => {
      setAsking(null);
      toast({ tone: "bad", text: problemText(t, asProblem(error)) });
    },
  });
  const save = async (key: string, text: string) => {
    await api.saveSheetField(id, { key, text });
    // What is missing and how it prints follow from the server's answer; the field itself need not wait for it.
    void queries.invalidateQueries({ queryKey: ["sheet", id] }).then(() => setEdits((n) => n + 1));
  };
  const toFirstMissing = () => {
    const key = sheet.missing.find((each) => document.getElementById(fieldId(each)) !== null);
    if (key) document.getElementById(fieldId(key))?.focus();
  };
  return (
    <div className="sheet">
      <header className="sheet__head">
        <Link to={`/lessons/${id}/roll`} className="back-link" aria-label={t("sheet.toRoll")}>
          <ArrowLeft size={18} aria-hidden="true" />
        </Link>
        <div className="sheet__title">
          <h1 className="t-heading-2">{t("sheet.heading", { number: sheet.number })}</h1>
          <p className="t-dense t-2">
            {sheet.lesson.cohort_code} · {sheet.lesson.topic} ·{" "}
            <span className="num nowrap">
              {dayText(sheet.lesson.start_us / 1000)} {clock(sheet.lesson.start_us / 1000)}
            </span>
          </p>
        </div>
        <div className="sheet__acts">
          <a
            className={buttonClass("secondary", "normal")}
            href={api.sheetPdfUrl(id)}
            target="_blank"
            rel="noreferrer"
          >
            <Printer size={18} aria-hidden="true" />
            <span>{t(sheet.state === "draft" ? "sheet.printDraft" : "sheet.print")}</span>
          </a>
          {sheet.state !== "draft" && (
            <a className={buttonClass("secondary", "normal")} href={api.bundleUrl(id)} download>
              <Download size={18} aria-hidden="true" />
              <span>{t("sheet.bundle")}</span>
            </a>
          )}
          <MainAct sheet={sheet} busy={act.isPending} onAct={setAsking} onBlocked={toFirstMissing} />
        </div>
      </header>
      <ol className="sheet__steps">
        {STEPS.map((step, index) => (
          <li
            key={step}
            aria-current={step === sheet.state ? "step" : undefined}
            data-done={STEPS.indexOf(sheet.state as (typeof STEPS)[number]) > index || undefined}
          >
            <span className="sheet__step-no num">{index + 1}</span>
            {t(`sheet.step.${step}`)}
          </li>
        ))}
      </ol>
      <div className="sheet__body">
        <div className="sheet-form">
          {sheet.missing.length > 0 && sheet.may_edit && <Missing sheet={sheet} onGo={toFirstMissing} />}
          {sheet.state !== "draft" && (
            <p className="sheet__done">
              <FileCheck2 size={20} aria-hidden="true" />
              <span>
                {t("sheet.done", {
                  at: clock((sheet.confirmed_us ?? 0) / 1000),
                  day: dayText((sheet.confirmed_us ?? 0) / 1000),
                })}{" "}
                <Link to={`/verify/${sheet.verification_code}`} className="num">
                  {sheet.verification_code}
                </Link>
              </span>
            </p>
          )}
          <SheetForm sheet={sheet} onSave={save} />
        </div>
        <SheetPreview sheet={sheet} stamp={`${sheet.state}-${sheet.version}-${edits}`} />
      </div>
      <Dialog
        open={asking !== null}
        onClose={() => setAsking(null)}
        title={t(asking === "send" ? "sheet.send.ask" : "sheet.confirm.ask")}
        actions={
          <>
            <Button onClick={() => setAsking(null)}>{t("app.cancel")}</Button>
            <Button kind="primary" busy={act.isPending} onClick={() => asking && act.mutate(asking)}>
              {t(asking === "send" ? "sheet.send" : "sheet.confirm")}
            </Button>
          </>
        }
      >
        {t(asking === "send" ? "sheet.send.detail" : "sheet.confirm.detail")}
      </Dialog>
    </div>
  );
}

interface MainActProps {
  sheet: SheetShape;
  busy: boolean;
  onAct: (what: "confirm" | "send") => void;
  onBlocked: () => void;
}

function MainAct({ sheet, busy, onAct, onBlocked }: MainActProps) {
  const { t } = useText();
  if (sheet.state === "sent") {
    return (
      <Badge tone="ok" icon={Send}>
        {t("sheet.sentAt", { at: clock((sheet.sent_us ?? 0) / 1000) })}
      </Badge>
    );
  }
  if (!sheet.may_edit && sheet.state === "draft") return null;
  if (sheet.state === "lecturer_confirmed") {
    return (
      <Button kind="primary" icon={Send} busy={busy} onClick={() => onAct("send")}>
        {t("sheet.send")}
      </Button>
    );
  }
  const left = sheet.missing.length;
  return (
    <Button
      kind="primary"
      icon={CloudUpload}
      busy={busy}
      blocked={left > 0}
      onBlocked={onBlocked}
      onClick={() => onAct("confirm")}
    >
      {left > 0 ? t("sheet.confirm.blocked", { n: left }) : t("sheet.confirm")}
    </Button>
  );
}

function Missing({ sheet, onGo }: { sheet: SheetShape; onGo: () => void }) {
  const { t, locale } = useText();
  const labelOf = (key: string): string => {
    const field = sheet.fields.find((each) => each.key === key);
    if (field) return locale === "vi" ? field.label_vi : field.label_en;
    return t(`sheet.missing.${key}` as TextKey);
  };
  return (
    <section className="sheet__missing" aria-label={t("sheet.missing", { n: sheet.missing.length })}>
      <ListChecks size={20} aria-hidden="true" />
      <div>
        <p className="t-strong">{t("sheet.missing", { n: sheet.missing.length })}</p>
        <p>
          {sheet.missing.map((key, index) => (
            <span key={key}>
              {index > 0 && " · "}
              {key === "roll" ? (
                <Link to={`/lessons/${sheet.lesson.id}/roll`}>{labelOf(key)}</Link>
              ) : (
                <a href={`#${fieldId(key)}`}>{labelOf(key)}</a>
              )}
            </span>
          ))}
        </p>
      </div>
      <Button size="small" onClick={onGo}>
        {t("sheet.toMissing")}
      </Button>
    </section>
  );
}
