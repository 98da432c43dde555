// The single controls of the bar: own sources and the hand.
import { Hand, type LucideIcon, Mic, MicOff, Video, VideoOff } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "@/locales/text";
import { useController, useLocal, useRoom } from "../context";
import { handPlace, isLecturer } from "../select";

interface ToolProps {
  icon: LucideIcon;
  label: string;
  onPress: () => void;
  look?: "plain" | "active" | "hand" | "off";
  pressed?: boolean;
  badge?: ReactNode;
  wide?: boolean;
  shortcut?: string;
}

export function Tool({
  icon: Icon,
  label,
  onPress,
  look = "plain",
  pressed,
  badge,
  wide,
  shortcut,
}: ToolProps) {
  return (
    <button
      type="button"
      className={`stage-control${wide ? " stage-control--wide" : ""}`}
      data-active={look === "active" || undefined}
      data-hand={look === "hand" || undefined}
      data-off={look === "off" || undefined}
      aria-pressed={pressed}
      aria-keyshortcuts={shortcut}
      onClick={onPress}
    >
      <span className="stage-control__icon">
        <Icon size={24} aria-hidden="true" />
        {badge}
      </span>
      <span>{label}</span>
    </button>
  );
}

export function MicrophoneTool() {
  const { t } = useText();
  const controller = useController();
  const { microphone } = useLocal();
  const on = microphone === "on";
  const label = t(`room.mic.${microphone}`);
  return (
    <Tool
      icon={on ? Mic : MicOff}
      label={label}
      look={on ? "plain" : "off"}
      shortcut="M"
      onPress={() => void controller.toggleMicrophone()}
    />
  );
}

export function CameraTool() {
  const { t } = useText();
  const controller = useController();
  const { camera } = useLocal();
  const on = camera === "on";
  const label = t(`room.camera.${camera}`);
  return (
    <Tool
      icon={on ? Video : VideoOff}
      label={label}
      look={on ? "plain" : "off"}
      shortcut="V"
      onPress={() => void controller.toggleCamera()}
    />
  );
}

export function HandTool({ wide = false }: { wide?: boolean }) {
  const { t } = useText();
  const controller = useController();
  const place = useRoom((state) => handPlace(state, state.me));
  const hasFloor = useRoom((state) => state.floor.includes(state.me));
  const me = useRoom((state) => state.me);
  if (hasFloor) {
    return (
      <Tool
        icon={Hand}
        label={t("room.floor.done")}
        look="active"
        wide
        shortcut="H"
        onPress={() => void controller.do({ t: "take_floor", participant: me })}
      />
    );
  }
  return (
    <Tool
      icon={Hand}
      label={place > 0 ? t("room.hand.lowerPlace", { n: place }) : t("room.hand.raise")}
      look={place > 0 ? "hand" : "plain"}
      pressed={place > 0}
      wide={wide}
      shortcut="H"
      onPress={() => void controller.toggleHand()}
    />
  );
}

/** Screens can be shared by the lecturer, and by a student who has the floor; phones cannot. */
export function useMayShare(): boolean {
  const teaches = useRoom(isLecturer);
  const hasFloor = useRoom((state) => state.floor.includes(state.me));
  return (teaches || hasFloor) && typeof navigator.mediaDevices?.getDisplayMedia === "function";
}
