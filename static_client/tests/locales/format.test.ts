import { describe, expect, test } from "vitest";
import { en } from "@/locales/en";
import { format } from "@/locales/format";
import { vi } from "@/locales/vi";
import { isoDay, longStretch, percent, rate, stretch } from "@/locales/when";

describe("sentences", () => {
  test("names are filled in and unknown ones stay visible", () => {
    expect(format("{present} trong {enrolled} học viên", { present: 31, enrolled: 50 })).toBe(
      "31 trong 50 học viên",
    );
    expect(format("còn {time}", {})).toBe("còn {time}");
  });

  test("English chooses its plural", () => {
    const pattern = "{n, plural, one {# hand raised} other {# hands raised}}";
    expect(format(pattern, { n: 1 }, "en")).toBe("1 hand raised");
    expect(format(pattern, { n: 3 }, "en")).toBe("3 hands raised");
  });

  test("every sentence exists in both languages with the same names to fill in", () => {
    const names = (text: string) => new Set([...text.matchAll(/\{(\w+)/g)].map((match) => match[1]));
    for (const [key, sentence] of Object.entries(vi)) {
      const other = en[key as keyof typeof vi];
      expect(other, key).not.toBe("");
      const ours = names(sentence);
      const theirs = new Set(
        [...names(other)].filter((name) => /\{\w+[,}]/.test(other) && other.includes(`{${name}`)),
      );
      for (const name of ours) expect(theirs.has(name), `${key} lacks {${name}} in English`).toBe(true);
    }
  });

  test("Vietnamese sentences are in NFC", () => {
    for (const sentence of Object.values(vi)) expect(sentence).toBe(sentence.normalize("NFC"));
  });
});

describe("times and quantities", () => {
  test("a day is the day in Vietnam, whatever the time zone of the machine", () => {
    expect(isoDay("2026-10-05T17:30:00Z")).toBe("2026-10-06");
  });

  test("stretches count up with two digits and never below zero", () => {
    expect(stretch(348)).toBe("05:48");
    expect(stretch(-3)).toBe("00:00");
    expect(longStretch(3252)).toBe("00:54:12");
  });

  test("quantities use the decimal comma and a space that does not break", () => {
    expect(rate(1_800_000, "vi", "giây")).toBe("1,8\u00a0Mb/giây");
    expect(percent(0.09, "vi")).toBe("9\u00a0%");
  });
});
