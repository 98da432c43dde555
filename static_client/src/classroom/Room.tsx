// The classroom while one is in it: strip, banner, stage, panel, bar, and what is asked above them.
import { useCallback, useEffect, useRef, useState } from "react";
import { useText } from "@/locales/text";
import { Drawer } from "@/ui/Overlay";
import { useToast } from "@/ui/Toast";
import { Bar } from "./bar/Bar";
import { NARROW, PHONE, useController, useLocal, useMedia, useRoom } from "./context";
import type { Deed } from "./keys";
import { Panel, type PanelTab } from "./panel/Panel";
import { Announcer } from "./parts/Announcer";
import { Banners } from "./parts/Banners";
import { type Asked, Dialogs } from "./parts/Dialogs";
import { PhoneSpeaker } from "./parts/PhoneSpeaker";
import { Prompts } from "./parts/Prompts";
import { RollCallCard } from "./parts/RollCallCard";
import { Strip } from "./parts/Strip";
import { isLecturer, lecturerOf, screenOwner } from "./select";
import { GalleryProvider, useGallery } from "./stage/gallery_state";
import { SpeakerRow } from "./stage/SpeakerRow";
import { type Layout, Stage, useGalleryShown } from "./stage/Stage";
import { Tile } from "./stage/Tile";
import { useKeys, useWakeLock } from "./use_keys";

export function Room() {
  const [layout, setLayout] = useState<Layout>("stage");
  const gallery = useGalleryShown(layout);
  return (
    <GalleryProvider active={gallery}>
      <RoomBody layout={layout} setLayout={setLayout} />
    </GalleryProvider>
  );
}

function RoomBody({ layout, setLayout }: { layout: Layout; setLayout: (layout: Layout) => void }) {
  const { t } = useText();
  const gallery = useGallery();
  const controller = useController();
  const toast = useToast();
  const phone = useMedia(PHONE);
  const narrow = useMedia(NARROW);
  const teaches = useRoom(isLecturer);
  const sharing = useLocal().screen === "on";
  const hasScreen = useRoom((state) => screenOwner(state) !== null) || sharing;
  const lecturer = useRoom((state) => lecturerOf(state)?.participant ?? null);
  const rollCall = useRoom((state) => state.rollCall !== null);
  const [tab, setTab] = useState<PanelTab>(teaches ? "people" : "chat");
  const [drawer, setDrawer] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  useWakeLock();
  useScreenshotToast();

  const share = useCallback(async () => {
    const wasSharing = controller.local.state.screen === "on";
    if (!(await controller.toggleScreen()) && !wasSharing)
      toast({ tone: "bad", text: t("room.share.failed") });
  }, [controller, toast, t]);
  const fullScreen = useCallback(() => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen().catch(() => undefined);
  }, []);
  const showPanel = (next: PanelTab) => {
    setTab(next);
    if (narrow && !phone) setDrawer(true);
    else if (next === "chat") setTimeout(() => document.getElementById("composer")?.focus(), 0);
  };
  const run = (deed: Deed) => {
    if (deed === "microphone") void controller.toggleMicrophone();
    else if (deed === "camera") void controller.toggleCamera();
    else if (deed === "hand" && !teaches) void controller.toggleHand();
    else if (deed === "chat" || deed === "people") showPanel(deed);
    else if (deed === "share" && (teaches || sharing)) void share();
    else if (deed === "full_screen") fullScreen();
    else if (deed === "help") setAsked("keys");
    else if (deed === "answer") answerRollCall(controller);
    else if (deed === "page_next" || deed === "page_before") gallery.turn(deed === "page_next" ? 1 : -1);
  };
  useKeys(controller, run);

  const panel = <Panel tab={tab} onTab={setTab} onRollCall={() => setAsked("roll_call")} />;
  const sideTile = !phone && !narrow && !teaches && hasScreen && layout === "stage" && lecturer !== null;
  const columnHidden = layout === "gallery" && !phone;
  return (
    <div
      className="room stage"
      data-role={teaches ? "lecturer" : "student"}
      data-gallery={gallery.active || undefined}
    >
      <a className="skip-link" href="#stage">
        {t("room.skipToStage")}
      </a>
      <Strip onLine={() => setAsked("line")} />
      <Banners />
      <div className="room__middle" data-alone={narrow || columnHidden || undefined}>
        <main className="room__stage">
          <Stage layout={layout} />
          {!phone && <RollCallCard />}
          {!phone && !rollCall && layout === "stage" && hasScreen && <SpeakerRow />}
        </main>
        {phone && <PhoneSpeaker onFullScreen={fullScreen} shows={!gallery.active} />}
        {(phone || (!narrow && !columnHidden)) && (
          <aside className="room__side light">
            {sideTile && (
              <div className="room__side-tile stage">
                <Tile participant={lecturer} large />
              </div>
            )}
            {phone && <RollCallCard />}
            {panel}
          </aside>
        )}
      </div>
      <Bar
        layout={layout}
        onLayout={setLayout}
        onPanel={showPanel}
        onAsk={setAsked}
        onShare={() => void share()}
        onFullScreen={fullScreen}
      />
      {narrow && !phone && (
        <Drawer
          open={drawer}
          onClose={() => setDrawer(false)}
          title={t(tab === "chat" ? "room.chat" : "room.people")}
          closeLabel={t("room.closePanel")}
        >
          <div className="room__drawer">{panel}</div>
        </Drawer>
      )}
      <Prompts />
      <Dialogs asked={asked} onClose={() => setAsked(null)} />
      <Announcer />
    </div>
  );
}

function answerRollCall(controller: ReturnType<typeof useController>) {
  const { rollCall, role } = controller.store.state;
  if (rollCall && role === "student" && !rollCall.answered_by_me) {
    void controller.do({ t: "answer_roll_call", roll_call: rollCall.roll_call });
  }
}

/** Pictures are also taken by themselves; only one asked for a moment ago is announced. */
const OWN_SCREENSHOT_MS = 15_000;

function useScreenshotToast() {
  const { t } = useText();
  const toast = useToast();
  const taken = useRoom((state) => state.screenshots);
  const controller = useController();
  const before = useRef(taken);
  useEffect(() => {
    const mine = Date.now() - controller.screenshotAskedAt < OWN_SCREENSHOT_MS;
    if (taken > before.current && mine) toast({ text: t("room.screenshot.taken", { n: taken }) });
    before.current = taken;
  }, [taken, toast, t, controller]);
}
