// When it is over: a whole card with reason, time and the next step; never a blank stage.
import { CircleAlert, CircleCheck, LogOut, MonitorSmartphone, UserRoundX } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clock } from "@/locales/when";
import { Button, buttonClass } from "@/ui/Button";
import { LanguageSwitch } from "@/ui/TopBar";
import { useRoom } from "./context";
import { isLecturer } from "./select";
import type { Ending as EndingState } from "./state";

interface Props {
  ending: EndingState;
  lesson: string;
  onRejoin: () => void;
}

export function Ending({ ending, lesson, onRejoin }: Props) {
  const { t } = useText();
  const home = (
    <Link className={buttonClass("secondary", "normal")} to="/">
      {t("app.toHome")}
    </Link>
  );
  switch (ending.why) {
    case "ended":
      return <Ended atMs={ending.atMs} lesson={lesson} home={home} />;
    case "left":
      return (
        <Card
          icon={LogOut}
          title={t("room.left.title")}
          acts={[home, <Rejoin key="in" onPress={() => onRejoin()} />]}
        >
          <p>{t("room.left.detail", { at: clock(ending.atMs) })}</p>
        </Card>
      );
    case "removed":
      return (
        <Card icon={UserRoundX} tone="bad" title={t("room.removed.title")} acts={[home]}>
          {ending.reason && (
            <p className="ending__reason">{t("room.removed.reason", { reason: ending.reason })}</p>
          )}
          <p>{t("room.removed.next")}</p>
        </Card>
      );
    case "replaced":
      return (
        <Card
          icon={MonitorSmartphone}
          title={t("room.replaced.title")}
          acts={[
            home,
            <Button key="here" kind="primary" onClick={() => onRejoin()}>
              {t("room.replaced.here")}
            </Button>,
          ]}
        >
          <p>{t("room.replaced.detail")}</p>
        </Card>
      );
    case "refused":
      return <Refused ending={ending} home={home} onRejoin={onRejoin} />;
  }
}

function Rejoin({ onPress }: { onPress: () => void }) {
  const { t } = useText();
  return (
    <Button kind="primary" onClick={onPress}>
      {t("room.left.rejoin")}
    </Button>
  );
}

function Refused({
  ending,
  home,
  onRejoin,
}: {
  ending: Extract<EndingState, { why: "refused" }>;
  home: ReactNode;
  onRejoin: () => void;
}) {
  const { t } = useText();
  if (ending.code === "room.other_device") {
    return (
      <Card
        icon={MonitorSmartphone}
        title={t("prejoin.handover.title")}
        acts={[
          home,
          <Button key="here" kind="primary" onClick={() => onRejoin()}>
            {t("prejoin.handover.move")}
          </Button>,
        ]}
      >
        <p>{t("prejoin.handover.body")}</p>
      </Card>
    );
  }
  return (
    <Card
      icon={CircleAlert}
      tone="bad"
      title={t("room.refused.title")}
      acts={[
        home,
        <Button key="again" kind="primary" onClick={() => onRejoin()}>
          {t("app.retry")}
        </Button>,
      ]}
    >
      <p>{problemText(t, ending)}</p>
      <p className="t-small t-3 num">{ending.code}</p>
    </Card>
  );
}

function Ended({ atMs, lesson, home }: { atMs: number; lesson: string; home: ReactNode }) {
  const { t } = useText();
  const teaches = useRoom(isLecturer);
  const info = useRoom((state) => state.lesson);
  const counts = useRoom((state) => state.counts);
  const start = info?.started_us ?? null;
  return (
    <Card
      icon={CircleCheck}
      title={t("room.ended.title")}
      acts={
        teaches
          ? [
              home,
              <Link
                key="sheet"
                className={buttonClass("secondary", "normal")}
                to={`/lessons/${lesson}/sheet`}
              >
                {t("room.ended.sheet")}
              </Link>,
              <Link key="roll" className={buttonClass("primary", "normal")} to={`/lessons/${lesson}/roll`}>
                {t("room.ended.roll")}
              </Link>,
            ]
          : [home]
      }
    >
      {info && <p className="ending__topic">{info.topic}</p>}
      <p className="num">
        {start === null
          ? t("room.ended.at", { at: clock(atMs) })
          : t("room.ended.facts", {
              start: clock(start / 1000),
              end: clock(atMs),
              present: counts.present,
              enrolled: counts.enrolled,
            })}
      </p>
      <p>{t(teaches ? "room.ended.lecturer" : "room.ended.student")}</p>
    </Card>
  );
}

interface CardProps {
  icon: typeof LogOut;
  title: string;
  tone?: "bad";
  acts: ReactNode[];
  children: ReactNode;
}

function Card({ icon: Icon, title, tone, acts, children }: CardProps) {
  const { t, locale, setLocale } = useText();
  return (
    <>
      <header className="ending__bar">
        <LanguageSwitch locale={locale} label={t("app.language")} onChange={setLocale} />
      </header>
      <main className="ending" id="main" tabIndex={-1}>
        <section className="card ending__card" data-tone={tone} role={tone === "bad" ? "alert" : "status"}>
          <Icon size={32} aria-hidden="true" />
          <h1 className="t-title">{title}</h1>
          <div className="ending__words">{children}</div>
          <div className="ending__acts">
            {acts.map((act, index) => (
              <span key={index}>{act}</span>
            ))}
          </div>
        </section>
      </main>
    </>
  );
}
