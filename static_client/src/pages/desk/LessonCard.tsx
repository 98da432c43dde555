// One class of today on the desk: who teaches, how many are in, a cell per student, what is wrong in one badge.
import { Check, CheckCheck, CircleAlert, Clock, Coffee, Radio } from "lucide-react";
import { Link } from "react-router";
import { useText } from "@/locales/text";
import { clock } from "@/locales/when";
import { Badge } from "@/ui/Feedback";
import type { DeskLesson } from "@/wire/protocol.gen";
import { isBefore, isLive, lostOf, missingOf } from "./deskState";
import { PresenceCells } from "./PresenceCells";

function StateBadge({ lesson }: { lesson: DeskLesson }) {
  const { t } = useText();
  if (lesson.state === "live")
    return (
      <Badge tone="ok" icon={Radio}>
        {t("desk.state.live")}
      </Badge>
    );
  if (lesson.state === "suspended")
    return (
      <Badge tone="accent" icon={Coffee}>
        {t("desk.state.suspended")}
      </Badge>
    );
  if (isBefore(lesson)) return <Badge icon={Clock}>{clock(lesson.start_us / 1000)}</Badge>;
  return <Badge icon={CheckCheck}>{t("desk.state.ended")}</Badge>;
}

function TroubleBadge({ lesson }: { lesson: DeskLesson }) {
  const { t } = useText();
  const lost = lostOf(lesson).length;
  const missing = missingOf(lesson).length;
  const weak = lesson.rows.filter((row) => row.state === "weak").length;
  if (lost > 0)
    return (
      <Badge tone="bad" icon={CircleAlert}>
        {t("desk.trouble.lost", { n: lost })}
      </Badge>
    );
  if (missing > 0)
    return (
      <Badge tone="bad" icon={CircleAlert}>
        {t("desk.trouble.missing", { n: missing })}
      </Badge>
    );
  if (weak > 0)
    return (
      <Badge tone="warn" icon={CircleAlert}>
        {t("desk.trouble.weak", { n: weak })}
      </Badge>
    );
  return (
    <Badge tone="ok" icon={Check}>
      {t("desk.trouble.none")}
    </Badge>
  );
}

interface FactProps {
  value: number;
  label: string;
}

function Fact({ value, label }: FactProps) {
  return (
    <span className="t-dense">
      <strong className="num">{value}</strong> {label}
    </span>
  );
}

export function LessonCard({ lesson }: { lesson: DeskLesson }) {
  const { t } = useText();
  const gaps = lesson.rows.reduce((sum, row) => sum + row.gaps, 0);
  const before = isBefore(lesson);
  return (
    <article className="card card--dense lesson-card">
      <header className="lesson-card__head">
        <h2 className="t-lead t-strong">
          <Link to={`/desk/${lesson.id}`} className="lesson-card__link">
            {lesson.cohort_code}
          </Link>
        </h2>
        <StateBadge lesson={lesson} />
      </header>
      <p className="lesson-card__topic">{lesson.topic}</p>
      <p className="t-dense t-2">{lesson.lecturer}</p>
      <div className="lesson-card__count">
        <p>
          <strong className="t-title num">{before ? lesson.counts.enrolled : lesson.counts.present}</strong>{" "}
          <span className="t-2">
            {before ? t("desk.students") : t("desk.inside", { enrolled: lesson.counts.enrolled })}
          </span>
        </p>
        {isLive(lesson) && <TroubleBadge lesson={lesson} />}
      </div>
      <PresenceCells rows={lesson.rows} />
      <footer className="lesson-card__foot">
        {before ? (
          <Fact value={lesson.rows.filter((row) => row.on_leave).length} label={t("desk.leaveApproved")} />
        ) : (
          <>
            <Fact value={lesson.late} label={t("desk.late")} />
            <Fact value={gaps} label={t("desk.gaps")} />
            <Fact value={lesson.counts.cannot_hear} label={t("desk.cannotHear")} />
          </>
        )}
      </footer>
    </article>
  );
}
