import { mainJobTest } from "../testkit/main-job.ts";
import { containerPlace } from "../testkit/places.ts";

mainJobTest(await containerPlace());
