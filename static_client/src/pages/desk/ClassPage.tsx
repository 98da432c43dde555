// One class on the desk: filters, a table by given name with the presence strip, and one student's raw events beside it.
import { ArrowLeft, CircleDot, Download, Radio, Users, WifiOff } from "lucide-react";
import { useMemo } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clock, clockWithSeconds } from "@/locales/when";
import { PageShell } from "@/pages/shell/PageShell";
import { buttonClass } from "@/ui/Button";
import { Badge, EmptyState, ErrorState, Skeleton } from "@/ui/Feedback";
import { type Column, Table } from "@/ui/Table";
import { api } from "@/wire/api";
import type { DeskLesson, DeskRow } from "@/wire/protocol.gen";
import { isLive } from "./deskState";
import { cellState } from "./PresenceCells";
import { PresenceStrip } from "./PresenceStrip";
import { StateCell } from "./StateCell";
import { StudentPanel } from "./StudentPanel";
import { useDesk } from "./useDesk";
import "./desk.css";

const SHOWN = ["all", "learning", "listening_only", "weak", "lost", "left", "not_joined", "late"] as const;
type Show = (typeof SHOWN)[number];

function keeps(row: DeskRow, show: Show): boolean {
  if (show === "all") return true;
  if (show === "late") return row.late;
  if (show === "left") return cellState(row) === "left" || cellState(row) === "removed";
  return cellState(row) === show;
}

export function ClassPage() {
  const { t } = useText();
  const { lesson: id = "" } = useParams();
  const desk = useDesk(null);
  const lesson = desk.state.lessons.find((each) => each.id === id);
  return (
    <PageShell title={lesson?.cohort_code ?? t("desk.title")} className="page--desk">
      {desk.problem ? (
        <ErrorState title={problemText(t, desk.problem)} code={desk.problem.code} />
      ) : lesson ? (
        <ClassBoard lesson={lesson} nowUs={desk.nowUs} live={desk.line === "live"} />
      ) : desk.state.day === null ? (
        <Skeleton rows={[48, 44, 44, 44, 44]} awaited={t("app.awaited")} />
      ) : (
        <EmptyState
          icon={Users}
          title={t("desk.class.none")}
          action={<Link to="/desk">{t("desk.class.back")}</Link>}
        />
      )}
    </PageShell>
  );
}

interface BoardProps {
  lesson: DeskLesson;
  nowUs: number;
  live: boolean;
}

function ClassBoard({ lesson, nowUs, live }: BoardProps) {
  const { t } = useText();
  const [query, setQuery] = useSearchParams();
  const show = SHOWN.find((each) => each === query.get("show")) ?? "all";
  const chosen = lesson.rows.find((row) => row.enrolment === query.get("student"));
  const set = (name: string, value: string | null) =>
    setQuery(
      (old) => {
        if (value === null) old.delete(name);
        else old.set(name, value);
        return old;
      },
      { replace: true },
    );
  const endUs = Math.max(lesson.end_us, lesson.start_us + 1);
  const columns = useColumns(lesson, nowUs, endUs);
  const rows = lesson.rows.filter((row) => keeps(row, show));
  const asked = Math.max(0, ...lesson.rows.map((row) => row.roll_calls_asked));
  return (
    <div className="class-board" data-open={chosen ? true : undefined}>
      <div className="class-board__main">
        <header className="class-board__head">
          <Link to="/desk" className="back-link" aria-label={t("desk.class.back")}>
            <ArrowLeft size={18} aria-hidden="true" />
          </Link>
          <div className="class-board__title">
            <div className="class-board__line">
              <h1 className="t-title">{lesson.cohort_code}</h1>
              {!live ? (
                <Badge tone="warn" icon={WifiOff}>
                  {t("desk.connecting")}
                </Badge>
              ) : isLive(lesson) ? (
                <Badge tone="ok" icon={Radio}>
                  {t("desk.live")} · <span className="num">{clockWithSeconds(nowUs / 1000)}</span>
                </Badge>
              ) : null}
            </div>
            <p className="t-2">
              {lesson.topic} · {lesson.lecturer} ·{" "}
              <span className="num nowrap">
                {clock(lesson.start_us / 1000)} – {clock(lesson.end_us / 1000)}
              </span>
            </p>
          </div>
          <p className="class-board__figure">
            <span>
              <strong className="t-title num">{lesson.counts.present}</strong>
              <span className="t-2 num"> / {lesson.counts.enrolled}</span>
            </span>
            <span className="t-small t-2">{t("desk.insideShort")}</span>
          </p>
          <p className="class-board__figure">
            <strong className="t-title num">{asked}</strong>
            <span className="t-small t-2">{t("desk.rollCalls")}</span>
          </p>
          <a className={buttonClass("secondary", "normal")} href={api.rollXlsxUrl(lesson.id)} download>
            <Download size={18} aria-hidden="true" />
            <span>{t("desk.export")}</span>
          </a>
        </header>
        <div className="class-board__filters">
          <fieldset className="desk__filters" aria-label={t("desk.filter")}>
            {SHOWN.map((each) => (
              <button
                key={each}
                type="button"
                className="filter-chip"
                aria-pressed={show === each}
                onClick={() => set("show", each === "all" ? null : each)}
              >
                {t(each === "all" || each === "late" ? `desk.show.${each}` : `state.${each}`)}{" "}
                <span className="num">{lesson.rows.filter((row) => keeps(row, each)).length}</span>
              </button>
            ))}
          </fieldset>
          <p className="t-dense t-2 class-board__legend">
            <CircleDot size={14} aria-hidden="true" /> {t("desk.dots")}
          </p>
        </div>
        {rows.length === 0 ? (
          <EmptyState icon={Users} title={t("desk.class.noRows")} />
        ) : (
          <>
            <div className="class-board__table">
              <Table
                label={t("desk.class.table", { code: lesson.cohort_code })}
                columns={columns}
                rows={rows}
                keyOf={(row) => row.enrolment}
                selected={chosen?.enrolment ?? null}
                onOpen={(row) => set("student", row.enrolment)}
              />
            </div>
            <ul className="class-board__cards">
              {rows.map((row) => (
                <li key={row.enrolment}>
                  <button
                    type="button"
                    className="student-card"
                    onClick={() => set("student", row.enrolment)}
                  >
                    <span className="student-card__line">
                      <span className="t-strong">{row.name}</span>
                      <StateCell row={row} />
                    </span>
                    <span className="t-dense t-2 num">
                      {row.first_in_us
                        ? t("desk.card.facts", {
                            at: clock(row.first_in_us / 1000),
                            minutes: row.minutes,
                            gaps: row.gaps,
                          })
                        : row.code}
                    </span>
                    <PresenceStrip
                      row={row}
                      periods={lesson.periods}
                      startUs={lesson.start_us}
                      endUs={endUs}
                      nowUs={nowUs}
                    />
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      {chosen && <StudentPanel lessonId={lesson.id} row={chosen} onClose={() => set("student", null)} />}
    </div>
  );
}

function useColumns(lesson: DeskLesson, nowUs: number, endUs: number): Column<DeskRow>[] {
  const { t } = useText();
  const places = useMemo(
    () => new Map(lesson.rows.map((row, index) => [row.enrolment, index + 1])),
    [lesson.rows],
  );
  return [
    {
      id: "no",
      head: t("desk.col.no"),
      width: "48px",
      align: "right",
      cell: (row) => places.get(row.enrolment),
    },
    { id: "name", head: t("desk.col.name"), width: "224px", isName: true, cell: (row) => row.name },
    { id: "state", head: t("desk.col.state"), width: "132px", cell: (row) => <StateCell row={row} /> },
    {
      id: "in",
      head: t("desk.col.in"),
      width: "84px",
      cell: (row) => (
        <span className="num">
          {row.first_in_us ? clock(row.first_in_us / 1000) : "–"}
          {row.late && (
            <abbr className="late-mark" title={t("desk.lateMark")}>
              {" "}
              M
            </abbr>
          )}
        </span>
      ),
    },
    { id: "minutes", head: t("desk.col.minutes"), width: "64px", align: "right", cell: (row) => row.minutes },
    { id: "gaps", head: t("desk.col.gaps"), width: "92px", align: "right", cell: (row) => row.gaps },
    {
      id: "calls",
      head: t("desk.col.rollCalls"),
      width: "92px",
      align: "right",
      cell: (row) => (row.roll_calls_asked ? `${row.roll_calls_answered}/${row.roll_calls_asked}` : "–"),
    },
    {
      id: "strip",
      head: <StripHead lesson={lesson} endUs={endUs} />,
      cell: (row) => (
        <PresenceStrip
          row={row}
          periods={lesson.periods}
          startUs={lesson.start_us}
          endUs={endUs}
          nowUs={nowUs}
        />
      ),
    },
  ];
}

/** Times of the scale: begin, each period after a break, end. */
function StripHead({ lesson, endUs }: { lesson: DeskLesson; endUs: number }) {
  const { t } = useText();
  return (
    <span className="strip-head num">
      <span className="visually-hidden">{t("desk.col.strip")}</span>
      <span>{clock(lesson.start_us / 1000)}</span>
      <span>{clock((lesson.start_us + endUs) / 2000)}</span>
      <span>{clock(endUs / 1000)}</span>
    </span>
  );
}
