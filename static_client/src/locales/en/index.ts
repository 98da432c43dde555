// English, complete beside Vietnamese: the type fails the build when a sentence is missing.
import type { Catalogue } from "../vi";
import { classroom } from "./classroom";
import { common } from "./common";
import { desk } from "./desk";
import { home } from "./home";
import { prejoin } from "./prejoin";
import { problems } from "./problems";
import { record } from "./record";
import { signin } from "./signin";

export const en: Catalogue = {
  ...common,
  ...problems,
  ...signin,
  ...home,
  ...prejoin,
  ...classroom,
  ...desk,
  ...record,
};
