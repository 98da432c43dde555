// The bar below: own sources, hand, layout, panel, the rest under "Thêm"; end or leave apart at the right edge. One tab
// stop, arrows inside.
import {
  Camera,
  Ellipsis,
  Hand,
  Headphones,
  Keyboard,
  Languages,
  LayoutGrid,
  LogOut,
  type LucideIcon,
  Maximize,
  MessageSquare,
  Mic,
  MicOff,
  MonitorUp,
  PauseCircle,
  PlayCircle,
  Power,
  Presentation,
  Settings2,
  UserRoundCheck,
  Users,
  Video,
  VideoOff,
} from "lucide-react";
import type { ReactNode } from "react";
import { Toolbar } from "react-aria-components";
import { useText } from "@/locales/text";
import { clock, clockWithSeconds } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { Count } from "@/ui/Feedback";
import { MenuButton, type MenuChoice } from "@/ui/Overlay";
import { PersonName } from "@/ui/PersonName";
import { NARROW, PHONE, useController, useLocal, useMedia, useRoom, useRoomNow } from "../context";
import type { PanelTab } from "../panel/Panel";
import type { Asked } from "../parts/Dialogs";
import { handPlace, isLecturer, periodAt } from "../select";
import type { Layout } from "../stage/Stage";

export interface BarProps {
  layout: Layout;
  onLayout: (layout: Layout) => void;
  onPanel: (tab: PanelTab) => void;
  onAsk: (asked: Asked) => void;
  onShare: () => void;
  onFullScreen: () => void;
}

export function Bar(props: BarProps) {
  const { t } = useText();
  const phone = useMedia(PHONE);
  return (
    <footer className="bar">
      {!phone && <BarStart />}
      <Toolbar className="bar__tools" aria-label={t("room.bar")}>
        {phone ? <PhoneTools {...props} /> : <WideTools {...props} />}
      </Toolbar>
      {!phone && <BarEnd onAsk={props.onAsk} />}
    </footer>
  );
}

function BarStart() {
  const { t } = useText();
  const teaches = useRoom(isLecturer);
  const me = useRoom((state) => state.people[state.me]);
  const state = useRoom((room) => room);
  const now = useRoomNow();
  if (!teaches) {
    return (
      <div className="bar__start">
        {me && <Avatar id={me.participant} name={me.name} size={40} />}
        <div className="bar__me">
          {me && <PersonName name={me.name} className="t-strong" />}
          <p className="t-small bar__quiet">{me?.code}</p>
        </div>
      </div>
    );
  }
  const period = periodAt(state, now * 1000);
  const words =
    period === null
      ? ""
      : period.kind === "period"
        ? t("room.periodLeft", { n: period.no, m: period.minutesLeft })
        : period.kind === "break"
          ? t("room.break", { n: period.no, time: clock(period.nextUs / 1000) })
          : period.kind === "before"
            ? t("room.beforePeriods", { time: clock(period.nextUs / 1000) })
            : t("room.afterPeriods");
  return (
    <div className="bar__start num">
      <div>
        <p>
          <time className="t-strong">{clockWithSeconds(now)}</time>{" "}
          <span className="bar__quiet">{t("app.gmt")}</span>
        </p>
        <p className="t-small bar__quiet">{words}</p>
      </div>
    </div>
  );
}

function BarEnd({ onAsk }: { onAsk: (asked: Asked) => void }) {
  const { t } = useText();
  const teaches = useRoom(isLecturer);
  const state = useRoom((room) => room.lesson?.state);
  const canEnd = teaches && (state === "live" || state === "suspended");
  return (
    <div className="bar__end">
      {canEnd ? (
        <button type="button" className="end-button" onClick={() => onAsk("end")}>
          <Power size={20} aria-hidden="true" /> <span>{t("room.end")}</span>
        </button>
      ) : (
        <button type="button" className="leave-button" onClick={() => onAsk("leave")}>
          <LogOut size={20} aria-hidden="true" /> <span>{t("room.leave")}</span>
        </button>
      )}
    </div>
  );
}

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

function Tool({ icon: Icon, label, onPress, look = "plain", pressed, badge, wide, shortcut }: ToolProps) {
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

function MicrophoneTool() {
  const { t } = useText();
  const controller = useController();
  const { microphone } = useLocal();
  const on = microphone === "on";
  const label = microphone === "unavailable" ? t("room.mic.none") : t(on ? "room.mic.on" : "room.mic.off");
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

function CameraTool() {
  const { t } = useText();
  const controller = useController();
  const { camera } = useLocal();
  const on = camera === "on";
  const label =
    camera === "unavailable" ? t("room.camera.none") : t(on ? "room.camera.on" : "room.camera.off");
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

function HandTool({ wide = false }: { wide?: boolean }) {
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
function useMayShare(): boolean {
  const teaches = useRoom(isLecturer);
  const hasFloor = useRoom((state) => state.floor.includes(state.me));
  return (teaches || hasFloor) && typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

function WideTools(props: BarProps) {
  const { t } = useText();
  const teaches = useRoom(isLecturer);
  const narrow = useMedia(NARROW);
  const live = useRoom((state) => state.lesson?.state === "live");
  const unread = useRoom((state) => state.unreadChat);
  const sharing = useLocal().screen === "on";
  const mayShare = useMayShare();
  const gallery = props.layout === "gallery";
  return (
    <>
      <MicrophoneTool />
      <CameraTool />
      {mayShare && (
        <Tool
          icon={MonitorUp}
          label={t(sharing ? "room.share.stop" : "room.share")}
          look={sharing ? "active" : "plain"}
          shortcut="S"
          onPress={props.onShare}
        />
      )}
      {!teaches && <HandTool wide />}
      {narrow && (
        <>
          <Tool
            icon={MessageSquare}
            label={t("room.chat")}
            badge={unread > 0 ? <Count value={unread} waiting /> : null}
            shortcut="C"
            onPress={() => props.onPanel("chat")}
          />
          <Tool icon={Users} label={t("room.people")} shortcut="L" onPress={() => props.onPanel("people")} />
        </>
      )}
      {teaches && live && (
        <Tool icon={UserRoundCheck} label={t("room.rollCall")} onPress={() => props.onAsk("roll_call")} />
      )}
      <Tool
        icon={gallery ? LayoutGrid : Presentation}
        label={t(gallery ? "room.layout.gallery" : "room.layout.stage")}
        look={gallery ? "active" : "plain"}
        pressed={gallery}
        onPress={() => props.onLayout(gallery ? "stage" : "gallery")}
      />
      <More {...props} />
    </>
  );
}

function PhoneTools(props: BarProps) {
  const { t } = useText();
  const controller = useController();
  const teaches = useRoom(isLecturer);
  const hands = useRoom((state) => state.hands);
  const first = hands[0];
  return (
    <>
      <CameraTool />
      <MicrophoneTool />
      {teaches ? (
        <Tool
          icon={Hand}
          label={first ? t("room.giveFloor") : t("room.hands")}
          look={first ? "hand" : "plain"}
          wide
          badge={hands.length > 0 ? <Count value={hands.length} /> : null}
          onPress={() =>
            first
              ? void controller.do({ t: "give_floor", participant: first.participant })
              : props.onPanel("people")
          }
        />
      ) : (
        <HandTool wide />
      )}
      <More {...props} phone />
    </>
  );
}

function More({
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
  const listening = useRoom((room) => room.listenOnly);
  const mayShare = useMayShare();
  const live = state === "live";
  const choices: (MenuChoice | false)[] = [
    teaches && live && { id: "suspend", label: t("room.suspend"), icon: PauseCircle },
    teaches && state === "suspended" && { id: "resume", label: t("room.resume"), icon: PlayCircle },
    teaches && live && { id: "screenshot", label: t("room.screenshot"), icon: Camera },
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
    else if (id === "share") onShare();
    else if (id === "layout") onLayout(layout === "gallery" ? "stage" : "gallery");
    else if (id === "listen") controller.setListenOnly(!listening);
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
