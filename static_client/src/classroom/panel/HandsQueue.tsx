// Raised hands, oldest on top, with waiting time and times spoken; and who has the floor now. First in the lecturer's panel.
import { Hand } from "lucide-react";
import { useText } from "@/locales/text";
import { stretch } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { PersonName } from "@/ui/PersonName";
import { useToast } from "@/ui/Toast";
import { useController, usePerson, useRoom, useRoomNow } from "../context";
import { Wave } from "../stage/Wave";

export function HandsQueue() {
  const { t } = useText();
  const controller = useController();
  const toast = useToast();
  const hands = useRoom((state) => state.hands);
  const floor = useRoom((state) => state.floor);
  const lowerAll = async () => {
    if (await controller.do({ t: "lower_all_hands" })) toast({ text: t("room.loweredAll") });
  };
  return (
    <>
      {hands.length > 0 && (
        <section className="hands" aria-labelledby="hands">
          <header className="hands__head">
            <h2 id="hands" className="num">
              <Hand size={18} aria-hidden="true" /> {t("room.hands")} · {hands.length}
            </h2>
            <Button kind="text" size="small" onClick={() => void lowerAll()}>
              {t("room.lowerAll")}
            </Button>
          </header>
          <ol>
            {hands.map((hand, index) => (
              <HandRow
                key={hand.participant}
                participant={hand.participant}
                sinceUs={hand.since_us}
                place={index + 1}
              />
            ))}
          </ol>
        </section>
      )}
      {floor.length > 0 && (
        <section className="floor" aria-label={t("room.speaking")}>
          <h2 className="t-dense t-2 floor__head">{t("room.speaking")}</h2>
          {floor.map((participant) => (
            <FloorRow key={participant} participant={participant} />
          ))}
        </section>
      )}
    </>
  );
}

function HandRow({ participant, sinceUs, place }: { participant: string; sinceUs: number; place: number }) {
  const { t } = useText();
  const controller = useController();
  const person = usePerson(participant);
  const now = useRoomNow();
  if (!person) return null;
  const waited = t("room.waited", { time: stretch(Math.max(0, now - sinceUs / 1000) / 1000) });
  const spoken =
    person.times_spoken === 0 ? t("room.spokenNever") : t("room.spokenTimes", { n: person.times_spoken });
  return (
    <li className="hands__row">
      <span className="hands__place num">{place}</span>
      <Avatar id={participant} name={person.name} size={32} />
      <div className="hands__words">
        <PersonName name={person.name} />
        <p className="t-dense t-2 num">
          {waited} · {spoken}
        </p>
      </div>
      <Button
        kind={place === 1 ? "primary" : "secondary"}
        size="small"
        aria-label={`${t("room.invite")} ${person.name}`}
        onClick={() => void controller.do({ t: "give_floor", participant })}
      >
        {t("room.invite")}
      </Button>
    </li>
  );
}

function FloorRow({ participant }: { participant: string }) {
  const { t } = useText();
  const controller = useController();
  const person = usePerson(participant);
  const speaking = useRoom((state) => state.speakers.includes(participant));
  if (!person) return null;
  return (
    <div className="hands__row">
      <Avatar id={participant} name={person.name} size={32} />
      <div className="hands__words">
        <PersonName name={person.name} />
        <p className="t-dense t-2">{person.microphone ? t("room.mic.on") : t("room.mic.off")}</p>
      </div>
      {speaking && <Wave size={18} />}
      <Button
        size="small"
        aria-label={`${t("room.stopFloor")} ${person.name}`}
        onClick={() => void controller.do({ t: "take_floor", participant })}
      >
        {t("room.stopFloor")}
      </Button>
    </div>
  );
}
