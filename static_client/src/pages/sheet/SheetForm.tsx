// The left side of the sheet: what the machine recorded (locked, with "vì sao?"), what the lecturer writes (saves itself), the evidence.
import { CircleAlert, ImageIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { bytes, clockWithSeconds } from "@/locales/when";
import { Field, TextArea } from "@/ui/Field";
import type { EvidenceRow, SheetFact, SheetField, SheetShape } from "@/wire/protocol.gen";
import { useAutosave } from "./useAutosave";
import { WhyDialog } from "./WhyDialog";

interface Props {
  sheet: SheetShape;
  onSave: (key: string, text: string) => Promise<unknown>;
}

export function fieldId(key: string): string {
  return `sheet-field-${key.replaceAll(".", "-")}`;
}

export function SheetForm({ sheet, onSave }: Props) {
  const { t } = useText();
  const [why, setWhy] = useState<SheetFact | null>(null);
  return (
    <>
      <FormSection title={t("sheet.machine")} aside={t("sheet.machine.count", { n: sheet.facts.length })}>
        <div className="sheet-form__facts">
          {sheet.facts.map((fact) => (
            <MachineField key={fact.key} fact={fact} onWhy={() => setWhy(fact)} />
          ))}
        </div>
      </FormSection>
      <FormSection title={t("sheet.manual")} aside={sheet.may_edit ? t("sheet.manual.saves") : ""}>
        {sheet.fields.map((field) => (
          <ManualField
            key={field.key}
            field={field}
            missing={sheet.missing.includes(field.key)}
            locked={!sheet.may_edit}
            onSave={(text) => onSave(field.key, text)}
          />
        ))}
      </FormSection>
      <FormSection
        title={t("sheet.evidence")}
        aside={t("sheet.evidence.count", { n: sheet.evidence.length })}
      >
        <EvidenceList rows={sheet.evidence} />
      </FormSection>
      {why && <WhyDialog lesson={sheet.lesson.id} fact={why} onClose={() => setWhy(null)} />}
    </>
  );
}

function FormSection({ title, aside, children }: { title: string; aside: string; children: ReactNode }) {
  return (
    <section className="sheet-form__section">
      <header>
        <h2 className="t-heading-2">{title}</h2>
        <span className="t-dense t-2">{aside}</span>
      </header>
      {children}
    </section>
  );
}

function MachineField({ fact, onWhy }: { fact: SheetFact; onWhy: () => void }) {
  const { t, locale } = useText();
  const label = locale === "vi" ? fact.label_vi : fact.label_en;
  return (
    <Field
      label={label}
      value={fact.value === "" ? "…" : fact.value}
      locked
      tabIndex={-1}
      labelAside={
        <button type="button" className="why" aria-label={t("sheet.why.of", { label })} onClick={onWhy}>
          {t("sheet.why")}
        </button>
      }
    />
  );
}

interface ManualProps {
  field: SheetField;
  missing: boolean;
  locked: boolean;
  onSave: (text: string) => Promise<unknown>;
}

function ManualField({ field, missing, locked, onSave }: ManualProps) {
  const { t, locale } = useText();
  const auto = useAutosave(field.value, onSave);
  const label = locale === "vi" ? field.label_vi : field.label_en;
  const saving = {
    idle: undefined,
    editing: t("sheet.editing"),
    saving: t("sheet.saving"),
    saved: t("sheet.saved"),
    failed: undefined,
  }[auto.state];
  const shared = {
    id: fieldId(field.key),
    label: field.required ? label : `${label} (${t("sheet.optional")})`,
    value: auto.text,
    onChange: auto.change,
    onBlur: auto.flush,
    saving,
    error: auto.state === "failed" ? t("sheet.saveFailed") : undefined,
    locked,
    maxLength: 8000,
    "data-missing": missing && auto.text === "" ? true : undefined,
  };
  return (
    <div className="sheet-form__manual" data-missing={missing && auto.text === "" ? true : undefined}>
      {field.multiline ? <TextArea {...shared} rows={2} /> : <Field {...shared} />}
      {missing && auto.text === "" && auto.state === "idle" && (
        <p className="sheet-form__missing">
          <CircleAlert size={14} aria-hidden="true" /> {t("sheet.stillMissing")}
        </p>
      )}
    </div>
  );
}

const KINDS = new Set([
  "anh_chup_he_thong",
  "anh_chup_giang_vien",
  "ghi_hinh",
  "ghi_am",
  "chat",
  "ds_ket_noi",
  "ket_qua_diem_danh",
  "tai_lieu",
  "bien_ban",
]);

function kindKey(kind: string): TextKey {
  return (KINDS.has(kind) ? `evidence.${kind}` : "evidence.khac") as TextKey;
}

function EvidenceList({ rows }: { rows: readonly EvidenceRow[] }) {
  const { t, locale } = useText();
  if (rows.length === 0) return <p className="t-2">{t("sheet.evidence.none")}</p>;
  return (
    <ul className="evidence">
      {rows.map((row) => (
        <li key={row.id} className="evidence__item">
          {row.url && row.kind.startsWith("anh_chup") ? (
            <a href={row.url} target="_blank" rel="noreferrer" className="evidence__picture">
              <img
                src={row.url}
                alt={t("sheet.evidence.alt", { at: clockWithSeconds(row.captured_us / 1000) })}
                loading="lazy"
              />
            </a>
          ) : (
            <span className="evidence__picture evidence__picture--none">
              <ImageIcon size={20} aria-hidden="true" />
            </span>
          )}
          <span className="evidence__words">
            <span className="t-strong">{t(kindKey(row.kind))}</span>
            <span className="t-small t-2 num">
              {clockWithSeconds(row.captured_us / 1000)} · {bytes(row.size, locale)} · #{row.seq}
            </span>
            <code className="t-small t-2">{row.sha256.slice(0, 16)}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}
