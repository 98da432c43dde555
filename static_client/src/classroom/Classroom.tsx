// Which face the classroom shows: on the way in, inside, or over.
import { LogOut } from "lucide-react";
import { useEffect } from "react";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/Feedback";
import { useToast } from "@/ui/Toast";
import { RoomProvider, useController, useRoom } from "./context";
import type { RoomController } from "./controller";
import { Ending } from "./Ending";
import { Room } from "./Room";
import "./classroom.css";
import "./panel.css";
import "./phone.css";

interface Props {
  controller: RoomController;
  lesson: string;
  onRejoin: () => void;
}

export function Classroom({ controller, lesson, onRejoin }: Props) {
  return (
    <RoomProvider value={controller}>
      <Face lesson={lesson} onRejoin={onRejoin} />
    </RoomProvider>
  );
}

function Face({ lesson, onRejoin }: Omit<Props, "controller">) {
  const { t } = useText();
  const controller = useController();
  const toast = useToast();
  const phase = useRoom((state) => state.phase);
  const ending = useRoom((state) => state.ending);
  const topic = useRoom((state) => state.lesson?.topic);
  useEffect(() => {
    controller.onProblem = (problem) => toast({ tone: "bad", text: problemText(t, problem) });
  }, [controller, toast, t]);
  useEffect(() => {
    document.title = `${topic ?? t("room.title")} · Giảng Đường`;
  }, [topic, t]);
  if (phase === "over" && ending) return <Ending ending={ending} lesson={lesson} onRejoin={onRejoin} />;
  if (phase === "joining") return <Entering />;
  return <Room />;
}

function Entering() {
  const { t } = useText();
  const controller = useController();
  const attempt = useRoom((state) => state.lost?.attempt ?? 0);
  return (
    <main className="room stage entering" id="main">
      <div className="entering__words" role="status">
        <h1 className="t-heading">{t("room.entering")}</h1>
        <Skeleton rows={[]} awaited={t("room.entering.long")} />
        {attempt > 2 && <p>{t("problem.client.offline")}</p>}
        <div className="entering__acts">
          {attempt > 0 && <Button onClick={() => controller.tryNow()}>{t("room.lost.try")}</Button>}
          <Button icon={LogOut} onClick={() => void controller.leave()}>
            {t("room.leave")}
          </Button>
        </div>
      </div>
    </main>
  );
}
