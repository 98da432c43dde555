// Playback: screen or lecturer on the stage, cameras beside it, all sound, chat of the moment – in step on one clock.
import { useQuery } from "@tanstack/react-query";
import {
  ArrowLeft,
  FilmIcon,
  Gauge,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  ShieldCheck,
  TriangleAlert,
  Volume2,
} from "lucide-react";
import { type KeyboardEvent, useMemo, useState } from "react";
import { Link, useParams } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clock, day as dayText, stretch } from "@/locales/when";
import { PageShell } from "@/pages/shell/PageShell";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { EmptyState, ErrorState, Skeleton } from "@/ui/Feedback";
import { Tabs } from "@/ui/Tabs";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { Recording, Track } from "@/wire/protocol.gen";
import { chatUntil, gapAt, sideTracks, stageTrack } from "./timeline";
import { type Player, usePlayer } from "./usePlayer";
import { Watermark } from "./Watermark";
import "./playback.css";
import "../desk/desk.css";

const RATES = [0.75, 1, 1.25, 1.5, 2] as const;
const JUMP_MS = 10_000;
const CHAT_LINES = 2;

export function PlaybackPage() {
  const { t } = useText();
  const { lesson = "" } = useParams();
  const recording = useQuery({
    queryKey: ["recording", lesson],
    queryFn: ({ signal }) => api.recording(lesson, signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: (query) => (query.state.data?.state === "finalising" ? 2000 : false),
  });
  return (
    <PageShell title={t("play.title")} className="page--playback">
      {recording.isError ? (
        <ErrorState
          title={problemText(t, asProblem(recording.error))}
          action={<Button onClick={() => void recording.refetch()}>{t("app.retry")}</Button>}
        />
      ) : !recording.data ? (
        <Skeleton rows={[40, 400, 48]} awaited={t("app.awaited")} />
      ) : recording.data.state === "available" && recording.data.tracks.length > 0 ? (
        <PlayerView recording={recording.data} />
      ) : (
        <NotThere state={recording.data.state} />
      )}
    </PageShell>
  );
}

function NotThere({ state }: { state: string }) {
  const { t } = useText();
  const key = state === "recording" || state === "finalising" || state === "failed" ? state : "none";
  return (
    <EmptyState icon={FilmIcon} title={t(`play.state.${key}`)}>
      {t(`play.state.${key}.detail`)}
    </EmptyState>
  );
}

function PlayerView({ recording }: { recording: Recording }) {
  const { t } = useText();
  const [volume, setVolume] = useState(0.8);
  const player = usePlayer(recording.duration_ms, volume);
  const stage = stageTrack(recording.tracks, player.atMs);
  const side = sideTracks(recording.tracks, player.atMs, stage);
  const gap = gapAt(recording.gaps, player.atMs);
  const onKey = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, select, [role=tab]") && target.getAttribute("type") !== "range")
      return;
    if (event.key === " " || event.key === "k") {
      if (target.closest("button, a")) return;
      event.preventDefault();
      player.toggle();
    } else if (event.key === "ArrowLeft" || event.key === "j") {
      event.preventDefault();
      player.seek(player.atMs - JUMP_MS);
    } else if (event.key === "ArrowRight" || event.key === "l") {
      event.preventDefault();
      player.seek(player.atMs + JUMP_MS);
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole player; every act also has its button
    <div className="player stage" onKeyDown={onKey}>
      <header className="player__head light">
        <Link to="/" className="back-link" aria-label={t("app.toHome")}>
          <ArrowLeft size={18} aria-hidden="true" />
        </Link>
        <div>
          <h1 className="t-heading-2">{recording.lesson.topic}</h1>
          <p className="t-dense t-2">
            {t("play.of", { code: recording.lesson.cohort_code })} ·{" "}
            <span className="num nowrap">
              {dayText(recording.lesson.start_us / 1000)} {clock(recording.lesson.start_us / 1000)}
            </span>{" "}
            · {recording.lesson.lecturer_title} {recording.lesson.lecturer}
          </p>
        </div>
      </header>
      <div className="player__body">
        <section className="player__main" aria-label={t("play.stage")}>
          <div className="player__screen">
            {recording.tracks
              .filter((track) => track.kind === "video")
              .map((track) => (
                <VideoTrack
                  key={track.url}
                  track={track}
                  player={player}
                  place={stage?.url === track.url ? "stage" : "away"}
                />
              ))}
            {!stage && (
              <p className="player__empty">
                {gap ? (
                  <TriangleAlert size={24} aria-hidden="true" />
                ) : (
                  <Volume2 size={24} aria-hidden="true" />
                )}
                {t(gap ? "play.gap" : "play.soundOnly")}
              </p>
            )}
            <Watermark text={recording.watermark} />
          </div>
          {recording.tracks
            .filter((track) => track.kind === "audio")
            .map((track) => (
              <AudioTrack key={track.url} track={track} player={player} />
            ))}
          <TimeLine recording={recording} player={player} />
          <Controls player={player} volume={volume} onVolume={setVolume} />
          <ul className="player__chat" aria-label={t("play.chatNow")}>
            {chatUntil(recording.chat, player.atMs, CHAT_LINES).map((line) => (
              <li key={`${line.at_ms}-${line.name}`}>
                <Avatar id={line.name} name={line.name} />
                <span>
                  <span className="t-strong">{line.name}</span>{" "}
                  <span className="t-small num player__time">{stretch(line.at_ms / 1000)}</span>
                  <br />
                  {line.text}
                </span>
              </li>
            ))}
          </ul>
        </section>
        <Side recording={recording} player={player} side={side} />
      </div>
    </div>
  );
}

function AudioTrack({ track, player }: { track: Track; player: Player }) {
  const [attach] = useState(() => player.attach(track));
  // biome-ignore lint/a11y/useMediaCaption: a lecture recorded live has no captions; its chat and chapters are beside it
  return <audio src={track.url} preload="auto" ref={attach} />;
}

interface VideoProps {
  track: Track;
  player: Player;
  place: "stage" | "away";
}

function VideoTrack({ track, player, place }: VideoProps) {
  const [attach] = useState(() => player.attach(track));
  return (
    <video
      className="player__video"
      data-place={place}
      src={track.url}
      muted
      playsInline
      preload="auto"
      aria-label={track.person_name}
      ref={attach}
    />
  );
}

function TimeLine({ recording, player }: { recording: Recording; player: Player }) {
  const { t } = useText();
  const share = (ms: number) => `${((100 * ms) / Math.max(1, recording.duration_ms)).toFixed(3)}%`;
  return (
    <div className="timeline">
      <div className="timeline__track">
        {recording.gaps.map((gap) => (
          <span
            key={gap.from_ms}
            className="timeline__gap"
            style={{ left: share(gap.from_ms), width: share(gap.to_ms - gap.from_ms) }}
            title={t("play.gap")}
          />
        ))}
        {recording.chapters.map((chapter) => (
          <span key={chapter.at_ms} className="timeline__notch" style={{ left: share(chapter.at_ms) }} />
        ))}
        <input
          type="range"
          className="timeline__range"
          min={0}
          max={recording.duration_ms}
          step={1000}
          value={Math.round(player.atMs)}
          aria-label={t("play.position")}
          aria-valuetext={t("play.positionOf", {
            at: stretch(player.atMs / 1000),
            of: stretch(recording.duration_ms / 1000),
          })}
          onChange={(event) => player.seek(Number(event.target.value))}
        />
      </div>
      <p className="timeline__times num">
        <span>{stretch(player.atMs / 1000)}</span>
        <span>{player.waiting ? t("play.waiting") : ""}</span>
        <span>{stretch(recording.duration_ms / 1000)}</span>
      </p>
    </div>
  );
}

interface ControlsProps {
  player: Player;
  volume: number;
  onVolume: (volume: number) => void;
}

function Controls({ player, volume, onVolume }: ControlsProps) {
  const { t, locale } = useText();
  const nextRate = RATES[(RATES.indexOf(player.rate as (typeof RATES)[number]) + 1) % RATES.length] ?? 1;
  return (
    <div className="player__controls">
      <button type="button" className="player__button" onClick={() => player.seek(player.atMs - JUMP_MS)}>
        <RotateCcw size={18} aria-hidden="true" /> {t("play.back10")}
      </button>
      <button type="button" className="player__button player__button--main" onClick={player.toggle}>
        {player.playing ? <Pause size={20} aria-hidden="true" /> : <Play size={20} aria-hidden="true" />}
        {t(player.playing ? "play.pause" : "play.play")}
      </button>
      <button type="button" className="player__button" onClick={() => player.seek(player.atMs + JUMP_MS)}>
        <RotateCw size={18} aria-hidden="true" /> {t("play.forward10")}
      </button>
      <label className="player__button player__volume">
        <Volume2 size={18} aria-hidden="true" />
        <span className="visually-hidden">{t("play.volume")}</span>
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={volume}
          onChange={(event) => onVolume(Number(event.target.value))}
        />
      </label>
      <button type="button" className="player__button" onClick={() => player.setRate(nextRate)}>
        <Gauge size={18} aria-hidden="true" />
        <span className="visually-hidden">{t("play.rate")}</span>
        <span className="num">{new Intl.NumberFormat(locale).format(player.rate)}×</span>
      </button>
    </div>
  );
}

/** The first camera that is not on the stage: the lecturer's while a screen is shown. */
function SideCamera({ track, player }: { track: Track; player: Player }) {
  const [attach] = useState(() => player.attach(track, "side"));
  return (
    <figure className="player__camera">
      <video src={track.url} muted playsInline preload="auto" aria-label={track.person_name} ref={attach} />
      <figcaption>{track.person_name}</figcaption>
    </figure>
  );
}

type SideTab = "chapters" | "chat";

function Side({ recording, player, side }: { recording: Recording; player: Player; side: readonly Track[] }) {
  const { t } = useText();
  const [tab, setTab] = useState<SideTab>("chapters");
  const names = useMemo(
    () => [...new Set(recording.tracks.map((track) => track.person_name))],
    [recording.tracks],
  );
  return (
    <aside className="player__side light">
      {side[0] && <SideCamera key={side[0].url} track={side[0]} player={player} />}
      <p className="player__people t-dense t-2">
        {t("play.people", { names: names.join(", ") })}
        {side.length > 1 && ` · ${t("play.cameras", { n: side.length - 1 })}`}
      </p>
      <Tabs<SideTab>
        label={t("play.side")}
        selected={tab}
        onSelect={setTab}
        items={[
          {
            id: "chapters",
            label: t("play.chapters"),
            content: (
              <ol className="player__list">
                {recording.chapters.map((chapter) => (
                  <li key={chapter.at_ms}>
                    <button type="button" onClick={() => player.seek(chapter.at_ms)}>
                      <span className="num t-2">{stretch(chapter.at_ms / 1000)}</span> {chapter.title}
                    </button>
                  </li>
                ))}
              </ol>
            ),
          },
          {
            id: "chat",
            label: t("play.chat"),
            count: recording.chat.length,
            content: (
              <ol className="player__list">
                {recording.chat.map((line) => (
                  <li key={`${line.at_ms}-${line.name}`}>
                    <button type="button" onClick={() => player.seek(line.at_ms)}>
                      <span className="num t-2">{stretch(line.at_ms / 1000)}</span>{" "}
                      <strong>{line.name}</strong>
                      <br />
                      {line.text}
                    </button>
                  </li>
                ))}
              </ol>
            ),
          },
        ]}
      />
      <p className="player__note t-dense t-2">
        <ShieldCheck size={18} aria-hidden="true" /> {t("play.note")}
      </p>
    </aside>
  );
}
