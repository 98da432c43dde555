// Before the lesson: devices and line on the left, who joins how on the right, one button.
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { buttonClass } from "@/ui/Button";
import { ErrorState, Skeleton } from "@/ui/Feedback";
import { loadFonts } from "@/ui/fonts";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { LessonDetail } from "@/wire/protocol.gen";
import { keepDeviceResult } from "../shared/device_result";
import { useOpenLocal, useReopenOnPermission } from "../shared/use_local";
import { PageShell } from "../shell/PageShell";
import { BlockedHelp } from "./BlockedHelp";
import { DeviceRow, LineCard, Preview } from "./DevicePanel";
import { JoinColumn } from "./JoinColumn";
import { useProbe } from "./use_probe";
import "./prejoin.css";

export function PrejoinPage() {
  const { t } = useText();
  const { lesson = "" } = useParams();
  const detail = useQuery({
    queryKey: ["lesson", lesson],
    queryFn: ({ signal }) => api.lesson(lesson, signal),
    refetchInterval: 15_000,
  });
  const settled = useAhead();
  const back = (
    <Link className={`${buttonClass("text", "normal")} back-link`} to="/">
      <ArrowLeft size={18} aria-hidden="true" /> {t("prejoin.back")}
    </Link>
  );
  return (
    <PageShell title={t("prejoin.title")} aside={back} className="prejoin-page">
      {detail.data ? (
        <Prejoin detail={detail.data} measure={settled} onConsented={() => void detail.refetch()} />
      ) : detail.error ? (
        <ErrorState
          title={problemText(t, asProblem(detail.error))}
          code={asProblem(detail.error).code}
          action={
            <Link className={buttonClass("secondary", "normal")} to="/">
              {t("app.toHome")}
            </Link>
          }
        />
      ) : (
        <Skeleton awaited={t("app.awaited")} rows={[320, 40, 40]} />
      )}
    </PageShell>
  );
}

/** Somebody who presses the button the moment it shows must find the line free: fonts and measuring wait so long. */
const CALM_MS = 700;

/** The classroom's code comes while the person looks at their picture; after it, what can wait. True once the line is free. */
function useAhead(): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    void import("../classroom/ClassroomPage").finally(() => {
      if (left) return;
      timer = setTimeout(() => {
        loadFonts();
        setSettled(true);
      }, CALM_MS);
    });
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, []);
  return settled;
}

interface PrejoinProps {
  detail: LessonDetail;
  /** The line may be measured now. */
  measure: boolean;
  onConsented: () => void;
}

function Prejoin({ detail, measure, onConsented }: PrejoinProps) {
  const role = detail.card.my_role === "lecturer" ? "lecturer" : "student";
  const { local, state, handOn } = useOpenLocal(role);
  const probing = useProbe(measure);
  const { trouble } = state;
  const refused = trouble !== null && trouble.why !== "missing";
  useReopenOnPermission(local, refused);
  useEffect(() => {
    if (probing.state === "running" || state.camera === "opening" || state.microphone === "opening") return;
    keepDeviceResult({
      atMs: Date.now(),
      microphone: local.track("microphone") !== null,
      camera: local.track("camera") !== null,
      downBps: probing.result?.downBps ?? null,
      delayMs: probing.result?.delayMs ?? null,
    });
  }, [probing.state, probing.result, state.camera, state.microphone, local]);

  return (
    <div className="prejoin">
      <div className="prejoin__devices">
        <Preview local={local} state={state} name={detail.name} />
        {trouble && refused ? (
          <BlockedHelp why={trouble.why} onRetry={() => void local.openBoth()} />
        ) : (
          <DeviceRow local={local} state={state} />
        )}
        <LineCard probing={probing} />
      </div>
      <JoinColumn detail={detail} probing={probing} handOn={handOn} onConsented={onConsented} />
    </div>
  );
}
