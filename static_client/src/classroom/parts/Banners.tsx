// One banner at a time under the strip: recording > connection > notice. It pushes the stage down, nothing is covered.
import {
  CircleAlert,
  EyeOff,
  FileLock2,
  Headphones,
  Leaf,
  MessagesSquare,
  PauseCircle,
  Volume2,
  WifiOff,
} from "lucide-react";
import { useState } from "react";
import { useText } from "@/locales/text";
import { clock, clockWithSeconds, percent, stretch } from "@/locales/when";
import { Button } from "@/ui/Button";
import { Banner } from "@/ui/Feedback";
import { SignalBars } from "@/ui/SignalBars";
import { useController, useRoom, useRoomNow } from "../context";
import { isLecturer, isStaff } from "../select";

const DEFAULT_GRACE_S = 90;

export function Banners() {
  const recordingFailed = useRoom((state) => isStaff(state) && state.recording?.state === "failed");
  const lost = useRoom((state) => state.lost);
  const broken = useRoom((state) => state.media === "broken");
  const blocked = useRoom((state) => state.soundBlocked);
  const weak = useRoom((state) => state.quality.level === "weak");
  const listening = useRoom((state) => state.listenOnly);
  const saving = useRoom((state) => state.saving);
  const stills = useRoom((state) => state.profile.stills && state.profile.automatic);
  const suspended = useRoom((state) => state.lesson?.state === "suspended");
  const visibility = useRoom((state) => state.visibility);
  const [keepVideo, setKeepVideo] = useState(false);
  if (recordingFailed && !lost) return <RecordingBanner />;
  if (lost) return <LostBanner atMs={lost.atMs} attempt={lost.attempt} />;
  if (blocked) return <SoundBanner />;
  if (broken) return <MediaBanner />;
  if (stills && !saving && !listening) return <NarrowBanner />;
  if (weak && !listening && !saving && !keepVideo) return <WeakBanner onKeep={() => setKeepVideo(true)} />;
  if (visibility.aside.length > 0) return <AsideBanner />;
  if (suspended) return <SuspendedBanner />;
  if (saving) return <SavingBanner />;
  if (listening) return <ListeningBanner />;
  if (visibility.mode !== "open") return <VisibilityBanner exam={visibility.mode === "exam"} />;
  return null;
}

function RecordingBanner() {
  const { t } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  const live = useRoom((state) => state.lesson?.state === "live");
  const since = useRoom((state) => (state.recording?.since_us ?? 0) / 1000);
  const lostMs = useRoom((state) => state.recording?.lost_ms ?? 0);
  const now = useRoomNow();
  const from = since || now - lostMs;
  return (
    <Banner
      tone="alarm"
      icon={CircleAlert}
      title={t("room.rec.alarm", { at: clockWithSeconds(from) })}
      actions={
        teaches &&
        live && (
          <Button onClick={() => void controller.do({ t: "suspend_lesson" })}>{t("room.suspend")}</Button>
        )
      }
    >
      {t("room.rec.alarm.detail", { time: stretch((now - from) / 1000) })}
    </Banner>
  );
}

function LostBanner({ atMs, attempt }: { atMs: number; attempt: number }) {
  const { t } = useText();
  const controller = useController();
  const offset = useRoom((state) => state.clockOffsetMs);
  const grace = useRoom((state) => state.policy?.grace_s ?? DEFAULT_GRACE_S);
  const listening = useRoom((state) => state.listenOnly);
  const now = useRoomNow();
  const left = Math.ceil(grace - (now - offset - atMs) / 1000);
  return (
    <Banner
      tone="alarm"
      icon={WifiOff}
      title={t("room.lost.title", { at: clockWithSeconds(atMs + offset), n: Math.max(1, attempt) })}
      actions={
        <>
          <Button kind="primary" onClick={() => controller.tryNow()}>
            {t("room.lost.try")}
          </Button>
          {!listening && (
            <Button onClick={() => controller.setListenOnly(true)}>{t("room.lost.listen")}</Button>
          )}
        </>
      }
    >
      {left > 0 ? t("room.lost.detail", { s: left }) : t("room.lost.seatGone")}
    </Banner>
  );
}

function SoundBanner() {
  const { t } = useText();
  const controller = useController();
  return (
    <Banner
      tone="caution"
      icon={Volume2}
      urgent
      title={t("room.unlock.detail")}
      actions={
        <Button kind="primary" onClick={() => controller.unlockSound()}>
          {t("room.unlock")}
        </Button>
      }
    />
  );
}

function MediaBanner() {
  const { t } = useText();
  return (
    <Banner tone="caution" icon={WifiOff} urgent title={t("room.media.title")}>
      {t("room.media.detail")}
    </Banner>
  );
}

function WeakBanner({ onKeep }: { onKeep: () => void }) {
  const { t, locale } = useText();
  const controller = useController();
  const { loss, concealed } = useRoom((state) => state.quality);
  const teaches = useRoom(isLecturer);
  return (
    <Banner
      tone="caution"
      icon={SignalBars}
      title={
        loss >= 0.01
          ? t("room.weak.title", { loss: percent(loss, locale) })
          : t("room.weak.titleSound", { share: percent(concealed, locale) })
      }
      actions={
        <>
          {!teaches && (
            <Button kind="primary" onClick={() => controller.setListenOnly(true)}>
              {t("room.weak.listen")}
            </Button>
          )}
          <Button onClick={onKeep}>{t("room.weak.keep")}</Button>
        </>
      }
    >
      {t("room.weak.detail")}
    </Banner>
  );
}

/** The two are told who hears them; the class is told that it does not. */
function AsideBanner() {
  const { t } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  const me = useRoom((state) => state.me);
  const aside = useRoom((state) => state.visibility.aside);
  const people = useRoom((state) => state.people);
  const inIt = aside.includes(me);
  const other = people[aside.find((one) => one !== me) ?? ""]?.name ?? "";
  return (
    <Banner
      tone="notice"
      icon={MessagesSquare}
      title={inIt ? t("room.aside.mine", { name: other }) : t("room.aside.others")}
      actions={
        inIt &&
        teaches && (
          <Button kind="primary" onClick={() => void controller.do({ t: "end_aside" })}>
            {t("room.aside.back")}
          </Button>
        )
      }
    >
      {t(inIt ? "room.aside.mine.detail" : "room.aside.others.detail")}
    </Banner>
  );
}

function VisibilityBanner({ exam }: { exam: boolean }) {
  const { t } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  return (
    <Banner
      tone="notice"
      icon={exam ? FileLock2 : EyeOff}
      title={t(exam ? "room.visibility.exam.title" : "room.visibility.staffCameras.title")}
      actions={
        teaches && (
          <Button onClick={() => void controller.do({ t: "set_visibility", mode: "open" })}>
            {t("room.visibility.open")}
          </Button>
        )
      }
    >
      {t(exam ? "room.visibility.exam.detail" : "room.visibility.staffCameras.detail")}
    </Banner>
  );
}

function SuspendedBanner() {
  const { t } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  const [since] = useState(() => controller.serverNowMs());
  return (
    <Banner
      tone="notice"
      icon={PauseCircle}
      title={t("room.suspended.title", { at: clock(since) })}
      actions={
        teaches && (
          <Button kind="primary" onClick={() => void controller.do({ t: "resume_lesson" })}>
            {t("room.resume")}
          </Button>
        )
      }
    >
      {t("room.stage.suspended.detail")}
    </Banner>
  );
}

/** The server found the line too narrow for moving pictures. */
function NarrowBanner() {
  const { t } = useText();
  const controller = useController();
  return (
    <Banner
      tone="caution"
      icon={SignalBars}
      title={t("room.narrow.title")}
      actions={<Button onClick={() => controller.setSaving(true)}>{t("room.narrow.stay")}</Button>}
    >
      {t("room.narrow.detail")}
    </Banner>
  );
}

function SavingBanner() {
  const { t } = useText();
  const controller = useController();
  return (
    <Banner
      tone="notice"
      icon={Leaf}
      title={t("room.saving.title")}
      actions={<Button onClick={() => controller.setSaving(false)}>{t("room.saving.off")}</Button>}
    >
      {t("room.saving.body")}
    </Banner>
  );
}

function ListeningBanner() {
  const { t } = useText();
  const controller = useController();
  return (
    <Banner
      tone="notice"
      icon={Headphones}
      title={t("room.listening.title")}
      actions={<Button onClick={() => controller.setListenOnly(false)}>{t("room.listenOnly.off")}</Button>}
    >
      {t("room.listening.detail")}
    </Banner>
  );
}
