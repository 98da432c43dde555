import { describe, expect, test } from "vitest";
import { gridFor, pageOf, phoneRows, slotsFor, swipe } from "@/classroom/stage/gallery_page";

describe("pages of the gallery", () => {
  test("a page holds the chosen number and the last one the rest", () => {
    expect(pageOf(47, 16, 0)).toMatchObject({ at: 0, count: 3, from: 0, to: 16 });
    expect(pageOf(47, 16, 2)).toMatchObject({ at: 2, from: 32, to: 47 });
  });

  test("when people leave, the page shown is the last there is", () => {
    expect(pageOf(9, 9, 4)).toMatchObject({ at: 0, count: 1, from: 0, to: 9 });
    expect(pageOf(0, 9, 1)).toMatchObject({ at: 0, count: 1, to: 0 });
  });

  test("tiles come out as large as the box allows", () => {
    expect(gridFor(9, 1400, 740, 12)).toEqual({ columns: 3, rows: 3 });
    expect(gridFor(25, 1400, 740, 12)).toEqual({ columns: 5, rows: 5 });
    expect(gridFor(3, 1400, 740, 12)).toEqual({ columns: 2, rows: 2 });
    expect(gridFor(3, 1400, 300, 12)).toEqual({ columns: 3, rows: 1 });
    expect(gridFor(1, 1400, 740, 12)).toEqual({ columns: 1, rows: 1 });
  });

  test("a phone shows two columns and leaves room for the talk", () => {
    expect(phoneRows(390, 844)).toBe(3);
    expect(phoneRows(360, 640)).toBe(2);
  });

  test("a larger page needs more slots, never more than one connection has", () => {
    expect(slotsFor(9)).toBeGreaterThanOrEqual(9);
    expect(slotsFor(25)).toBe(25);
  });

  test("only a clear sideways stroke turns the page", () => {
    expect(swipe(-80, 10)).toBe(1);
    expect(swipe(80, 10)).toBe(-1);
    expect(swipe(-80, 70)).toBe(0);
    expect(swipe(20, 0)).toBe(0);
  });
});
