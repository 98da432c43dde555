// One person's picture: 16:9, name plate lower left, state upper right; initials when there is no picture.
import { Hand, Headphones, Mic, MicOff, Pin, RefreshCw, WifiOff } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useText } from "@/locales/text";
import { stretch } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { PersonName } from "@/ui/PersonName";
import { SignalBars } from "@/ui/SignalBars";
import type { RosterEntry } from "@/wire/protocol.gen";
import { useController, useLocal, usePerson, useRoom, useRoomNow, useStream } from "../context";
import { troubleOf, useOwnTrouble } from "../parts/net";
import { isHeard, reach } from "../reach";
import { handPlace } from "../select";
import { wordBefore } from "../who";
import { Wave } from "./Wave";

interface TileProps {
  participant: string;
  /** "Giảng viên" in the corner of the gallery. */
  pinned?: boolean;
  large?: boolean;
  /** Decorative double of a tile shown elsewhere is never made; every tile is named. */
  className?: string;
}

export function Tile({ participant, pinned = false, large = false, className }: TileProps) {
  const { t } = useText();
  const person = usePerson(participant);
  const isMe = useRoom((state) => state.me === participant);
  const speaking = useRoom((state) => isHeard(state, participant));
  const place = useRoom((state) => handPlace(state, participant));
  const lost = useRoom((state) => state.lost !== null);
  const box = useRef<HTMLElement>(null);
  const showsPicture = useShownTile(box, participant, "camera", person?.camera === true && !isMe);
  if (!person) return null;
  const said = [
    wordBefore(t, person),
    person.name,
    isMe ? t("room.me") : "",
    person.microphone ? t("room.list.micOn") : t("room.list.micOff"),
    speaking ? t("room.tile.speaking") : "",
    place > 0 ? t("room.tile.handUp", { n: place }) : "",
  ]
    .filter(Boolean)
    .join(", ");
  return (
    <figure
      ref={box}
      className={`tile ${className ?? ""}`}
      data-speaking={speaking || undefined}
      data-large={large || undefined}
      data-lost={lost || undefined}
      aria-label={said}
    >
      {isMe ? <OwnPicture person={person} /> : <Picture person={person} wanted={showsPicture} />}
      {lost && !isMe && (
        <p className="tile__waiting">
          <RefreshCw size={24} aria-hidden="true" />
          {t("room.tile.waiting")}
        </p>
      )}
      <figcaption className="plate tile__plate" aria-hidden="true">
        {speaking ? (
          <Wave />
        ) : person.microphone ? (
          <Mic size={16} />
        ) : (
          <MicOff size={16} className="tile__muted" />
        )}
        <PersonName
          name={person.name}
          title={large || person.role === "device" ? wordBefore(t, person) : undefined}
          after={isMe ? t("room.me") : undefined}
        />
      </figcaption>
      <Corner person={person} place={place} pinned={pinned} />
    </figure>
  );
}

function Picture({ person, wanted }: { person: RosterEntry; wanted: boolean }) {
  const { t } = useText();
  const stream = useStream(person.participant, "camera");
  const present = person.presence === "present";
  const why = useRoom((state) => reach(state, person.participant).why);
  if (wanted && present && stream) {
    // Until the first picture arrives the video is transparent and the initials show.
    return (
      <>
        <Initials person={person} />
        <Video stream={stream} />
      </>
    );
  }
  const missing = person.camera && present && wanted;
  return <Initials person={person}>{missing ? t(why ?? "room.tile.noVideo") : null}</Initials>;
}

function OwnPicture({ person }: { person: RosterEntry }) {
  const { local } = useController();
  const { camera } = useLocal();
  const track = camera === "on" ? local.track("camera") : null;
  return track ? <Video track={track} mirrored /> : <Initials person={person} />;
}

function Initials({ person, children }: { person: RosterEntry; children?: ReactNode }) {
  return (
    <div className="tile__initials">
      <Avatar id={person.participant} name={person.name} size={72} />
      {children && <p>{children}</p>}
    </div>
  );
}

interface VideoProps {
  stream?: MediaStream;
  track?: MediaStreamTrack;
  mirrored?: boolean;
  whole?: boolean;
}

/** A picture without sound: sound is played by the call. */
export function Video({ stream, track, mirrored = false, whole = false }: VideoProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const node = video.current;
    if (!node) return;
    node.srcObject = track ? new MediaStream([track]) : (stream ?? null);
    return () => {
      node.srcObject = null;
    };
  }, [stream, track]);
  return (
    <video
      ref={video}
      className="tile__video"
      data-mirrored={mirrored || undefined}
      data-whole={whole || undefined}
      autoPlay
      muted
      playsInline
    />
  );
}

function Corner({ person, place, pinned }: { person: RosterEntry; place: number; pinned: boolean }) {
  const { t } = useText();
  const isMe = useRoom((state) => state.me === person.participant);
  const own = useOwnTrouble();
  if (person.presence === "lost") return <LostFor since={person.since_us} />;
  if (place > 0) {
    return (
      <span className="tile__corner tile__corner--hand num" aria-hidden="true">
        <Hand size={16} /> {place}
      </span>
    );
  }
  const trouble = isMe ? own : troubleOf(t, person);
  if (trouble !== "") {
    return (
      <span className="tile__corner tile__corner--weak">
        <SignalBars full={person.state === "weak" ? 1 : 2} size={16} /> {trouble}
      </span>
    );
  }
  if (person.state === "listening_only") {
    return (
      <span className="tile__corner">
        <Headphones size={16} aria-hidden="true" /> {t("room.tile.listening")}
      </span>
    );
  }
  if (!pinned) return null;
  return (
    <span className="tile__corner">
      <Pin size={16} aria-hidden="true" /> {t("room.tile.lecturer")}
    </span>
  );
}

function LostFor({ since }: { since: number | null }) {
  const { t } = useText();
  const now = useRoomNow();
  const seconds = since === null ? 0 : Math.min(90, (now - since / 1000) / 1000);
  return (
    <span className="tile__corner tile__corner--lost num">
      <WifiOff size={16} aria-hidden="true" /> {t("room.tile.lost", { time: stretch(seconds) })}
    </span>
  );
}

/** Reports the element's size in device pixels while it is on the screen and `wanted`; answers whether it is wanted. */
export function useShownTile(
  box: React.RefObject<HTMLElement | null>,
  participant: string,
  role: "camera" | "screen",
  wanted: boolean,
): boolean {
  const { view } = useController();
  const faceless = useRoom((state) => state.listenOnly || state.saving);
  const shown = wanted && !(faceless && role === "camera");
  useEffect(() => {
    const node = box.current;
    if (!node || !shown) return;
    const watch = new ResizeObserver(() => {
      const { width, height } = node.getBoundingClientRect();
      view.show(participant, role, width * devicePixelRatio, height * devicePixelRatio);
    });
    watch.observe(node);
    return () => {
      watch.disconnect();
      view.hide(participant, role);
    };
  }, [box, participant, role, shown, view]);
  return shown;
}
