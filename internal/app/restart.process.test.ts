import { sandboxPlace } from "../testkit/places.ts";
import { restartTest } from "../testkit/restarts.ts";

restartTest(sandboxPlace);
