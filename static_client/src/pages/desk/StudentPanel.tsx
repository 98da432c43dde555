// One student beside the table: facts so far, then the raw events of the ledger, newest first.
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Dot, LogIn, LogOut, X } from "lucide-react";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { clock, clockWithSeconds } from "@/locales/when";
import { Avatar } from "@/ui/Avatar";
import { IconButton } from "@/ui/Button";
import { ErrorState, Skeleton } from "@/ui/Feedback";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { DeskRow } from "@/wire/protocol.gen";
import { type EventLine, eventLine, sentence } from "./eventWords";
import { StateCell } from "./StateCell";

const ICONS = { in: LogIn, out: LogOut, bad: CircleAlert, ok: CircleCheck, neutral: Dot } as const;

interface Props {
  lessonId: string;
  row: DeskRow;
  onClose: () => void;
}

export function StudentPanel({ lessonId, row, onClose }: Props) {
  const { t } = useText();
  return (
    <aside className="student" aria-label={row.name}>
      <header className="student__head">
        <Avatar id={row.participant} name={row.name} size={48} />
        <div className="student__name">
          <h2 className="t-heading-2">{row.name}</h2>
          <p className="t-dense t-2">
            {row.code} · {row.unit}
          </p>
        </div>
        <IconButton icon={X} label={t("app.close")} onClick={onClose} />
      </header>
      <dl className="student__facts">
        <div>
          <dt>{t("desk.col.state")}</dt>
          <dd>
            <StateCell row={row} />
          </dd>
        </div>
        <div>
          <dt>{t("desk.col.in")}</dt>
          <dd className="num">{row.first_in_us ? clock(row.first_in_us / 1000) : "–"}</dd>
        </div>
        <div>
          <dt>{t("desk.col.minutes")}</dt>
          <dd className="num">{row.minutes}</dd>
        </div>
        <div>
          <dt>{t("desk.col.rollCalls")}</dt>
          <dd className="num">
            {row.roll_calls_asked ? `${row.roll_calls_answered}/${row.roll_calls_asked}` : "–"}
          </dd>
        </div>
        <div>
          <dt>{t("desk.path")}</dt>
          <dd>{row.path ? `${t(pathKey(row.path))} · ${row.ipv6 ? "IPv6" : "IPv4"}` : "–"}</dd>
        </div>
      </dl>
      <RawEvents
        lessonId={lessonId}
        person={row.participant}
        stamp={`${row.state}-${row.gaps}-${row.roll_calls_answered}`}
      />
    </aside>
  );
}

const PATHS: Record<string, TextKey> = {
  udp: "path.udp",
  tcp: "path.tcp",
  relay: "path.relay",
};

/** How a student's sound and picture reach the server. */
function pathKey(path: string): TextKey {
  return PATHS[path] ?? "path.udp";
}

interface RawEventsProps {
  lessonId: string;
  person: string;
  /** Changes when the row changes: the events are asked for again. */
  stamp: string;
}

function RawEvents({ lessonId, person, stamp }: RawEventsProps) {
  const { t } = useText();
  const events = useQuery({
    queryKey: ["events", lessonId, person, stamp],
    queryFn: ({ signal }) => api.events(lessonId, { person }, signal),
    placeholderData: (old) => old,
  });
  return (
    <section className="student__log" aria-label={t("desk.raw")}>
      <header className="student__log-head">
        <h3 className="t-strong">{t("desk.raw")}</h3>
        <span className="t-small t-2">{t("desk.raw.time")}</span>
      </header>
      {events.isError ? (
        <ErrorState title={problemText(t, asProblem(events.error))} />
      ) : !events.data ? (
        <Skeleton awaited={t("app.awaited")} />
      ) : (
        <>
          <ol className="raw-events">
            {[...events.data.events].reverse().map((row) => (
              <RawEvent key={row.seq} at={row.at_us} line={eventLine(row)} />
            ))}
          </ol>
          <p className="t-small t-2 num">
            {t("desk.raw.chain", { n: events.data.total, hash: events.data.head_hash.slice(0, 12) })}
          </p>
        </>
      )}
    </section>
  );
}

function RawEvent({ at, line }: { at: number; line: EventLine }) {
  const { t } = useText();
  const Icon = ICONS[line.tone];
  return (
    <li className={`raw-event raw-event--${line.tone}`}>
      <time className="num t-2">{clockWithSeconds(at / 1000)}</time>
      <Icon size={16} aria-hidden="true" />
      <span>{sentence(t, line)}</span>
    </li>
  );
}
