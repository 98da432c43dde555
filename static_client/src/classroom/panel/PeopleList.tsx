// Everybody of the lesson by given name, with search that ignores marks; for the lecturer the deeds that concern one person.
import {
  EarOff,
  EllipsisVertical,
  Hand,
  MessagesSquare,
  Mic,
  MicOff,
  Search,
  UserRoundX,
  Video,
  VideoOff,
  WifiOff,
} from "lucide-react";
import { useMemo, useState } from "react";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { clock } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/Feedback";
import { Field } from "@/ui/Field";
import { matchesSearch } from "@/ui/names";
import { MenuButton } from "@/ui/Overlay";
import { PersonName } from "@/ui/PersonName";
import { useToast } from "@/ui/Toast";
import type { RosterEntry } from "@/wire/protocol.gen";
import { useController, useRoom } from "../context";
import { ReasonDialog } from "../parts/ReasonDialog";
import { byGivenName, handPlace, isHere, isLecturer, isStaff } from "../select";
import { wordBefore } from "../who";
import { HandsQueue } from "./HandsQueue";

type Filter = "present" | "cannot_hear" | "absent";

const absent = (person: RosterEntry) => person.role === "student" && !isHere(person);
const deaf = (person: RosterEntry) => isHere(person) && person.role === "student" && !person.hears;

export function PeopleList({ onRollCall }: { onRollCall: () => void }) {
  const { t } = useText();
  const controller = useController();
  const toast = useToast();
  const people = useRoom((state) => state.people);
  const counts = useRoom((state) => state.counts);
  const teaches = useRoom(isLecturer);
  const staff = useRoom(isStaff);
  const live = useRoom((state) => state.lesson?.state === "live");
  const [typed, setTyped] = useState("");
  const [filter, setFilter] = useState<Filter>("present");
  const [removing, setRemoving] = useState<RosterEntry | null>(null);

  const all = useMemo(() => byGivenName(Object.values(people)), [people]);
  const shown = all
    .filter((person) =>
      filter === "absent" ? absent(person) : filter === "cannot_hear" ? deaf(person) : isHere(person),
    )
    .filter((person) => typed === "" || matchesSearch(person.name, typed))
    .sort((a, b) => Number(b.role === "lecturer") - Number(a.role === "lecturer"));
  const muteAll = async () => {
    if (await controller.do({ t: "ask_mute", participant: null })) toast({ text: t("room.muteAll.done") });
  };
  return (
    <div className="people">
      {teaches && <HandsQueue />}
      <div className="people__find">
        <Field
          label={t("room.search")}
          hideLabel
          icon="search"
          placeholder={t("room.search")}
          value={typed}
          onChange={setTyped}
        />
        <div className="people__filters">
          <FilterChip tone="accent" on={filter === "present"} onPress={() => setFilter("present")}>
            {t("room.filter.present", { n: counts.present })}
          </FilterChip>
          {staff && counts.cannot_hear > 0 && (
            <FilterChip tone="warn" on={filter === "cannot_hear"} onPress={() => setFilter("cannot_hear")}>
              <EarOff size={14} aria-hidden="true" /> {t("room.filter.cannotHear", { n: counts.cannot_hear })}
            </FilterChip>
          )}
          <FilterChip tone="neutral" on={filter === "absent"} onPress={() => setFilter("absent")}>
            {t("room.filter.absent", { n: Math.max(0, counts.enrolled - counts.present) })}
          </FilterChip>
        </div>
      </div>
      {shown.length === 0 ? (
        <div className="people__none">
          <EmptyState icon={Search} title={t("room.list.none")} />
        </div>
      ) : (
        <ul className="people__list">
          {shown.map((person) => (
            <PersonRow key={person.participant} person={person} onRemove={() => setRemoving(person)} />
          ))}
        </ul>
      )}
      {teaches && (
        <footer className="people__foot">
          <Button size="small" icon={MicOff} onClick={() => void muteAll()}>
            {t("room.muteAll")}
          </Button>
          {live && (
            <Button size="small" onClick={onRollCall}>
              {t("room.rollCall")}
            </Button>
          )}
        </footer>
      )}
      {removing && (
        <ReasonDialog
          title={t("room.remove.title", { name: removing.name })}
          body={t("room.remove.body")}
          safe={t("room.remove.stay")}
          act={t("room.remove.act")}
          onClose={() => setRemoving(null)}
          onAct={async (reason) => {
            const done = await controller.do({
              t: "remove_person",
              participant: removing.participant,
              reason,
            });
            if (done) toast({ text: t("room.removed.toast", { name: removing.name }) });
            return done;
          }}
        />
      )}
    </div>
  );
}

interface FilterChipProps {
  tone: "accent" | "warn" | "neutral";
  on: boolean;
  onPress: () => void;
  children: React.ReactNode;
}

function FilterChip({ tone, on, onPress, children }: FilterChipProps) {
  return (
    <button
      type="button"
      className={`badge badge--${tone} filter-chip num`}
      aria-pressed={on}
      onClick={onPress}
    >
      {children}
    </button>
  );
}

function PersonRow({ person, onRemove }: { person: RosterEntry; onRemove: () => void }) {
  const { t } = useText();
  const controller = useController();
  const me = useRoom((state) => state.me);
  const teaches = useRoom(isLecturer);
  const place = useRoom((state) => handPlace(state, person.participant));
  const hasFloor = useRoom((state) => state.floor.includes(person.participant));
  const isAside = useRoom((state) => state.visibility.aside.includes(person.participant));
  const here = isHere(person);
  const note = noteOf(person);
  const may = teaches && here && person.participant !== me && person.role === "student";
  const choose = (deed: string) => {
    const { participant } = person;
    if (deed === "floor") void controller.do({ t: hasFloor ? "take_floor" : "give_floor", participant });
    else if (deed === "mute") void controller.do({ t: "ask_mute", participant });
    else if (deed === "aside")
      void controller.do(isAside ? { t: "end_aside" } : { t: "start_aside", participant });
    else if (deed === "lower") void controller.do({ t: "lower_hand", participant });
    else onRemove();
  };
  return (
    <li className="person" data-away={!here || undefined}>
      <Avatar id={person.participant} name={person.name} size={32} />
      <div className="person__words">
        <PersonName
          name={person.name}
          title={wordBefore(t, person)}
          after={person.participant === me ? t("room.me") : undefined}
        />
        {note && (
          <span className={`t-dense person__note person__note--${note.tone} num`}>
            {t(note.key, note.at === undefined ? {} : { at: note.at })}
          </span>
        )}
      </div>
      {place > 0 && (
        <span className="person__hand num" title={t("room.handPlace", { n: place })}>
          <Hand size={16} aria-hidden="true" /> {place}
        </span>
      )}
      {here && person.role !== "class_manager" && person.purpose !== "screen" && (
        <span className="person__media">
          {person.presence === "lost" && <WifiOff size={18} aria-hidden="true" />}
          {person.microphone ? (
            <Mic size={18} aria-label={t("room.list.micOn")} />
          ) : (
            <MicOff size={18} aria-label={t("room.list.micOff")} />
          )}
          {person.camera ? (
            <Video size={18} aria-label={t("room.list.cameraOn")} />
          ) : (
            <VideoOff size={18} aria-label={t("room.list.cameraOff")} />
          )}
        </span>
      )}
      {may && (
        <MenuButton
          label={t("room.personMenu", { name: person.name })}
          className="icon-button icon-button--small icon-button--plain"
          onChoose={choose}
          choices={[
            { id: "floor", label: t(hasFloor ? "room.stopFloor" : "room.giveFloor"), icon: Mic },
            ...(person.microphone ? [{ id: "mute", label: t("room.muteOne"), icon: MicOff }] : []),
            ...(place > 0 ? [{ id: "lower", label: t("room.lowerOne"), icon: Hand }] : []),
            { id: "aside", label: t(isAside ? "room.aside.end" : "room.aside.start"), icon: MessagesSquare },
            { id: "remove", label: t("room.removeOne"), icon: UserRoundX, danger: true },
          ]}
        >
          <EllipsisVertical size={16} aria-hidden="true" />
        </MenuButton>
      )}
    </li>
  );
}

function noteOf(person: RosterEntry): { key: TextKey; tone: "warn" | "bad" | "plain"; at?: string } | null {
  if (person.presence === "lost") {
    if (person.since_us === null) return { key: "state.lost", tone: "bad" };
    return { key: "room.list.lostSince", tone: "bad", at: clock(person.since_us / 1000) };
  }
  if (person.presence === "removed") return { key: "state.removed", tone: "bad" };
  if (person.presence === "left") return { key: "state.left", tone: "plain" };
  if (person.presence === "expected") return { key: "state.expected", tone: "plain" };
  if (!person.hears && person.role === "student") return { key: "room.list.cannotHearNow", tone: "warn" };
  if (person.state === "weak") return { key: "state.weak", tone: "warn" };
  if (person.state === "listening_only") return { key: "state.listening_only", tone: "plain" };
  if (person.role === "class_manager") return { key: "role.class_manager", tone: "plain" };
  if (person.role === "observer") return { key: "role.observer", tone: "plain" };
  return null;
}
