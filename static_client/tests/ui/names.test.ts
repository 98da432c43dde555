import { describe, expect, test } from "vitest";
import { compareNames, fitName, initialsOf, matchesSearch, plainOf, shorterForms } from "@/ui/names";

const byLetters = (text: string) => [...text].length;

describe("order of Vietnamese names", () => {
  test("people are sorted by given name with the Vietnamese alphabet", () => {
    const sorted = [
      "Ngô Thành Đạt",
      "Lê Hồng Ân",
      "Vũ Thanh Bình",
      "Đặng Thị Ngọc Ánh",
      "Nguyễn Hoài An",
      "Đỗ Tiến Dũng",
    ].sort(compareNames);
    expect(sorted.map((name) => name.split(" ").at(-1))).toEqual(["An", "Ánh", "Ân", "Bình", "Dũng", "Đạt"]);
  });

  test("the same given name is ordered by what stands before it", () => {
    expect(["Trần Thị An", "Lê Văn An", "Lê Thị An"].sort(compareNames)).toEqual([
      "Lê Thị An",
      "Lê Văn An",
      "Trần Thị An",
    ]);
  });

  test("a name typed on a Mac (NFD) sorts and shows like one typed elsewhere", () => {
    expect(compareNames("Lê Hồng Ân".normalize("NFD"), "Lê Hồng Ân")).toBe(0);
    expect(initialsOf("Lê Hồng Ân".normalize("NFD"))).toBe("HÂ");
  });
});

describe("initials", () => {
  test("are the first letters of the last two words with their marks", () => {
    expect(initialsOf("Đặng Thị Ngọc Ánh")).toBe("NÁ");
    expect(initialsOf("Ngô Thành Đạt")).toBe("TĐ");
    expect(initialsOf("Uyên")).toBe("U");
  });
});

describe("shortening", () => {
  test("goes from the full name to the given name, which is never cut", () => {
    expect(shorterForms("Công Tằng Tôn Nữ Hoàng Uyên")).toEqual([
      "Công Tằng Tôn Nữ Hoàng Uyên",
      "Công … Hoàng Uyên",
      "… Hoàng Uyên",
      "Uyên",
    ]);
  });

  test("takes the longest form that fits", () => {
    expect(fitName("Công Tằng Tôn Nữ Hoàng Uyên", 17, byLetters)).toBe("Công … Hoàng Uyên");
    expect(fitName("Công Tằng Tôn Nữ Hoàng Uyên", 12, byLetters)).toBe("… Hoàng Uyên");
    expect(fitName("Công Tằng Tôn Nữ Hoàng Uyên", 1, byLetters)).toBe("Uyên");
    expect(fitName("Giàng A Sử", 20, byLetters)).toBe("Giàng A Sử");
  });
});

describe("search", () => {
  test("ignores marks and treats đ as d", () => {
    expect(plainOf("Đặng Thị Ngọc Ánh")).toBe("dang thi ngoc anh");
    expect(matchesSearch("Ngô Thành Đạt", "dat")).toBe(true);
    expect(matchesSearch("Ngô Thành Đạt", "thanh ngo")).toBe(true);
    expect(matchesSearch("Ngô Thành Đạt", "an")).toBe(false);
  });
});
