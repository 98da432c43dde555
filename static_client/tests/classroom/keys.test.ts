import { expect, test } from "vitest";
import { deedOf, isTyping } from "@/classroom/keys";

const plain = { isComposing: false, repeat: false, ctrlKey: false, altKey: false, metaKey: false };

test("one key is one deed", () => {
  expect(deedOf({ ...plain, key: "m", code: "KeyM" })).toBe("microphone");
  expect(deedOf({ ...plain, key: "?", code: "Slash" })).toBe("help");
  expect(deedOf({ ...plain, key: "x", code: "KeyX" })).toBeNull();
});

test("no key fires while Vietnamese is being composed, with a modifier, or held down", () => {
  expect(deedOf({ ...plain, key: "m", code: "KeyM", isComposing: true })).toBeNull();
  expect(deedOf({ ...plain, key: "S", code: "KeyS", ctrlKey: true })).toBeNull();
  expect(deedOf({ ...plain, key: "z", code: "KeyZ", altKey: true })).toBeNull();
  expect(deedOf({ ...plain, key: "m", code: "KeyM", repeat: true })).toBeNull();
});

test("a key whose letter an input method changed still means its place on the keyboard", () => {
  expect(deedOf({ ...plain, key: "Process", code: "KeyH" })).toBe("hand");
});

test("keys belong to the field while somebody types", () => {
  expect(isTyping({ tagName: "TEXTAREA" })).toBe(true);
  expect(isTyping({ tagName: "INPUT", type: "text" })).toBe(true);
  expect(isTyping({ tagName: "INPUT", type: "checkbox" })).toBe(false);
  expect(isTyping({ tagName: "BUTTON" })).toBe(false);
});
