// "Vì sao?": the events a machine field was computed from.
import { useQuery } from "@tanstack/react-query";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { clockWithSeconds } from "@/locales/when";
import { eventLine, sentence } from "@/pages/desk/eventWords";
import { Button } from "@/ui/Button";
import { ErrorState, Skeleton } from "@/ui/Feedback";
import { Dialog } from "@/ui/Overlay";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { SheetFact } from "@/wire/protocol.gen";

const SHOWN = 40;

interface Props {
  lesson: string;
  fact: SheetFact;
  onClose: () => void;
}

export function WhyDialog({ lesson, fact, onClose }: Props) {
  const { t, locale } = useText();
  const fromPlan = fact.from_seq === 0;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`${locale === "vi" ? fact.label_vi : fact.label_en}: ${fact.value === "" ? "…" : fact.value}`}
      actions={<Button onClick={onClose}>{t("app.close")}</Button>}
    >
      {fromPlan ? <p>{t("sheet.why.plan")}</p> : <Events lesson={lesson} fact={fact} />}
    </Dialog>
  );
}

function Events({ lesson, fact }: { lesson: string; fact: SheetFact }) {
  const { t } = useText();
  const events = useQuery({
    queryKey: ["events", lesson, "from", fact.from_seq],
    queryFn: ({ signal }) => api.events(lesson, { after: fact.from_seq - 1 }, signal),
  });
  if (events.isError) return <ErrorState title={problemText(t, asProblem(events.error))} />;
  if (!events.data) return <Skeleton awaited={t("app.awaited")} />;
  const rows = events.data.events.filter((row) => row.seq <= fact.to_seq);
  return (
    <>
      <p className="t-2">{t("sheet.why.events", { from: fact.from_seq, to: fact.to_seq })}</p>
      <ol className="raw-events">
        {rows.slice(0, SHOWN).map((row) => {
          const line = eventLine(row);
          return (
            <li key={row.seq} className="why__event">
              <span className="num t-2">#{row.seq}</span>
              <time className="num t-2">{clockWithSeconds(row.at_us / 1000)}</time>
              <span>{sentence(t, line)}</span>
            </li>
          );
        })}
      </ol>
      {rows.length > SHOWN && <p className="t-2">{t("sheet.why.more", { n: rows.length - SHOWN })}</p>}
    </>
  );
}
