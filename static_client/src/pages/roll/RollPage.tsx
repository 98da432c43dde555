// After the lesson: what the machine proposes for each student, the lecturer's decisions, one act to confirm them all.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, CheckCheck, FileText, PenLine, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clock, clockWithSeconds, day as dayText } from "@/locales/when";
import { PageShell } from "@/pages/shell/PageShell";
import { Button, buttonClass } from "@/ui/Button";
import { Badge, Banner, ErrorState, Skeleton } from "@/ui/Feedback";
import { compareNames } from "@/ui/names";
import { type Column, Table } from "@/ui/Table";
import { useToast } from "@/ui/Toast";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { OverrideMark, Roll, RollRow } from "@/wire/protocol.gen";
import { MarkBadge } from "./MarkBadge";
import { OverrideDialog } from "./OverrideDialog";
import { countRoll, flagsOf, isOverridden, markOf } from "./rollCounts";
import "../desk/desk.css";
import "./roll.css";

type Show = "all" | "attention";

export function RollPage() {
  const { t } = useText();
  const { lesson = "" } = useParams();
  const roll = useQuery({
    queryKey: ["roll", lesson],
    queryFn: ({ signal }) => api.roll(lesson, signal),
    refetchInterval: (query) => (query.state.data?.state === "open" ? 5000 : false),
  });
  return (
    <PageShell title={t("roll.title")}>
      {roll.isError ? (
        <ErrorState
          title={problemText(t, asProblem(roll.error))}
          action={<Button onClick={() => void roll.refetch()}>{t("app.retry")}</Button>}
        />
      ) : roll.data ? (
        <RollView roll={roll.data} />
      ) : (
        <Skeleton rows={[32, 44, 44, 44]} awaited={t("app.awaited")} />
      )}
    </PageShell>
  );
}

function RollView({ roll }: { roll: Roll }) {
  const { t } = useText();
  const [editing, setEditing] = useState<string | null>(null);
  const [show, setShow] = useState<Show>("all");
  const queries = useQueryClient();
  const toast = useToast();
  const id = roll.lesson.id;
  const keep = (next: Roll) => {
    queries.setQueryData(["roll", id], next);
    void queries.invalidateQueries({ queryKey: ["sheet", id] });
  };
  const override = useMutation({
    mutationFn: (wish: OverrideMark) => api.overrideMark(id, wish),
    onSuccess: (next) => {
      keep(next);
      setEditing(null);
      toast({ text: t("roll.override.saved") });
    },
  });
  const confirm = useMutation({
    mutationFn: () => api.confirmRoll(id),
    onSuccess: (next) => {
      keep(next);
      toast({ text: t("roll.confirmed") });
    },
    onError: (error) => toast({ tone: "bad", text: problemText(t, asProblem(error)) }),
  });
  const counts = countRoll(roll.rows);
  const rows = [...roll.rows].sort((a, b) => compareNames(a.name, b.name));
  const attention = rows.filter(
    (row) => markOf(row) !== "CM" || flagsOf(row).length > 0 || row.gaps.length > 0 || isOverridden(row),
  );
  const edited = rows.find((row) => row.enrolment === editing);
  const mayDecide = roll.may_decide && roll.state === "proposed";
  return (
    <div className="roll">
      <header className="roll__head">
        <div>
          <h1 className="t-title">{t("roll.title")}</h1>
          <p className="t-2">
            {roll.lesson.cohort_code} · {roll.lesson.topic} ·{" "}
            <span className="num nowrap">
              {dayText(roll.lesson.start_us / 1000)}, {clock(roll.lesson.start_us / 1000)} –{" "}
              {clock(roll.lesson.end_us / 1000)}
            </span>
          </p>
        </div>
        <RollActions
          roll={roll}
          counts={counts.unclear}
          busy={confirm.isPending}
          onConfirm={() => confirm.mutate()}
          onUnclear={() => setShow("attention")}
        />
      </header>
      {roll.state === "open" && (
        <Banner tone="notice" icon={PenLine} title={t("roll.open")}>
          {t("roll.open.detail")}
        </Banner>
      )}
      {roll.outages.length > 0 && (
        <p className="roll__outage">
          <TriangleAlert size={18} aria-hidden="true" />
          {t("roll.outages", {
            n: roll.outages.length,
            spans: roll.outages
              .map((gap) => `${clockWithSeconds(gap.from_us / 1000)}–${clockWithSeconds(gap.to_us / 1000)}`)
              .join(", "),
          })}
        </p>
      )}
      <ul className="roll__counts">
        <li>
          <Badge>{t("roll.count.total", { n: counts.total })}</Badge>
        </li>
        <li>
          <Badge tone="ok">{t("roll.count.present", { n: counts.present })}</Badge>
        </li>
        <li>
          <Badge>{t("roll.count.excused", { n: counts.excused })}</Badge>
        </li>
        <li>
          <Badge tone="bad">{t("roll.count.unexcused", { n: counts.unexcused })}</Badge>
        </li>
        <li>
          <Badge tone="warn">{t("roll.count.late", { n: counts.late })}</Badge>
        </li>
        <li>
          <Badge tone="warn">{t("roll.count.early", { n: counts.early })}</Badge>
        </li>
        <li>
          <Badge tone={counts.unclear > 0 ? "warn" : "neutral"}>
            {t("roll.count.unclear", { n: counts.unclear })}
          </Badge>
        </li>
      </ul>
      <fieldset className="desk__filters roll__filters" aria-label={t("desk.filter")}>
        {(["all", "attention"] as const).map((each) => (
          <button
            key={each}
            type="button"
            className="filter-chip"
            aria-pressed={show === each}
            onClick={() => setShow(each)}
          >
            {t(`roll.show.${each}`)}{" "}
            <span className="num">{each === "all" ? rows.length : attention.length}</span>
          </button>
        ))}
      </fieldset>
      <RollTable rows={show === "all" ? rows : attention} mayDecide={mayDecide} onEdit={setEditing} />
      {edited && (
        <OverrideDialog
          key={edited.enrolment}
          row={edited}
          busy={override.isPending}
          problem={override.isError ? asProblem(override.error) : null}
          onClose={() => {
            override.reset();
            setEditing(null);
          }}
          onDecide={(wish) => override.mutate(wish)}
        />
      )}
    </div>
  );
}

interface ActionsProps {
  roll: Roll;
  counts: number;
  busy: boolean;
  onConfirm: () => void;
  onUnclear: () => void;
}

function RollActions({ roll, counts, busy, onConfirm, onUnclear }: ActionsProps) {
  const { t } = useText();
  const sheetLink = (kind: "primary" | "secondary") => (
    <Link className={buttonClass(kind, "normal")} to={`/lessons/${roll.lesson.id}/sheet`}>
      <FileText size={18} aria-hidden="true" />
      <span>{t("roll.toSheet")}</span>
      <ArrowRight size={18} aria-hidden="true" />
    </Link>
  );
  if (roll.state === "confirmed") {
    return (
      <div className="roll__actions">
        <Badge tone="ok" icon={CheckCheck}>
          {t("roll.confirmedAt", { at: clock((roll.confirmed_us ?? 0) / 1000) })}
        </Badge>
        {sheetLink("primary")}
      </div>
    );
  }
  if (!roll.may_decide || roll.state === "open")
    return <div className="roll__actions">{roll.state !== "open" && sheetLink("secondary")}</div>;
  return (
    <div className="roll__actions">
      {sheetLink("secondary")}
      <Button
        kind="primary"
        icon={CheckCheck}
        busy={busy}
        busyLabel={t("roll.confirming")}
        blocked={counts > 0}
        onBlocked={onUnclear}
        onClick={onConfirm}
      >
        {counts > 0 ? t("roll.confirm.blocked", { n: counts }) : t("roll.confirm", { n: roll.rows.length })}
      </Button>
    </div>
  );
}

interface TableProps {
  rows: readonly RollRow[];
  mayDecide: boolean;
  onEdit: (enrolment: string) => void;
}

function RollTable({ rows, mayDecide, onEdit }: TableProps) {
  const { t } = useText();
  const columns: Column<RollRow>[] = [
    {
      id: "name",
      head: t("desk.col.name"),
      isName: true,
      width: "264px",
      cell: (row) => (
        <>
          {row.name}
          <span className="t-small t-2 roll__unit">
            {row.code} · {row.unit}
          </span>
        </>
      ),
    },
    {
      id: "machine",
      head: t("roll.machine"),
      width: "208px",
      cell: (row) => <MarkBadge mark={row.machine_mark} flags={row.machine_flags} />,
    },
    { id: "final", head: t("roll.final"), width: "208px", cell: (row) => <Decision row={row} /> },
    {
      id: "time",
      head: t("roll.inOut"),
      width: "124px",
      cell: (row) => (
        <span className="num">
          {row.first_in_us
            ? `${clock(row.first_in_us / 1000)} – ${row.last_out_us ? clock(row.last_out_us / 1000) : "…"}`
            : "–"}
        </span>
      ),
    },
    {
      id: "periods",
      head: t("roll.periods"),
      cell: (row) => <Periods row={row} />,
    },
    {
      id: "calls",
      head: t("desk.col.rollCalls"),
      width: "88px",
      align: "right",
      cell: (row) => (row.roll_calls_asked ? `${row.roll_calls_answered}/${row.roll_calls_asked}` : "–"),
    },
    ...(mayDecide
      ? [
          {
            id: "act",
            head: <span className="visually-hidden">{t("roll.override")}</span>,
            width: "152px",
            align: "right" as const,
            cell: (row: RollRow) => (
              <Button
                size="small"
                icon={PenLine}
                aria-label={t("roll.override.of", { name: row.name })}
                onClick={() => onEdit(row.enrolment)}
              >
                {t("roll.override")}
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <div className="roll__table">
      <Table label={t("roll.title")} columns={columns} rows={rows} keyOf={(row) => row.enrolment} />
    </div>
  );
}

function Decision({ row }: { row: RollRow }) {
  const { t } = useText();
  if (row.final_mark === null) return <span className="t-2">{t("roll.asProposed")}</span>;
  return (
    <>
      <MarkBadge mark={row.final_mark} flags={row.final_flags} />
      {isOverridden(row) && <span className="t-small t-2 roll__reason">{row.override_reason}</span>}
    </>
  );
}

/** Minutes present of minutes that count, period by period; a period that was not taught says so. */
function Periods({ row }: { row: RollRow }) {
  const { t } = useText();
  return (
    <ul className="periods num">
      {row.periods.map((period) => (
        <li
          key={period.no}
          data-state={!period.delivered ? "none" : period.attended ? "ok" : "bad"}
          title={t("roll.period.title", { no: period.no })}
        >
          {period.delivered
            ? `${Math.round(period.present_s / 60)}/${Math.round(period.countable_s / 60)}`
            : t("roll.period.none")}
        </li>
      ))}
    </ul>
  );
}
