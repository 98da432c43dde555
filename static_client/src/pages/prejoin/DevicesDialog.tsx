// A lecturer's further devices: makes a key for an encoder (WHIP) or a screen (WHEP), shows it once, takes keys back.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Check, Copy, Monitor, RadioTower, Trash2, TriangleAlert, Video } from "lucide-react";
import { useState } from "react";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clock } from "@/locales/when";
import { Button, IconButton } from "@/ui/Button";
import { CardChoice, Checkbox } from "@/ui/Choice";
import { Badge, Banner } from "@/ui/Feedback";
import { Dialog } from "@/ui/Overlay";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { DeviceKey, DeviceKeyMade } from "@/wire/protocol.gen";

type Purpose = "camera" | "screen";

export function DevicesButton({ lesson }: { lesson: string }) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="text" size="small" icon={RadioTower} onClick={() => setOpen(true)}>
        {t("devices.open")}
      </Button>
      {open && <DevicesDialog lesson={lesson} onClose={() => setOpen(false)} />}
    </>
  );
}

function DevicesDialog({ lesson, onClose }: { lesson: string; onClose: () => void }) {
  const { t } = useText();
  const [purpose, setPurpose] = useState<Purpose>("camera");
  const [sound, setSound] = useState(false);
  const keys = useQuery({
    queryKey: ["devices", lesson],
    queryFn: ({ signal }) => api.devices(lesson, signal),
    refetchInterval: 5_000,
  });
  const making = useMutation({
    mutationFn: () => api.makeDevice(lesson, { purpose, sound: sound && purpose === "camera" }),
    onSettled: () => void keys.refetch(),
  });
  const taking = useMutation({
    mutationFn: (device: string) => api.revokeDevice(lesson, device),
    onSettled: () => void keys.refetch(),
  });
  const failed = making.error ?? taking.error ?? keys.error;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t("devices.title")}
      actions={
        <>
          <Button onClick={onClose}>{t("devices.close")}</Button>
          <Button kind="primary" busy={making.isPending} onClick={() => making.mutate()}>
            {t("devices.make")}
          </Button>
        </>
      }
    >
      <div className="devices">
        <CardChoice<Purpose>
          label={t("devices.purpose")}
          value={purpose}
          onChange={setPurpose}
          options={[
            { value: "camera", icon: Video, label: t("devices.camera"), detail: t("devices.camera.detail") },
            {
              value: "screen",
              icon: Monitor,
              label: t("devices.screen"),
              detail: t("devices.screen.detail"),
            },
          ]}
        />
        {purpose === "camera" && (
          <Checkbox checked={sound} onChange={setSound}>
            {t("devices.sound")}
          </Checkbox>
        )}
        {failed && <Banner tone="alarm" icon={TriangleAlert} title={problemText(t, asProblem(failed))} />}
        {making.data && <Made key={making.data.device.id} made={making.data} />}
        {keys.data && keys.data.devices.length > 0 && (
          <ul className="devices__keys" aria-label={t("devices.keys")}>
            {keys.data.devices.map((device) => (
              <Key key={device.id} device={device} onRevoke={() => taking.mutate(device.id)} />
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

function Made({ made }: { made: DeviceKeyMade }) {
  const { t } = useText();
  return (
    <section className="card card--dense devices__made" aria-label={t("devices.made")}>
      <p className="t-strong">{t("devices.made")}</p>
      <Copyable label={t("devices.url")} text={made.url} />
      <Copyable label={t("devices.key")} text={made.key} />
      <p className="t-small t-2">{t("devices.once")}</p>
    </section>
  );
}

function Copyable({ label, text }: { label: string; text: string }) {
  const { t } = useText();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <div className="devices__copy">
      <span className="t-small t-2">{label}</span>
      <code className="devices__text">{text}</code>
      <Button size="small" icon={copied ? Check : Copy} onClick={() => void copy()}>
        {t(copied ? "devices.copied" : "devices.copy")}
      </Button>
    </div>
  );
}

function Key({ device, onRevoke }: { device: DeviceKey; onRevoke: () => void }) {
  const { t } = useText();
  const name = t(device.purpose === "camera" ? "devices.camera" : "devices.screen");
  return (
    <li className="devices__row">
      <span>
        {name} <span className="t-dense t-2 num">{clock(device.created_us / 1000)}</span>
      </span>
      <Badge tone={device.since_us === null ? "neutral" : "ok"}>
        {device.since_us === null ? t("devices.off") : t("devices.on", { at: clock(device.since_us / 1000) })}
      </Badge>
      <IconButton icon={Trash2} label={t("devices.revoke", { name })} onClick={onRevoke} />
    </li>
  );
}
