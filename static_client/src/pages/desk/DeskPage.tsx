// The class manager's board: every class of today, live by difference, and the list of what to do, most urgent first.
import { CalendarX2, CircleCheck, CircleX, Radio, Search, UserX, WifiOff } from "lucide-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clock, clockWithSeconds, day as dayText, stretch, weekday } from "@/locales/when";
import { PageShell } from "@/pages/shell/PageShell";
import { buttonClass } from "@/ui/Button";
import { Badge, Banner, Count, EmptyState, ErrorState, Skeleton } from "@/ui/Feedback";
import { Field } from "@/ui/Field";
import { matchesSearch } from "@/ui/names";
import { type DeskFilter, filterLessons, type Task, tasksOf } from "./deskState";
import { LessonCard } from "./LessonCard";
import { LEGEND, PresenceCell } from "./PresenceCells";
import { useDesk } from "./useDesk";
import "./desk.css";

const FILTERS: readonly DeskFilter[] = ["all", "live", "attention", "not_started"];

export function DeskPage() {
  const { t } = useText();
  const desk = useDesk(null);
  const [filter, setFilter] = useState<DeskFilter>("all");
  const [typed, setTyped] = useState("");
  const { lessons } = desk.state;
  const shown = useMemo(() => {
    const chosen = filterLessons(lessons, filter);
    if (typed.trim() === "") return chosen;
    return chosen.filter(
      (lesson) =>
        matchesSearch(lesson.cohort_code, typed) || lesson.rows.some((row) => matchesSearch(row.name, typed)),
    );
  }, [lessons, filter, typed]);
  const tasks = useMemo(() => tasksOf(lessons), [lessons]);
  const now = new Date(desk.nowUs / 1000);

  return (
    <PageShell title={t("desk.title")} className="page--desk">
      <div className="desk">
        <header className="desk__head">
          <h1 className="t-title">
            {t(`weekday.${weekday(now)}`)}, {dayText(now)}
          </h1>
          {desk.line === "live" ? (
            <Badge tone="ok" icon={Radio}>
              {t("desk.live")} · <span className="num">{clockWithSeconds(now)}</span>
            </Badge>
          ) : (
            <Badge tone="warn" icon={WifiOff}>
              {t("desk.connecting")}
            </Badge>
          )}
          <fieldset className="desk__filters" aria-label={t("desk.filter")}>
            {FILTERS.map((id) => (
              <button
                key={id}
                type="button"
                className="filter-chip"
                aria-pressed={filter === id}
                onClick={() => setFilter(id)}
              >
                {t(`desk.filter.${id}`)} <span className="num">{filterLessons(lessons, id).length}</span>
              </button>
            ))}
          </fieldset>
          <div className="desk__search">
            <Field
              label={t("desk.search")}
              hideLabel
              icon="search"
              placeholder={t("desk.search")}
              value={typed}
              onChange={setTyped}
            />
          </div>
        </header>
        {desk.line === "lost" && desk.state.day !== null && (
          <Banner tone="caution" icon={WifiOff} title={t("desk.lost")}>
            {t("desk.lost.detail")}
          </Banner>
        )}
        {desk.problem ? (
          <ErrorState title={problemText(t, desk.problem)} code={desk.problem.code} />
        ) : desk.state.day === null ? (
          <Skeleton rows={[160, 160, 160]} awaited={t("app.awaited")} />
        ) : (
          <div className="desk__body">
            <section aria-label={t("desk.classes")}>
              {shown.length === 0 ? (
                <EmptyState
                  icon={lessons.length === 0 ? CalendarX2 : Search}
                  title={t(lessons.length === 0 ? "desk.empty" : "desk.noMatch")}
                />
              ) : (
                <div className="desk__grid">
                  {shown.map((lesson) => (
                    <LessonCard key={lesson.id} lesson={lesson} />
                  ))}
                </div>
              )}
              <Legend />
            </section>
            <WorkList tasks={tasks} nowUs={desk.nowUs} />
          </div>
        )}
      </div>
    </PageShell>
  );
}

function Legend() {
  const { t } = useText();
  return (
    <ul className="legend">
      {LEGEND.map(({ state, key }) => (
        <li key={state}>
          <PresenceCell state={state} size={16} /> {t(key)}
        </li>
      ))}
    </ul>
  );
}

interface WorkListProps {
  tasks: readonly Task[];
  nowUs: number;
}

const TASK_ICONS = { lost: WifiOff, missing: UserX, recording: CircleX } as const;

function WorkList({ tasks, nowUs }: WorkListProps) {
  const { t } = useText();
  return (
    <aside className="card worklist" aria-label={t("desk.todo")}>
      <header className="worklist__head">
        <h2 className="t-heading-2">{t("desk.todo")}</h2>
        {tasks.length > 0 && <Count value={tasks.length} waiting />}
      </header>
      {tasks.length === 0 && (
        <p className="worklist__none t-2">
          <CircleCheck size={18} aria-hidden="true" /> {t("desk.todo.none")}
        </p>
      )}
      <ul>
        {tasks.map((task) => (
          <TaskItem
            key={`${task.kind}-${task.lesson.id}-${task.rows[0]?.enrolment ?? ""}`}
            task={task}
            nowUs={nowUs}
          />
        ))}
      </ul>
    </aside>
  );
}

function TaskItem({ task, nowUs }: { task: Task; nowUs: number }) {
  const { t } = useText();
  const Icon = TASK_ICONS[task.kind];
  const time = stretch((nowUs - task.sinceUs) / 1e6);
  const code = task.lesson.cohort_code;
  const person = task.rows[0];
  const title =
    task.kind === "lost"
      ? (person?.name ?? "")
      : task.kind === "missing"
        ? t("desk.todo.missing", { n: task.rows.length, code })
        : t("desk.todo.recording", { code });
  const detail =
    task.kind === "lost"
      ? t("desk.todo.lost.detail", { code, time })
      : task.kind === "missing"
        ? t("desk.todo.missing.detail", { time })
        : t("desk.todo.recording.detail");
  const query = task.kind === "missing" ? "?show=not_joined" : person ? `?student=${person.enrolment}` : "";
  return (
    <li className="worklist__item">
      <Icon size={18} aria-hidden="true" className="worklist__icon" />
      <div>
        <p className="t-strong">{title}</p>
        <p className="t-dense t-2 num">{detail}</p>
        <Link className={buttonClass("secondary", "small")} to={`/desk/${task.lesson.id}${query}`}>
          {t(task.kind === "missing" ? "desk.todo.openList" : "desk.todo.open")}
        </Link>
      </div>
      <time className="t-dense t-2 num">{clock(task.sinceUs / 1000)}</time>
    </li>
  );
}
