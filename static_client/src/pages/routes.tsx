// Which address shows which page. Each page is fetched when first needed.
import { type ComponentType, lazy, Suspense } from "react";
import { Outlet, Route, Routes } from "react-router";
import { useText } from "@/locales/text";
import { Skeleton } from "@/ui/Feedback";
import { JoinProvider } from "./shared/join";
import { NotFoundPage } from "./shell/NotFoundPage";
import { SignedIn } from "./shell/session";
import "./shell/shell.css";

/** `pick` names the page in its module, so that modules keep named exports. */
function page<M>(load: () => Promise<M>, pick: (module: M) => ComponentType) {
  return lazy(async () => ({ default: pick(await load()) }));
}

const SignInPage = page(
  () => import("./signin/SignInPage"),
  (m) => m.SignInPage,
);
const HomePage = page(
  () => import("./home/HomePage"),
  (m) => m.HomePage,
);
const loadPrejoin = () => import("./prejoin/PrejoinPage");
const PrejoinPage = page(loadPrejoin, (m) => m.PrejoinPage);
const DeviceCheckPage = page(
  () => import("./prejoin/DeviceCheckPage"),
  (m) => m.DeviceCheckPage,
);
const loadClassroom = () => import("./classroom/ClassroomPage");
const ClassroomPage = page(loadClassroom, (m) => m.ClassroomPage);
const DeskPage = page(
  () => import("./desk/DeskPage"),
  (m) => m.DeskPage,
);
const ClassPage = page(
  () => import("./desk/ClassPage"),
  (m) => m.ClassPage,
);
const RollPage = page(
  () => import("./roll/RollPage"),
  (m) => m.RollPage,
);
const SheetPage = page(
  () => import("./sheet/SheetPage"),
  (m) => m.SheetPage,
);
const PlaybackPage = page(
  () => import("./playback/PlaybackPage"),
  (m) => m.PlaybackPage,
);
const VerifyPage = page(
  () => import("./verify/VerifyPage"),
  (m) => m.VerifyPage,
);

// A lesson's link fetches its page at once, not only when it is known who has come.
if (/^\/lessons\/[^/]+$/.test(location.pathname)) void loadPrejoin();
if (/^\/lessons\/[^/]+\/room$/.test(location.pathname)) void loadClassroom();

function Gate() {
  return (
    <SignedIn>
      <JoinProvider>
        <Outlet />
      </JoinProvider>
    </SignedIn>
  );
}

function Waiting() {
  const { t } = useText();
  return (
    <main className="page page--narrow">
      <Skeleton awaited={t("app.awaited")} />
    </main>
  );
}

export function PageRoutes() {
  return (
    <Suspense fallback={<Waiting />}>
      <Routes>
        <Route path="/sign-in" element={<SignInPage />} />
        <Route path="/device-check" element={<DeviceCheckPage />} />
        <Route path="/verify/:code" element={<VerifyPage />} />
        <Route element={<Gate />}>
          <Route path="/" element={<HomePage />} />
          <Route path="/lessons/:lesson" element={<PrejoinPage />} />
          <Route path="/lessons/:lesson/room" element={<ClassroomPage />} />
          <Route path="/lessons/:lesson/roll" element={<RollPage />} />
          <Route path="/lessons/:lesson/sheet" element={<SheetPage />} />
          <Route path="/lessons/:lesson/recording" element={<PlaybackPage />} />
          <Route path="/desk" element={<DeskPage />} />
          <Route path="/desk/:lesson" element={<ClassPage />} />
        </Route>
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
    </Suspense>
  );
}
