// "Thêm": what is used now and then, as a list.
import {
  Activity,
  Camera,
  Ellipsis,
  EyeOff,
  FileLock2,
  Headphones,
  Keyboard,
  Languages,
  LayoutGrid,
  Leaf,
  LogOut,
  Maximize,
  MonitorUp,
  PauseCircle,
  PlayCircle,
  Power,
  Presentation,
  Settings2,
  UserRoundCheck,
} from "lucide-react";
import { useText } from "@/locales/text";
import { MenuButton, type MenuChoice } from "@/ui/Overlay";
import { useController, useRoom } from "../context";
import type { PanelTab } from "../panel/Panel";
import type { Asked } from "../parts/Dialogs";
import { isLecturer } from "../select";
import type { Layout } from "../stage/Stage";
import { useMayShare } from "./tools";

export interface BarProps {
  layout: Layout;
  onLayout: (layout: Layout) => void;
  onPanel: (tab: PanelTab) => void;
  onAsk: (asked: Asked) => void;
  onShare: () => void;
  onFullScreen: () => void;
}

export function More({
  layout,
  onLayout,
  onAsk,
  onFullScreen,
  onShare,
  phone = false,
}: BarProps & { phone?: boolean }) {
  const { t, locale, setLocale } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  const state = useRoom((room) => room.lesson?.state);
  const visibility = useRoom((room) => room.visibility.mode);
  const listening = useRoom((room) => room.listenOnly);
  const saving = useRoom((room) => room.saving);
  const mayShare = useMayShare();
  const live = state === "live";
  const choices: (MenuChoice | false)[] = [
    teaches && live && { id: "suspend", label: t("room.suspend"), icon: PauseCircle },
    teaches && state === "suspended" && { id: "resume", label: t("room.resume"), icon: PlayCircle },
    teaches && live && { id: "screenshot", label: t("room.screenshot"), icon: Camera },
    teaches && {
      id: "staff_cameras",
      label: t("room.visibility.staffCameras"),
      detail: t("room.visibility.staffCameras.hint"),
      icon: EyeOff,
      checked: visibility === "staff_cameras",
    },
    teaches && {
      id: "exam",
      label: t("room.visibility.exam"),
      detail: t("room.visibility.exam.hint"),
      icon: FileLock2,
      checked: visibility === "exam",
    },
    phone && teaches && live && { id: "roll_call", label: t("room.rollCall"), icon: UserRoundCheck },
    phone && mayShare && { id: "share", label: t("room.share"), icon: MonitorUp },
    phone && {
      id: "layout",
      label: t(layout === "gallery" ? "room.layout.stage" : "room.layout.gallery"),
      icon: layout === "gallery" ? Presentation : LayoutGrid,
    },
    { id: "devices", label: t("room.devices"), icon: Settings2 },
    !teaches && {
      id: "listen",
      label: t(listening ? "room.listenOnly.off" : "room.listenOnly"),
      icon: Headphones,
      checked: listening,
    },
    {
      id: "saving",
      label: t("room.saving"),
      detail: t("room.saving.detail"),
      icon: Leaf,
      checked: saving,
    },
    { id: "line", label: t("room.line"), icon: Activity },
    {
      id: "full_screen",
      label: t(document.fullscreenElement ? "room.exitFullScreen" : "room.fullScreen"),
      icon: Maximize,
    },
    { id: "language", label: locale === "vi" ? "English" : "Tiếng Việt", icon: Languages },
    !phone && { id: "keys", label: t("room.keys"), icon: Keyboard },
    (phone || (teaches && (live || state === "suspended"))) && {
      id: "leave",
      label: t("room.leave"),
      icon: LogOut,
    },
    phone &&
      teaches &&
      (live || state === "suspended") && { id: "end", label: t("room.end"), icon: Power, danger: true },
  ];
  const choose = (id: string) => {
    if (id === "suspend") void controller.do({ t: "suspend_lesson" });
    else if (id === "resume") void controller.do({ t: "resume_lesson" });
    else if (id === "screenshot") void controller.takeScreenshot();
    else if (id === "staff_cameras" || id === "exam")
      void controller.do({ t: "set_visibility", mode: visibility === id ? "open" : id });
    else if (id === "share") onShare();
    else if (id === "layout") onLayout(layout === "gallery" ? "stage" : "gallery");
    else if (id === "listen") controller.setListenOnly(!listening);
    else if (id === "saving") controller.setSaving(!saving);
    else if (id === "full_screen") onFullScreen();
    else if (id === "language") setLocale(locale === "vi" ? "en" : "vi");
    else onAsk(id as Asked);
  };
  return (
    <MenuButton
      label={t("room.more")}
      className="stage-control"
      choices={choices.filter((choice) => choice !== false)}
      onChoose={choose}
    >
      <Ellipsis size={24} aria-hidden="true" />
      <span>{t("room.more")}</span>
    </MenuButton>
  );
}
