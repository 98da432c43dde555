// The sentence for a problem, chosen by its code.
import type { Params } from "./format";
import type { Translate } from "./text";
import { type TextKey, vi } from "./vi";

interface ProblemLike {
  code: string;
  params: Readonly<Record<string, string | number | boolean>>;
  incident?: string | null;
}

/** `params` of the problem fill the sentence; an unknown code is shown so that it can be reported. */
export function problemText(t: Translate, problem: ProblemLike): string {
  if (problem.incident) return t("problem.incident", { incident: problem.incident });
  const params: Params = Object.fromEntries(
    Object.entries(problem.params).map(([name, value]) => [
      name,
      typeof value === "boolean" ? String(value) : value,
    ]),
  );
  const key = `problem.${problem.code}`;
  return key in vi ? t(key as TextKey, params) : t("problem.unknown", { code: problem.code });
}
