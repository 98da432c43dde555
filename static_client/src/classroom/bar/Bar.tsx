// The bar below: own sources, hand, layout, panel, the rest under "Thêm"; end or leave apart at the right edge. One tab
// stop, arrows inside.
import {
  Hand,
  LayoutGrid,
  LogOut,
  MessageSquare,
  MonitorUp,
  Power,
  Presentation,
  UserRoundCheck,
  Users,
} from "lucide-react";
import { Toolbar } from "react-aria-components";
import { useText } from "@/locales/text";
import { clock, clockWithSeconds } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { Count } from "@/ui/Feedback";
import { PersonName } from "@/ui/PersonName";
import { NARROW, PHONE, useController, useLocal, useMedia, useRoom, useRoomNow } from "../context";
import type { Asked } from "../parts/Dialogs";
import { NetChip } from "../parts/net";
import { isLecturer, periodAt } from "../select";
import { type BarProps, More } from "./More";
import { CameraTool, HandTool, MicrophoneTool, Tool, useMayShare } from "./tools";

export function Bar(props: BarProps) {
  const { t } = useText();
  const phone = useMedia(PHONE);
  return (
    <footer className="bar">
      {!phone && <BarStart onAsk={props.onAsk} />}
      <Toolbar className="bar__tools" aria-label={t("room.bar")}>
        {phone ? <PhoneTools {...props} /> : <WideTools {...props} />}
      </Toolbar>
      {!phone && <BarEnd onAsk={props.onAsk} />}
    </footer>
  );
}

function BarStart({ onAsk }: { onAsk: (asked: Asked) => void }) {
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
      <NetChip short onPress={() => onAsk("line")} />
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
          label={first ? t("room.giveFloor") : t("room.people")}
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
