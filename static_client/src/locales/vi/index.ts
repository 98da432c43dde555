// The Vietnamese catalogue: source of truth for what can be said. Every key here has an English sentence in ../en.
import { classroom } from "./classroom";
import { common } from "./common";
import { desk } from "./desk";
import { home } from "./home";
import { prejoin } from "./prejoin";
import { problems } from "./problems";
import { record } from "./record";
import { signin } from "./signin";

export const vi = {
  ...common,
  ...problems,
  ...signin,
  ...home,
  ...prejoin,
  ...classroom,
  ...desk,
  ...record,
} as const;

export type TextKey = keyof typeof vi;
export type Catalogue = Readonly<Record<TextKey, string>>;
