// The network badge in plain words: how the line is and why, from the browser's own numbers and the server's.
import { Headphones, Leaf, RefreshCw, WifiOff } from "lucide-react";
import type { Quality } from "@/call/quality";
import { type Translate, useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { percent } from "@/locales/when";
import { SignalBars } from "@/ui/SignalBars";
import type { RosterEntry } from "@/wire/protocol.gen";
import { useRoom } from "../context";
import type { RoomState } from "../state";

export type NetState = "good" | "fair" | "weak" | "lost" | "again" | "listen" | "saving" | "unknown";

export function netState(state: RoomState): NetState {
  const { level } = state.quality;
  if (state.lost !== null) return "lost";
  if (state.media === "broken") return "again";
  if (level === "weak") return "weak";
  if (state.saving) return "saving";
  if (state.listenOnly) return "listen";
  if (state.media !== "connected") return "unknown";
  if (state.profile.stills) return "weak";
  return level === "unknown" ? "good" : level;
}

/** "mất gói 9 %", "đường truyền chậm", "trễ cao"; empty on a good line. */
export function whyOf(t: Translate, locale: string, quality: Quality, narrow: boolean): string {
  const { reason, loss, lossUp, concealed } = quality;
  const worst = Math.max(loss, lossUp);
  if (reason === "loss" && worst < 0.01)
    return t("room.net.why.sound", { share: percent(concealed, locale) });
  if (reason === "loss") return t("room.net.why.loss", { share: percent(worst, locale) });
  if (reason === "slow" || narrow) return t("room.net.why.slow");
  return reason === "delay" ? t("room.net.why.delay") : "";
}

/** "Mạng yếu · mất gói 9 %"; a line that is merely not good says only what it lacks. */
export function netWords(t: Translate, net: NetState, why: string): string {
  if (why === "") return t(`room.net.${net}`);
  return net === "fair" ? capital(why) : `${t(`room.net.${net}`)} · ${why}`;
}

const capital = (words: string) => words.charAt(0).toLocaleUpperCase() + words.slice(1);

/** What somebody else's tile says of their line, as the server measured it; empty on a good one. */
export function troubleOf(t: Translate, { state, line }: RosterEntry): string {
  if (state !== "weak" && line === "") return "";
  if (line === "loss") return t("room.tile.loss");
  if (line === "narrow") return t("room.tile.slow");
  return line === "delay" ? t("room.tile.delay") : t("room.tile.weak");
}

/** What the own tile says while the line is not good; empty otherwise. */
export function useOwnTrouble(): string {
  const { t, locale } = useText();
  const net = useRoom(netState);
  const quality = useRoom((state) => state.quality);
  const narrow = useRoom((state) => state.profile.stills && state.profile.automatic);
  if (net === "again" || net === "lost") return t("room.net.again");
  if (net !== "weak" && net !== "fair") return "";
  return capital(whyOf(t, locale, quality, narrow)) || t(`room.net.${net}`);
}

const BARS = { good: 4, fair: 3, weak: 1, unknown: 2 } as const;

function NetIcon({ net }: { net: NetState }) {
  if (net === "lost") return <WifiOff size={18} aria-hidden="true" />;
  if (net === "again") return <RefreshCw size={18} aria-hidden="true" />;
  if (net === "listen") return <Headphones size={18} aria-hidden="true" />;
  if (net === "saving") return <Leaf size={18} aria-hidden="true" />;
  return <SignalBars full={BARS[net]} />;
}

/** A press shows the numbers behind it. */
export function NetChip({ short = false, onPress }: { short?: boolean; onPress: () => void }) {
  const { t, locale } = useText();
  const net = useRoom(netState);
  const quality = useRoom((state) => state.quality);
  const narrow = useRoom((state) => state.profile.stills && state.profile.automatic);
  const why = net === "weak" || net === "fair" ? whyOf(t, locale, quality, narrow) : "";
  const words = netWords(t, net, why);
  return (
    <button
      type="button"
      className={`chip chip--button chip--net-${net}`}
      aria-label={t("room.line.open", { state: words })}
      aria-haspopup="dialog"
      onClick={onPress}
    >
      <NetIcon net={net} /> {short ? t(`room.net.short.${net}` as TextKey) : words}
    </button>
  );
}
