// The strip that is always visible: lesson, recording, present, who cannot hear, hands; order is fixed.
import { ArrowUpDown, CircleAlert, EarOff, Hand, LoaderCircle, UserRoundCheck, Users } from "lucide-react";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { bytes, clockWithSeconds, longStretch, stretch } from "@/locales/when";
import { Button } from "@/ui/Button";
import { PersonName } from "@/ui/PersonName";
import { NARROW, PHONE, useController, useMedia, useRoom, useRoomNow } from "../context";
import { isLecturer, isStaff, periodAt } from "../select";
import { useGallery } from "../stage/gallery_state";
import { Pager } from "../stage/Pager";
import { NetChip } from "./net";

export function Strip({ onLine }: { onLine: () => void }) {
  const phone = useMedia(PHONE);
  const staff = useRoom(isStaff);
  if (phone) return <PhoneHead onLine={onLine} />;
  return (
    <header className="strip">
      <LessonName />
      <div className="strip__chips">
        <RecordingChip />
        {staff ? <StaffChips /> : <StudentChips onLine={onLine} />}
      </div>
      <StripEnd />
    </header>
  );
}

function LessonName() {
  const { t } = useText();
  const lesson = useRoom((state) => state.lesson);
  const state = useRoom((room) => room);
  const now = useRoomNow(10_000);
  const period = periodAt(state, now * 1000);
  const place =
    period && period.kind === "period"
      ? t("room.period", { n: period.no, total: period.total })
      : lesson?.course_unit;
  return (
    <div className="strip__lesson">
      <h1 className="strip__topic" title={lesson?.topic}>
        {lesson?.topic}
      </h1>
      <p className="t-small strip__place num">{[lesson?.cohort_code, place].filter(Boolean).join(" · ")}</p>
    </div>
  );
}

export function RecordingChip({ short = false }: { short?: boolean }) {
  const { t } = useText();
  const recording = useRoom((state) => state.recording);
  const lost = useRoom((state) => state.lost);
  const now = useRoomNow();
  if (!recording) return null;
  const since = recording.since_us === null ? 0 : Math.max(0, now - recording.since_us / 1000);
  if (lost && recording.state !== "off") {
    return (
      <span className="chip chip--edge">
        <LoaderCircle size={18} aria-hidden="true" /> {t("room.rec.unknown")}
      </span>
    );
  }
  if (recording.state === "failed") {
    const seconds = Math.max(recording.lost_ms, since) / 1000;
    return (
      <span className="chip chip--alarm num">
        <CircleAlert size={18} aria-hidden="true" /> {t("room.rec.failed")} <b>{stretch(seconds)}</b>
      </span>
    );
  }
  const running = recording.state === "recording";
  return (
    <span className="chip chip--edge num">
      <span className="rec-dot" data-on={running || undefined} aria-hidden="true" />
      {t(`room.rec.${recording.state}` as TextKey)}
      {running && <b>{short ? longStretch(since / 1000).slice(0, 5) : longStretch(since / 1000)}</b>}
    </span>
  );
}

function StaffChips() {
  const { t } = useText();
  const counts = useRoom((state) => state.counts);
  const teaches = useRoom(isLecturer);
  return (
    <>
      <span className="chip num">
        <Users size={18} aria-hidden="true" /> {t("room.present")}{" "}
        <b>
          {counts.present}/{counts.enrolled}
        </b>
      </span>
      {counts.cannot_hear > 0 && (
        <span className="chip chip--warn num">
          <EarOff size={18} aria-hidden="true" /> {t("room.cannotHear")} <b>{counts.cannot_hear}</b>
        </span>
      )}
      {teaches && <HandsChip />}
    </>
  );
}

function HandsChip() {
  const { t } = useText();
  const controller = useController();
  const hands = useRoom((state) => state.hands);
  const first = hands[0];
  const person = useRoom((state) => (first ? state.people[first.participant] : undefined));
  if (!first || !person) return null;
  return (
    <span className="chip chip--hand num">
      <Hand size={18} aria-hidden="true" className="chip__hand" /> <b>{hands.length}</b>
      <span className="chip__name">
        <PersonName name={person.name} />
      </span>
      <button
        type="button"
        className="chip__act"
        onClick={() => void controller.do({ t: "give_floor", participant: first.participant })}
      >
        {t("room.giveFloor")}
      </button>
    </span>
  );
}

function StudentChips({ onLine }: { onLine: () => void }) {
  const { t, locale } = useText();
  const since = useRoom((state) => state.presentSinceMs);
  const used = useRoom((state) => state.quality.bytes);
  const gallery = useGallery().active;
  const now = useRoomNow(10_000);
  const minutes = since === null ? 0 : Math.max(0, Math.floor((now - since) / 60_000));
  return (
    <>
      <span className="chip num">
        <UserRoundCheck size={18} aria-hidden="true" /> {t("room.present")}{" "}
        <b>{t("room.presentMinutes", { m: minutes })}</b>
      </span>
      <NetChip onPress={onLine} />
      {!gallery && (
        <span className="strip__data num" title={t("room.data", { size: bytes(used, locale) })}>
          <ArrowUpDown size={16} aria-hidden="true" /> {bytes(used, locale)}
        </span>
      )}
    </>
  );
}

function StripEnd() {
  const { t } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  const state = useRoom((room) => room.lesson?.state);
  const { active } = useGallery();
  const narrow = useMedia(NARROW);
  if (teaches && (state === "lobby" || state === "scheduled")) {
    return (
      <Button
        kind="primary"
        className="strip__start"
        onClick={() => void controller.do({ t: "start_lesson" })}
      >
        {t("room.start")}
      </Button>
    );
  }
  return (
    <div className="strip__end">
      {active && !narrow && !teaches && <Pager />}
      {!teaches && <ServerClock />}
    </div>
  );
}

function ServerClock() {
  const now = useRoomNow();
  return <time className="strip__clock num">{clockWithSeconds(now)}</time>;
}

function PhoneHead({ onLine }: { onLine: () => void }) {
  const { t } = useText();
  const controller = useController();
  const lesson = useRoom((state) => state.lesson);
  const staff = useRoom(isStaff);
  const teaches = useRoom(isLecturer);
  const counts = useRoom((state) => state.counts);
  const since = useRoom((state) => state.presentSinceMs);
  const now = useRoomNow(10_000);
  const waiting = lesson?.state === "lobby" || lesson?.state === "scheduled";
  const mine = since === null ? 0 : Math.max(0, Math.floor((now - since) / 60_000));
  return (
    <header className="phone-head">
      <div className="phone-head__words">
        <h1 className="strip__topic">{lesson?.topic}</h1>
        <p className="phone-head__facts num">
          <RecordingChip short />
          <span>
            {staff
              ? `${t("room.present")} ${counts.present}/${counts.enrolled}`
              : `${t("room.present").toLocaleLowerCase()} ${t("room.presentMinutes", { m: mine })}`}
          </span>
        </p>
      </div>
      {teaches && waiting ? (
        <Button kind="primary" size="small" onClick={() => void controller.do({ t: "start_lesson" })}>
          {t("room.start")}
        </Button>
      ) : (
        <NetChip short onPress={onLine} />
      )}
    </header>
  );
}
