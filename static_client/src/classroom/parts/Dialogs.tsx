// The questions the classroom asks: end, leave, roll-call, devices, keys. One is open at a time.
import { Mic, Video, Volume2 } from "lucide-react";
import { useState } from "react";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { Button } from "@/ui/Button";
import { Select } from "@/ui/Choice";
import { Dialog } from "@/ui/Overlay";
import { useController, useLocal, useRoom } from "../context";
import { isLecturer } from "../select";
import { LineDialog } from "./LineDialog";
import { useDeviceNames } from "./use_device_names";

export type Asked = "end" | "leave" | "roll_call" | "devices" | "keys" | "line";

interface Props {
  asked: Asked | null;
  onClose: () => void;
}

export function Dialogs({ asked, onClose }: Props) {
  if (asked === "end") return <EndDialog onClose={onClose} />;
  if (asked === "leave") return <LeaveDialog onClose={onClose} />;
  if (asked === "roll_call") return <RollCallDialog onClose={onClose} />;
  if (asked === "devices") return <DevicesDialog onClose={onClose} />;
  if (asked === "line") return <LineDialog onClose={onClose} />;
  if (asked === "keys") return <KeysDialog onClose={onClose} />;
  return null;
}

interface OneProps {
  onClose: () => void;
}

function EndDialog({ onClose }: OneProps) {
  const { t } = useText();
  const controller = useController();
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    if (await controller.do({ t: "end_lesson" })) onClose();
    else setBusy(false);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("room.end.title")}
      actions={
        <>
          <Button onClick={onClose} autoFocus>
            {t("room.end.stay")}
          </Button>
          <Button kind="danger" busy={busy} onClick={() => void end()}>
            {t("room.end")}
          </Button>
        </>
      }
    >
      <p>{t("room.end.body")}</p>
    </Dialog>
  );
}

function LeaveDialog({ onClose }: OneProps) {
  const { t } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("room.leave.title")}
      actions={
        <>
          <Button onClick={onClose} autoFocus>
            {t("room.leave.stay")}
          </Button>
          <Button kind="danger" onClick={() => void controller.leave()}>
            {t("room.leave")}
          </Button>
        </>
      }
    >
      <p>{t(teaches ? "room.leave.teacher" : "room.leave.body")}</p>
    </Dialog>
  );
}

const WINDOWS_S = ["30", "60", "90", "120", "180"] as const;

function RollCallDialog({ onClose }: OneProps) {
  const { t } = useText();
  const controller = useController();
  const [seconds, setSeconds] = useState<(typeof WINDOWS_S)[number]>("90");
  const start = async () => {
    if (await controller.do({ t: "start_roll_call", window_s: Number(seconds) })) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("room.roll.start.title")}
      actions={
        <>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button kind="primary" onClick={() => void start()}>
            {t("room.roll.start.act")}
          </Button>
        </>
      }
    >
      <p>{t("room.roll.start.body", { s: seconds })}</p>
      <Select
        label={t("room.roll.window")}
        value={seconds}
        onChange={setSeconds}
        options={WINDOWS_S.map((value) => ({ value, label: t("room.roll.seconds", { n: value }) }))}
      />
    </Dialog>
  );
}

function DevicesDialog({ onClose }: OneProps) {
  const { t } = useText();
  const { local } = useController();
  const state = useLocal();
  const names = useDeviceNames();
  const icons = { microphone: Mic, camera: Video, speaker: Volume2 } as const;
  const labels = { microphone: "prejoin.mic", camera: "prejoin.camera", speaker: "prejoin.speaker" } as const;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("room.devices")}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t("app.close")}
        </Button>
      }
    >
      {(["microphone", "camera", "speaker"] as const).map((kind) => (
        <Select
          key={kind}
          label={t(labels[kind])}
          icon={icons[kind]}
          value={state.choice[kind]}
          onChange={(value) => void local.choose({ [kind]: value })}
          options={names[kind]}
        />
      ))}
    </Dialog>
  );
}

const KEYS: readonly [string, TextKey][] = [
  ["M", "room.keys.m"],
  ["V", "room.keys.v"],
  ["H", "room.keys.h"],
  ["C", "room.keys.c"],
  ["L", "room.keys.l"],
  ["S", "room.keys.s"],
  ["F", "room.keys.f"],
  ["1", "room.keys.1"],
  ["PgUp PgDn", "room.keys.page"],
  ["?", "room.keys.help"],
  ["Esc", "room.keys.esc"],
];

function KeysDialog({ onClose }: OneProps) {
  const { t } = useText();
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("room.keys.title")}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t("app.close")}
        </Button>
      }
    >
      <p>{t("room.keys.note")}</p>
      <dl className="keys">
        {KEYS.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>{t("room.keys.spaceKey")}</kbd>
          </dt>
          <dd>{t("room.keys.space")}</dd>
        </div>
      </dl>
    </Dialog>
  );
}
