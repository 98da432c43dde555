// The right of prejoin, in order: lesson, locked name card, way of taking part, consent, the button.
import { Headphones, Lock, Video } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import type { LocalMedia } from "@/call/local_media";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clock, rate, stretch } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { CardChoice } from "@/ui/Choice";
import { Dialog } from "@/ui/Overlay";
import { api } from "@/wire/api";
import { deviceId } from "@/wire/device";
import { verdictOf } from "@/wire/probe";
import { asProblem } from "@/wire/problem";
import type { LessonDetail, Ticket } from "@/wire/protocol.gen";
import { dayWord, lecturerWord, timeRange } from "../home/lesson_words";
import { useServerNow } from "../shared/clock";
import { useJoinDesk } from "../shared/join";
import { useMe } from "../shell/session";
import { ConsentBox } from "./ConsentBox";
import { DevicesButton } from "./DevicesDialog";
import type { Probing } from "./use_probe";

interface Props {
  detail: LessonDetail;
  probing: Probing;
  handOn: () => LocalMedia;
  onConsented: () => void;
}

type Mode = "full" | "listen";

export function JoinColumn({ detail, probing, handOn, onConsented }: Props) {
  const { t, locale } = useText();
  const { card, consent } = detail;
  const me = useMe();
  const teaches = card.my_role === "lecturer";
  const now = useServerNow();
  const poor = !teaches && probing.result !== null && verdictOf(probing.result) === "poor";
  const [chosen, setChosen] = useState<Mode | null>(null);
  const mode: Mode = chosen ?? (poor ? "listen" : "full");
  const [agreed, setAgreed] = useState(false);
  const [consentError, setConsentError] = useState<string>();
  const box = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const joining = useJoining(detail, mode === "listen", handOn, onConsented);

  const enter = () => {
    if (consent.given_us === null && !agreed) {
      setConsentError(t("prejoin.consent.needed"));
      box.current?.focus();
      return;
    }
    void joining.join();
  };
  useEnterKey(enter);
  useEffect(() => button.current?.focus({ preventScroll: true }), []);

  return (
    <div className="prejoin__join">
      <p className="t-dense t-2 num">
        {card.cohort_code} · {dayWord(t, card.start_us / 1000, now)}, {timeRange(card)}
      </p>
      <h1 className="t-title prejoin__topic">{card.topic}</h1>
      <p className="t-2 num">
        {lecturerWord(card)} · {t("home.inside", { present: card.present, enrolled: card.enrolled })}
      </p>
      <div className="card card--dense name-card">
        <Avatar id={me.person} name={detail.name} size={48} />
        <div>
          <p className="name-card__name">{detail.name}</p>
          <p className="t-dense t-2">{[detail.code, card.cohort_code].filter(Boolean).join(" · ")}</p>
        </div>
        <Lock size={18} aria-label={t("prejoin.locked")} role="img" />
      </div>
      <p className="t-small t-2">{t("prejoin.nameNote")}</p>
      {teaches && <DevicesButton lesson={card.id} />}
      {!teaches && (
        <CardChoice<Mode>
          label={t("prejoin.mode")}
          value={mode}
          onChange={setChosen}
          options={[
            {
              value: "full",
              label: t("prejoin.mode.full"),
              detail: t("prejoin.mode.full.detail"),
              icon: Video,
            },
            {
              value: "listen",
              label: t("prejoin.mode.listen"),
              detail:
                poor && probing.result
                  ? t("prejoin.mode.poor", { rate: rate(probing.result.downBps, locale, t("app.second")) })
                  : t("prejoin.mode.listen.detail"),
              icon: Headphones,
            },
          ]}
        />
      )}
      <div className="prejoin__foot">
        <ConsentBox
          consent={consent}
          recording={detail.recording}
          checked={agreed}
          onChange={(next) => {
            setAgreed(next);
            setConsentError(undefined);
          }}
          error={consentError}
          boxRef={box}
        />
        {joining.error && (
          <p className="field__error" role="alert">
            {joining.error}
          </p>
        )}
        <Button
          ref={button}
          kind="primary"
          size="entry"
          wide
          busy={joining.busy}
          busyLabel={t("prejoin.entering")}
          blocked={!card.may_join}
          onClick={enter}
        >
          {!card.may_join
            ? t(card.end_us / 1000 < now ? "prejoin.ended" : "prejoin.notOpen", {
                time: clock(card.opens_us / 1000),
              })
            : teaches
              ? t("prejoin.enterTeaching")
              : t(mode === "listen" ? "prejoin.enterListening" : "prejoin.enter")}{" "}
          {card.may_join && <kbd className="prejoin__key">Enter</kbd>}
        </Button>
        <StartNote
          startMs={card.start_us / 1000}
          nowMs={now}
          started={card.state === "live" || card.state === "suspended"}
        />
      </div>
      <Dialog
        open={joining.elsewhere !== null}
        onClose={joining.stay}
        mustChoose
        title={t("prejoin.handover.title")}
        actions={
          <>
            <Button onClick={joining.stay}>{t("prejoin.handover.stay")}</Button>
            <Button kind="primary" onClick={joining.move}>
              {t("prejoin.handover.move")}
            </Button>
          </>
        }
      >
        <p>{t("prejoin.handover.body")}</p>
      </Dialog>
    </div>
  );
}

function StartNote({ startMs, nowMs, started }: { startMs: number; nowMs: number; started: boolean }) {
  const { t } = useText();
  const until = startMs - nowMs;
  if (until > 86_400_000) return null;
  return (
    <p className="t-dense t-2 num prejoin__start">
      {until > 0
        ? t("prejoin.startsIn", { time: stretch(until / 1000) })
        : t(started ? "prejoin.started" : "home.lateBy", { time: stretch(-until / 1000) })}
    </p>
  );
}

/** Consent, ticket, hand-over question, and off to the classroom. */
function useJoining(
  detail: LessonDetail,
  listenOnly: boolean,
  handOn: () => LocalMedia,
  onConsented: () => void,
) {
  const { t } = useText();
  const navigate = useNavigate();
  const desk = useJoinDesk();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [elsewhere, setElsewhere] = useState<Ticket | null>(null);

  const ahead = useTicketAhead(detail);
  const go = (ticket: Ticket, takeOver: boolean) => {
    const lesson = detail.card.id;
    const local = handOn();
    if (listenOnly) void local.setCamera(false);
    desk.put({ lesson, local, listenOnly, takeOver, ticket });
    navigate(`/lessons/${lesson}/room`);
  };

  const join = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const { consent, card } = detail;
      if (consent.given_us === null) {
        await api.giveConsent(card.id, {
          notice_version: consent.notice_version,
          purposes: consent.purposes,
        });
        onConsented();
      }
      const ticket = (await ahead()) ?? (await api.ticket(card.id, deviceId()));
      if (ticket.other_device) {
        setElsewhere(ticket);
        setBusy(false);
      } else go(ticket, false);
    } catch (problem) {
      setError(problemText(t, asProblem(problem)));
      setBusy(false);
    }
  };

  return {
    busy,
    error,
    elsewhere,
    join,
    stay: () => setElsewhere(null),
    move: () => {
      if (elsewhere) go(elsewhere, true);
    },
  };
}

/** A ticket lives 60 s; one older than this is left to die. */
const TICKET_LIFE_MS = 40_000;

/** Whoever may enter at once has the ticket before pressing the button. Answers it once while it is fresh, null otherwise. */
function useTicketAhead({ card, consent }: LessonDetail): () => Promise<Ticket | null> {
  const asked = useRef<{ atMs: number; ticket: Promise<Ticket | null> } | null>(null);
  const taken = useRef(false);
  const may = card.may_join && consent.given_us !== null;
  useEffect(() => {
    if (!may || asked.current || taken.current) return;
    const ticket = api.ticket(card.id, deviceId()).catch(() => null);
    asked.current = { atMs: performance.now(), ticket };
  }, [may, card.id]);
  return async () => {
    const held = asked.current;
    asked.current = null;
    taken.current = true;
    return held && performance.now() - held.atMs < TICKET_LIFE_MS ? held.ticket : null;
  };
}

/** Enter joins from anywhere on the page that does not use Enter itself. */
function useEnterKey(run: () => void) {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const idle = document.activeElement === document.body || document.activeElement?.id === "main";
      if (event.key === "Enter" && idle && !event.isComposing) latest.current();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
