// The numbers behind the network badge, and the switch for lines that are narrow or dear.
import type { PathFacts } from "@/call/path_facts";
import { type Translate, useText } from "@/locales/text";
import { bytes, percent, rate } from "@/locales/when";
import { Button } from "@/ui/Button";
import { Checkbox } from "@/ui/Choice";
import { Dialog } from "@/ui/Overlay";
import { useController, useRoom } from "../context";
import { type NetState, netState, netWords, whyOf } from "./net";

const SENTENCE = {
  loss: "room.line.loss",
  slow: "room.line.slow",
  delay: "room.line.delay",
  "": "room.line.good",
} as const;

export function LineDialog({ onClose }: { onClose: () => void }) {
  const { t, locale } = useText();
  const controller = useController();
  const net = useRoom(netState);
  const quality = useRoom((state) => state.quality);
  const saving = useRoom((state) => state.saving);
  const narrow = useRoom((state) => state.profile.stills && state.profile.automatic);
  const { facts, rttMs } = quality;
  const why = net === "weak" || net === "fair" ? whyOf(t, locale, quality, narrow) : "";
  const speed = (bps: number) => rate(bps, locale, t("app.second"));
  const rows: [string, string][] = [
    [t("room.line.path"), pathWords(t, facts)],
    [
      t("room.line.rtt"),
      rttMs === null ? t("room.line.unknown") : t("room.line.ms", { n: Math.round(rttMs) }),
    ],
    [t("room.line.lossDown"), percent(quality.loss, locale)],
    [t("room.line.lossUp"), percent(quality.lossUp, locale)],
    [t("room.line.concealed"), percent(quality.concealed, locale)],
    [t("room.line.down"), speed(quality.downBps)],
    [t("room.line.up"), speed(quality.upBps)],
    [t("room.line.picture"), pictureWords(t, facts)],
    [t("room.line.used"), bytes(quality.bytes, locale)],
  ];
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("room.line")}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t("app.close")}
        </Button>
      }
    >
      <div>
        <p className="line__state">{netWords(t, net, why)}</p>
        <p>{t(sentenceOf(net, narrow ? "slow" : quality.reason))}</p>
      </div>
      <dl className="line num">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Checkbox checked={saving} onChange={(on) => controller.setSaving(on)}>
        {t("room.saving")}: {t("room.saving.detail").toLocaleLowerCase(locale)}
      </Checkbox>
    </Dialog>
  );
}

function sentenceOf(net: NetState, reason: keyof typeof SENTENCE) {
  return net === "again" || net === "lost" ? "room.line.again" : SENTENCE[reason];
}

function pathWords(t: Translate, { protocol, relayed, family }: PathFacts): string {
  if (protocol === null) return t("room.line.unknown");
  const words = t(relayed ? "room.line.relayed" : "room.line.direct", { protocol: protocol.toUpperCase() });
  return family === null ? words : `${words} · IPv${family}`;
}

function pictureWords(t: Translate, { picture }: PathFacts): string {
  return picture
    ? t("room.line.pictureOf", {
        width: String(picture.width),
        height: String(picture.height),
        fps: picture.fps,
      })
    : t("room.line.noPicture");
}
