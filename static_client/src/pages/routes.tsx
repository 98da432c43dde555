// Which address shows which page. Each page is fetched when first needed.
import { Outlet, Route, Routes } from "react-router";
import { JoinProvider } from "./shared/join";
import { LazyPage, PageSource } from "./shell/LazyPage";
import { NotFoundPage } from "./shell/NotFoundPage";
import { SignedIn } from "./shell/session";
import "./shell/shell.css";

const SignInPage = PageSource.of(
  () => import("./signin/SignInPage"),
  (m) => m.SignInPage,
);
const HomePage = PageSource.of(
  () => import("./home/HomePage"),
  (m) => m.HomePage,
);
const PrejoinPage = PageSource.of(
  () => import("./prejoin/PrejoinPage"),
  (m) => m.PrejoinPage,
);
const DeviceCheckPage = PageSource.of(
  () => import("./prejoin/DeviceCheckPage"),
  (m) => m.DeviceCheckPage,
);
const ClassroomPage = PageSource.of(
  () => import("./classroom/ClassroomPage"),
  (m) => m.ClassroomPage,
);
const DeskPage = PageSource.of(
  () => import("./desk/DeskPage"),
  (m) => m.DeskPage,
);
const ClassPage = PageSource.of(
  () => import("./desk/ClassPage"),
  (m) => m.ClassPage,
);
const RollPage = PageSource.of(
  () => import("./roll/RollPage"),
  (m) => m.RollPage,
);
const SheetPage = PageSource.of(
  () => import("./sheet/SheetPage"),
  (m) => m.SheetPage,
);
const PlaybackPage = PageSource.of(
  () => import("./playback/PlaybackPage"),
  (m) => m.PlaybackPage,
);
const VerifyPage = PageSource.of(
  () => import("./verify/VerifyPage"),
  (m) => m.VerifyPage,
);

// A lesson's link fetches its pages at once, not only when it is known who has come.
if (/^\/lessons\/[^/]+$/.test(location.pathname)) PrejoinPage.ahead();
if (/^\/lessons\/[^/]+(\/room)?$/.test(location.pathname)) ClassroomPage.ahead();

function Gate() {
  return (
    <SignedIn>
      <JoinProvider>
        <Outlet />
      </JoinProvider>
    </SignedIn>
  );
}

export function PageRoutes() {
  return (
    <Routes>
      <Route path="/sign-in" element={<LazyPage source={SignInPage} />} />
      <Route path="/device-check" element={<LazyPage source={DeviceCheckPage} />} />
      <Route path="/verify/:code" element={<LazyPage source={VerifyPage} />} />
      <Route element={<Gate />}>
        <Route path="/" element={<LazyPage source={HomePage} />} />
        <Route path="/lessons/:lesson" element={<LazyPage source={PrejoinPage} />} />
        <Route path="/lessons/:lesson/room" element={<LazyPage source={ClassroomPage} />} />
        <Route path="/lessons/:lesson/roll" element={<LazyPage source={RollPage} />} />
        <Route path="/lessons/:lesson/sheet" element={<LazyPage source={SheetPage} />} />
        <Route path="/lessons/:lesson/recording" element={<LazyPage source={PlaybackPage} />} />
        <Route path="/desk" element={<LazyPage source={DeskPage} />} />
        <Route path="/desk/:lesson" element={<LazyPage source={ClassPage} />} />
      </Route>
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  );
}
