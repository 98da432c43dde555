// The first page after signing in, by main role: a student's next lesson, a lecturer's week, the desk for who supervises.
import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { ErrorState, Skeleton } from "@/ui/Feedback";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import { offsetOf, useServerNow } from "../shared/clock";
import { PageShell } from "../shell/PageShell";
import { useMe } from "../shell/session";
import { LecturerHome } from "./LecturerHome";
import { StudentHome } from "./StudentHome";
import { daysFrom } from "./timetable";
import "./home.css";

const LOOK_AGAIN_MS = 15_000;
const DAYS_BACK = 14;
const DAYS_AHEAD = 21;

export function HomePage() {
  const { t } = useText();
  const me = useMe();
  const teaches = me.main_role === "lecturer";
  const studies = me.main_role === "student";
  const timetable = useQuery({
    queryKey: ["lessons"],
    queryFn: ({ signal }) =>
      api.lessons(daysFrom(Date.now(), -DAYS_BACK), daysFrom(Date.now(), DAYS_AHEAD), signal),
    refetchInterval: LOOK_AGAIN_MS,
    enabled: teaches || studies,
  });
  const now = useServerNow(offsetOf(timetable.data?.server_time_us, timetable.dataUpdatedAt));
  if (!teaches && !studies) return <Navigate to="/desk" replace />;

  const title = t(teaches ? "home.title.lecturer" : "home.title");
  return (
    <PageShell title={title}>
      <h1 className="visually-hidden">{title}</h1>
      {timetable.data ? (
        teaches ? (
          <LecturerHome lessons={timetable.data.lessons} nowMs={now} />
        ) : (
          <StudentHome lessons={timetable.data.lessons} nowMs={now} />
        )
      ) : timetable.error ? (
        <ErrorState
          title={problemText(t, asProblem(timetable.error))}
          code={asProblem(timetable.error).code}
          action={<Button onClick={() => void timetable.refetch()}>{t("app.retry")}</Button>}
        />
      ) : (
        <div className="card">
          <Skeleton awaited={t("app.awaited")} rows={[24, 20, 40, 40, 56]} />
        </div>
      )}
    </PageShell>
  );
}
