// On a phone, the row under the stage: who speaks, and full screen.
import { Maximize } from "lucide-react";
import { useText } from "@/locales/text";
import { bytes } from "@/locales/when";
import { IconButton } from "@/ui/Button";
import { PersonName } from "@/ui/PersonName";
import { useRoom } from "../context";
import { isHeard } from "../reach";
import { isHere, lecturerOf, screenOwner } from "../select";
import { Tile } from "../stage/Tile";
import { Wave } from "../stage/Wave";
import { wordBefore } from "../who";

interface Props {
  onFullScreen: () => void;
  /** The stage shows a screen or the lecturer; a gallery needs no row. */
  shows: boolean;
}

export function PhoneSpeaker({ onFullScreen, shows }: Props) {
  const { t, locale } = useText();
  const used = useRoom((state) => state.quality.bytes);
  const speaker = useRoom((state) => {
    const talking = [...state.speakers.filter((id) => isHeard(state, id)), ...state.floor].find((id) => {
      const person = state.people[id];
      return person !== undefined && isHere(person) && id !== state.me;
    });
    return (talking ? state.people[talking] : undefined) ?? lecturerOf(state);
  });
  const speaking = useRoom(
    (state) => speaker !== null && speaker !== undefined && isHeard(state, speaker.participant),
  );
  const hasScreen = useRoom((state) => screenOwner(state) !== null);
  if (!shows || !speaker || !isHere(speaker)) return null;
  const alreadyLarge = !hasScreen && speaker.role === "lecturer";
  const facts = [
    speaking ? t("room.tile.speaking") : speaker.screen ? t("room.tile.sharing") : "",
    bytes(used, locale),
  ];
  return (
    <section className="phone-speaker" aria-label={t("room.speakingNow")}>
      {!alreadyLarge && <Tile participant={speaker.participant} className="phone-speaker__tile" />}
      <div className="phone-speaker__words">
        <p className="phone-speaker__name">
          {speaking && <Wave />}
          <PersonName name={speaker.name} title={wordBefore(t, speaker)} />
        </p>
        <p className="t-dense phone-speaker__facts num">{facts.filter(Boolean).join(" · ")}</p>
      </div>
      <IconButton icon={Maximize} look="stage" label={t("room.fullScreen")} onClick={onFullScreen} />
    </section>
  );
}
