import { containerPlace } from "../testkit/places.ts";
import { restartTest } from "../testkit/restarts.ts";

restartTest(await containerPlace());
