import { expect, test } from "vitest";
import { nextIndex } from "@/ui/Menu";

const choices = [{ label: "Thiết bị" }, { label: "Điểm danh" }, { label: "Rời lớp" }];

test("arrows go round and a letter without marks finds its choice", () => {
  expect(nextIndex("ArrowDown", 2, choices)).toBe(0);
  expect(nextIndex("ArrowUp", 0, choices)).toBe(2);
  expect(nextIndex("d", 0, choices)).toBe(1);
  expect(nextIndex("r", 0, choices)).toBe(2);
  expect(nextIndex("z", 0, choices)).toBeNull();
  expect(nextIndex("Enter", 0, choices)).toBeNull();
});
