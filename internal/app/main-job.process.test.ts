import { mainJobTest } from "../testkit/main-job.ts";
import { sandboxPlace } from "../testkit/places.ts";

mainJobTest(sandboxPlace);
