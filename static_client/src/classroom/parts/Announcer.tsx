// What a screen reader hears: politely counts, urgently an invitation, a lost line, a failed recording (those are alerts of
// their own). Clocks are silent but for 60, 30 and 10 s.
import { useEffect, useRef, useState } from "react";
import { useText } from "@/locales/text";
import { useRoom, useRoomNow } from "../context";
import { isLecturer } from "../select";

const SPOKEN_S: readonly number[] = [60, 30, 10];

export function Announcer() {
  const { t } = useText();
  const [words, setWords] = useState("");
  const phase = useRoom((state) => state.phase);
  const counts = useRoom((state) => state.counts);
  const hands = useRoom((state) => (isLecturer(state) ? state.hands.length : 0));
  const unread = useRoom((state) => state.unreadChat);
  const latest = useRef({ counts, hands, unread });

  useEffect(() => {
    const { counts: then } = latest.current;
    if (phase === "in") setWords(t("room.say.joined", { present: then.present, enrolled: then.enrolled }));
  }, [phase, t]);
  useEffect(() => {
    if (hands > latest.current.hands) setWords(t("room.say.hands", { n: hands }));
    if (unread > latest.current.unread) setWords(t("room.say.chat", { n: unread }));
    latest.current = { counts, hands, unread };
  }, [counts, hands, unread, t]);
  return (
    <div className="visually-hidden">
      <p role="status">{words}</p>
      <RollCallClock />
    </div>
  );
}

function RollCallClock() {
  const { t } = useText();
  const open = useRoom((state) => state.rollCall);
  const now = useRoomNow();
  const left = open && !open.answered_by_me ? Math.round((open.closes_us / 1000 - now) / 1000) : 0;
  return <p role="alert">{SPOKEN_S.includes(left) ? t("room.roll.speak", { n: left }) : ""}</p>;
}
