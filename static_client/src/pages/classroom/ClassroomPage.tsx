// The classroom's address: takes what prejoin prepared, or after a reload joins again by itself, and builds the call.
import { useEffect, useState } from "react";
import { Navigate, useNavigate, useParams } from "react-router";
import { LessonCall } from "@/call/lesson_call";
import { LocalMedia } from "@/call/local_media";
import { Classroom } from "@/classroom/Classroom";
import { RoomController } from "@/classroom/controller";
import type { Ticket } from "@/wire/protocol.gen";
import { keepJoined, keptJoin, useJoinDesk } from "../shared/join";

interface Start {
  local: LocalMedia;
  listenOnly: boolean;
  takeOver: boolean;
  ticket: Ticket | null;
  /** What was on before a reload. */
  reopen: ("microphone" | "camera")[];
}

export function ClassroomPage() {
  const { lesson = "" } = useParams();
  const desk = useJoinDesk();
  const [start] = useState<Start | null>(() => {
    const wish = desk.wish(lesson);
    if (wish) return { ...wish, reopen: [] };
    const kept = keptJoin(lesson);
    if (!kept) return null;
    const local = new LocalMedia(kept.role);
    const reopen = (["microphone", "camera"] as const).filter((source) => kept[source]);
    return { local, listenOnly: kept.listenOnly, takeOver: false, ticket: null, reopen };
  });
  useEffect(() => desk.clear(), [desk]);
  if (!start) return <Navigate to={`/lessons/${lesson}`} replace />;
  return <Lesson lesson={lesson} start={start} />;
}

function Lesson({ lesson, start }: { lesson: string; start: Start }) {
  const navigate = useNavigate();
  const [controller, setController] = useState<RoomController | null>(null);

  // React may run an effect twice while developing; the call begins a tick later, so that only the lasting one joins.
  useEffect(() => {
    let begun: RoomController | null = null;
    const timer = setTimeout(() => {
      const { local, listenOnly, takeOver, ticket, reopen } = start;
      if (reopen.includes("microphone")) void local.setMicrophone(true);
      if (reopen.includes("camera")) void local.setCamera(true);
      begun = new RoomController(
        local,
        listenOnly,
        (events) => new LessonCall({ lesson, local, listenOnly, takeOver, ticket }, events),
      );
      begun.start();
      setController(begun);
    }, 0);
    return () => {
      clearTimeout(timer);
      begun?.close();
    };
  }, [lesson, start]);

  useEffect(() => {
    if (!controller) return;
    const { store, local } = controller;
    const keep = () => {
      // Over means over: a reload must not walk back in.
      if (store.state.phase === "over") return keepJoined(null);
      keepJoined({
        lesson,
        role: local.role,
        listenOnly: store.state.listenOnly,
        microphone: local.state.microphone === "on",
        camera: local.state.camera === "on",
      });
    };
    keep();
    const stops = [store.subscribe(keep), local.subscribe(keep)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [controller, lesson]);

  if (!controller) return null;
  return (
    <Classroom controller={controller} lesson={lesson} onRejoin={() => navigate(`/lessons/${lesson}`)} />
  );
}
