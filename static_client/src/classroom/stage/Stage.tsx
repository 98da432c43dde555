// The centre of the classroom: a shared screen, the lecturer, or the class. The largest thing on every screen, and nothing
// floats over it.
import { Clock, MonitorUp, PauseCircle, UserRound, WifiOff } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { useText } from "@/locales/text";
import { clock } from "@/locales/when";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/Feedback";
import type { RosterEntry } from "@/wire/protocol.gen";
import { useController, useLocal, useRoom, useStream } from "../context";
import { isHere, isLecturer, lecturerOf, screenOwner } from "../select";
import { Gallery } from "./Gallery";
import { Tile, useShownTile, Video } from "./Tile";

export type Layout = "stage" | "gallery";

/** Whether the stage shows the class as equal tiles: by choice, or because who teaches has nothing larger to look at. */
export function useGalleryShown(layout: Layout): boolean {
  const sharing = useLocal().screen === "on";
  const hasOther = useRoom((state) => screenOwner(state) !== null);
  const waits = useRoom((state) => ["lobby", "scheduled"].includes(state.lesson?.state ?? "lobby"));
  const teaches = useRoom(isLecturer);
  return layout === "gallery" || (teaches && !sharing && !hasOther && !waits);
}

export function Stage({ layout }: { layout: Layout }) {
  const { t } = useText();
  const owner = useRoom(screenOwner);
  const me = useRoom((state) => state.me);
  const sharing = useLocal().screen === "on";
  const state = useRoom((room) => room.lesson?.state ?? "lobby");
  const lecturer = useRoom(lecturerOf);
  const shown = sharing ? me : (owner?.participant ?? null);
  const gallery = useGalleryShown(layout);
  const label = gallery ? t("room.stage.gallery") : t("room.stage");
  let content: ReactNode;
  if (gallery) content = <Gallery />;
  else if (shown === me && sharing) content = <OwnScreen />;
  else if (owner && owner.participant !== me) content = <Screen owner={owner} />;
  else if (state === "lobby" || state === "scheduled") content = <Lobby />;
  else content = <LecturerStage lecturer={lecturer} />;
  return (
    <section id="stage" className="room-stage" tabIndex={-1} aria-label={label}>
      {content}
    </section>
  );
}

/** Whether the lecturer already has the large place, so that the side column need not show them again. */
export function lecturerIsLarge(layout: Layout, hasScreen: boolean): boolean {
  return layout === "gallery" || !hasScreen;
}

function Screen({ owner }: { owner: RosterEntry }) {
  const { t } = useText();
  const box = useRef<HTMLDivElement>(null);
  useShownTile(box, owner.participant, "screen", true);
  const stream = useStream(owner.participant, "screen");
  return (
    <div className="fit">
      <div
        ref={box}
        className="fit__box screen"
        role="img"
        aria-label={t("room.tile.screen", { name: owner.name })}
      >
        {stream ? (
          <Video stream={stream} whole />
        ) : (
          <p className="screen__waiting">{t("room.screen.opening")}</p>
        )}
      </div>
    </div>
  );
}

function OwnScreen() {
  const { t } = useText();
  const controller = useController();
  const track = controller.local.track("screen");
  return (
    <div className="fit">
      <div className="fit__box screen screen--own">
        {track && <Video track={track} whole />}
        <div className="screen__note">
          <MonitorUp size={20} aria-hidden="true" />
          <div>
            <p className="t-strong">{t("room.stage.sharingSelf")}</p>
            <p className="t-dense">{t("room.stage.sharingSelf.detail")}</p>
          </div>
          <Button size="small" onClick={() => void controller.toggleScreen()}>
            {t("room.share.stop")}
          </Button>
        </div>
      </div>
    </div>
  );
}

function Lobby() {
  const { t } = useText();
  const teaches = useRoom(isLecturer);
  const counts = useRoom((state) => state.counts);
  const me = useRoom((state) => state.me);
  return (
    <div className="fit">
      <div className="fit__box lobby">
        <div className="lobby__self">
          <Tile participant={me} />
        </div>
        <div className="lobby__words">
          <Clock size={28} aria-hidden="true" />
          <h2 className="t-heading">{t("room.stage.lobby")}</h2>
          <p>
            {teaches
              ? t("room.stage.lobby.lecturer", { present: counts.present, enrolled: counts.enrolled })
              : t("room.stage.lobby.student")}
          </p>
        </div>
      </div>
    </div>
  );
}

function LecturerStage({ lecturer }: { lecturer: RosterEntry | null }) {
  const { t } = useText();
  const suspended = useRoom((state) => state.lesson?.state === "suspended");
  if (lecturer?.presence === "lost") {
    const at = lecturer.since_us === null ? "" : clock(lecturer.since_us / 1000);
    return (
      <Notice icon={WifiOff} title={t("room.stage.lecturerLost", { at })}>
        {t("room.stage.lecturerLost.detail")}
      </Notice>
    );
  }
  if (!lecturer || !isHere(lecturer)) {
    return (
      <Notice icon={UserRound} title={t("room.stage.noLecturer")}>
        {t("room.stage.noLecturer.detail")}
      </Notice>
    );
  }
  if (suspended && !lecturer.camera) {
    return (
      <Notice icon={PauseCircle} title={t("room.stage.suspended")}>
        {t("room.stage.suspended.detail")}
      </Notice>
    );
  }
  return (
    <div className="fit">
      <div className="fit__box">
        <Tile participant={lecturer.participant} large />
      </div>
    </div>
  );
}

function Notice({ icon, title, children }: { icon: typeof Clock; title: string; children: ReactNode }) {
  return (
    <div className="fit">
      <div className="fit__box stage-notice">
        <EmptyState icon={icon} title={title}>
          {children}
        </EmptyState>
      </div>
    </div>
  );
}
