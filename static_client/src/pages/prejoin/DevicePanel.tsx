// The left of prejoin: own picture, microphone and camera switches, choice of devices, level, chime, and the line.
import {
  CircleAlert,
  CircleCheck,
  Eye,
  Mic,
  MicOff,
  Play,
  RefreshCw,
  Video,
  VideoOff,
  Volume2,
} from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { playChime } from "@/call/devices";
import type { LocalMedia, LocalState } from "@/call/local_media";
import { useText } from "@/locales/text";
import { rate } from "@/locales/when";
import { Button } from "@/ui/Button";
import { Select } from "@/ui/Choice";
import { PersonName } from "@/ui/PersonName";
import { verdictOf } from "@/wire/probe";
import { useDevices, useLevel } from "../shared/use_local";
import type { Probing } from "./use_probe";

interface Props {
  local: LocalMedia;
  state: LocalState;
  name: string;
}

export function Preview({ local, state, name }: Props) {
  const { t } = useText();
  const video = useRef<HTMLVideoElement>(null);
  const track = state.camera === "on" ? local.track("camera") : null;
  useEffect(() => {
    if (video.current) video.current.srcObject = track ? new MediaStream([track]) : null;
  }, [track]);
  const blocked =
    state.trouble !== null && state.microphone === "unavailable" && state.camera === "unavailable";
  return (
    <div className="preview stage">
      {track && <video ref={video} className="preview__video" autoPlay muted playsInline />}
      {!track && (
        <p className="preview__none">
          <VideoOff size={28} aria-hidden="true" />
          {blocked
            ? t("prejoin.blocked")
            : state.camera === "opening"
              ? t("prejoin.cameraStarting")
              : state.camera === "unavailable"
                ? t("prejoin.noCamera")
                : t("prejoin.cameraOff")}
        </p>
      )}
      {track && (
        <p className="plate preview__note">
          <Eye size={16} aria-hidden="true" /> {t("prejoin.preview")}
        </p>
      )}
      {name && !blocked && (
        <div className="plate preview__name">
          <PersonName name={name} />
        </div>
      )}
      {!blocked && (
        <div className="preview__controls">
          <StageSwitch
            on={state.microphone === "on"}
            label={t(state.microphone === "on" ? "prejoin.micOn" : "prejoin.micOff")}
            icon={state.microphone === "on" ? Mic : MicOff}
            onClick={() => void local.setMicrophone(state.microphone !== "on")}
          />
          <StageSwitch
            on={state.camera === "on"}
            label={t(state.camera === "on" ? "prejoin.cameraOn" : "prejoin.cameraOff")}
            icon={state.camera === "on" ? Video : VideoOff}
            onClick={() => void local.setCamera(state.camera !== "on")}
          />
        </div>
      )}
    </div>
  );
}

interface SwitchProps {
  on: boolean;
  label: string;
  icon: typeof Mic;
  onClick: () => void;
}

function StageSwitch({ on, label, icon: Icon, onClick }: SwitchProps) {
  return (
    <button
      type="button"
      className="stage-control"
      aria-pressed={on}
      data-off={!on || undefined}
      onClick={onClick}
    >
      <Icon size={24} aria-hidden="true" />
      <span>{label}</span>
    </button>
  );
}

export function DeviceRow({ local, state }: Omit<Props, "name">) {
  const { t } = useText();
  const devices = useDevices(state);
  const [chiming, setChiming] = useState(false);
  const options = (kind: keyof typeof devices) => {
    const found = devices[kind].map((device, index) => ({
      value: device.deviceId,
      label:
        device.label ||
        `${t(kind === "microphone" ? "prejoin.mic" : kind === "camera" ? "prejoin.camera" : "prejoin.speaker")} ${index + 1}`,
    }));
    return found.length > 0 ? found : [{ value: "", label: t("prejoin.defaultDevice") }];
  };
  const chosen = (kind: keyof typeof devices) => {
    const all = options(kind);
    const used = kind === "speaker" ? undefined : local.track(kind)?.getSettings().deviceId;
    const has = (id: string | undefined) => all.find((option) => option.value === id)?.value;
    return has(state.choice[kind]) ?? has(used) ?? all[0]?.value ?? "";
  };
  const camera = state.camera === "on" ? local.track("camera")?.getSettings() : undefined;
  return (
    <div className="device-row">
      <div>
        <Select
          label={t("prejoin.mic")}
          icon={Mic}
          value={chosen("microphone")}
          options={options("microphone")}
          onChange={(microphone) => void local.choose({ microphone })}
        />
        <LevelMeter
          track={state.microphone === "on" || state.microphone === "off" ? local.track("microphone") : null}
        />
      </div>
      <div>
        <Select
          label={t("prejoin.camera")}
          icon={Video}
          value={chosen("camera")}
          options={options("camera")}
          onChange={(next) => void local.choose({ camera: next })}
        />
        <p className="device-row__note num">
          {camera?.width
            ? t("prejoin.capture", {
                width: String(camera.width),
                height: String(camera.height ?? 0),
                fps: Math.round(camera.frameRate ?? 0),
              })
            : t("prejoin.cameraOff")}
        </p>
      </div>
      <div>
        <Select
          label={t("prejoin.speaker")}
          icon={Volume2}
          value={chosen("speaker")}
          options={options("speaker")}
          onChange={(speaker) => void local.choose({ speaker })}
        />
        <Button
          kind="text"
          size="small"
          icon={Play}
          busy={chiming}
          busyLabel={t("prejoin.chimePlaying")}
          onClick={() => {
            setChiming(true);
            void playChime(chosen("speaker")).finally(() => setChiming(false));
          }}
        >
          {t("prejoin.chime")}
        </Button>
      </div>
    </div>
  );
}

const SEGMENTS = 13;
const CLEAR = 0.35;
/** Once heard, the words stay while the person takes a breath. */
const HELD_MS = 3_000;

function LevelMeter({ track }: { track: MediaStreamTrack | null }) {
  const { t } = useText();
  const level = useLevel(track);
  const [clearAt, setClearAt] = useState(0);
  if (level > CLEAR && Date.now() - clearAt > 500) setClearAt(Date.now());
  const clear = Date.now() - clearAt < HELD_MS;
  const lit = Math.round(level * SEGMENTS);
  return (
    <div className="level">
      {/* biome-ignore lint/a11y/useSemanticElements: <meter> cannot be drawn as segments in every browser */}
      <div
        className="level__bar"
        role="meter"
        aria-label={t("prejoin.level")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(level * 100)}
      >
        {Array.from({ length: SEGMENTS }, (_, index) => (
          <span key={index} data-lit={index < lit || undefined} />
        ))}
      </div>
      <span>{t(clear ? "prejoin.level.clear" : "prejoin.level.quiet")}</span>
    </div>
  );
}

export function LineCard({ probing }: { probing: Probing }) {
  const { t, locale } = useText();
  const { result, state, again } = probing;
  const verdict = result ? verdictOf(result) : null;
  const well = verdict === "good" || verdict === "fair";
  const Icon = state === "running" ? RefreshCw : well ? CircleCheck : CircleAlert;
  const title =
    state === "running"
      ? t("prejoin.probe.running")
      : verdict
        ? t(`prejoin.probe.${verdict}`)
        : t("prejoin.probe.failed");
  const detail = result
    ? [
        t("prejoin.probe.down", { rate: rate(result.downBps, locale, t("app.second")) }),
        t("prejoin.probe.delay", { ms: Math.round(result.delayMs) }),
      ].join(" · ")
    : "";
  return (
    <section
      className="card card--dense line-card"
      data-well={well}
      data-running={state === "running" || undefined}
    >
      <Icon size={26} aria-hidden="true" />
      <div role="status">
        <p className="t-strong">{title}</p>
        <p className="t-dense t-2 num">
          {typeof RTCPeerConnection === "function" ? detail : t("prejoin.probe.noRtc")}
        </p>
      </div>
      <Button icon={RefreshCw} onClick={again} busy={state === "running"}>
        {t("prejoin.probe.again")}
      </Button>
    </section>
  );
}
