// @vitest-environment happy-dom
// What no test of plain functions sees: what React shows when things come at the worst moment, or are rendered twice.
import { act, Suspense, use, useLayoutEffect } from "react";
import { createRoot, type Root } from "react-dom/client";
import { MemoryRouter, Route, Routes } from "react-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LocalMedia } from "@/call/local_media";
import { TextProvider } from "@/locales/text";
import { ClassroomPage } from "@/pages/classroom/ClassroomPage";
import { JoinProvider, useJoinDesk } from "@/pages/shared/join";
import { LazyPage, PageSource } from "@/pages/shell/LazyPage";

// happy-dom loads no fonts.
vi.hoisted(() => Object.defineProperty(document, "fonts", { value: new EventTarget() }));
vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);

let root: Root;
let shown: HTMLElement;

beforeEach(() => {
  shown = document.body.appendChild(document.createElement("div"));
  root = createRoot(shown);
});

afterEach(async () => {
  await act(() => root.unmount());
  shown.remove();
});

const Page = () => <h1>Lịch dạy</h1>;

/** The code is there after the page was rendered and before it begins to wait. */
function Arrival({ source }: { source: PageSource }) {
  useLayoutEffect(() => {
    source.ready = Page;
  }, [source]);
  return null;
}

/** Waits for something: what was rendered beside it is thrown away and rendered again. */
function Late({ until }: { until: Promise<void> }) {
  use(until);
  return <p>late</p>;
}

function Prejoin() {
  useJoinDesk().put({
    lesson: "l",
    local: {} as LocalMedia,
    listenOnly: true,
    takeOver: false,
    ticket: null,
  });
  return null;
}

test("a page whose code comes between rendering and waiting for it is shown", async () => {
  let arrive: (page: typeof Page) => void = () => undefined;
  const source = PageSource.of(
    () =>
      new Promise<typeof Page>((resolve) => {
        arrive = resolve;
      }),
    (page) => page,
  );
  source.ahead();
  await act(async () => {
    root.render(
      <TextProvider>
        <LazyPage source={source} />
        <Arrival source={source} />
      </TextProvider>,
    );
  });
  await act(async () => arrive(Page));
  expect(shown.textContent).toContain("Lịch dạy");
});

test("what prejoin hands over is kept when React renders the classroom twice", async () => {
  vi.useFakeTimers();
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await act(async () => {
    root.render(
      <TextProvider>
        <JoinProvider>
          <Prejoin />
          <Suspense>
            <MemoryRouter initialEntries={["/lessons/l/room"]}>
              <Routes>
                <Route path="/lessons/:lesson/room" element={<ClassroomPage />} />
                <Route path="/lessons/:lesson" element={<p>prejoin again</p>} />
              </Routes>
            </MemoryRouter>
            <Late until={arrived} />
          </Suspense>
        </JoinProvider>
      </TextProvider>,
    );
  });
  await act(async () => arrive());
  expect(shown.textContent).toContain("late");
  expect(shown.textContent).not.toContain("prejoin again");
  await act(() => root.unmount());
  vi.useRealTimers();
  root = createRoot(shown);
});
