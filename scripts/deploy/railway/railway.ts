// An example of the application's .railway/railway.ts: the database comes to head before a deployment goes live.
// Railway does not read this file when it deploys. It is evaluated by its command line: `railway config plan` shows what
// would change, `railway config apply` changes it. railway.toml and railway.json are not read from 2026-12-01 on.
//
// Copy it, put your own values where a name stands in <>, and install what it imports: `npm install railway`. This
// repository is in the folder backend/migrations/ of the application's, which both of its Dockerfiles bring into the image as
// migrations/ and install (docs/deploy.md has their two lines); the service starts in the folder above it.
//
// Tried without Railway: the file fits the types of the package `railway` 3.11, its function gives the settings that
// Railway's documents name (startCommand, preDeployCommand, healthcheckPath, healthcheckTimeout), and the scripts it
// names run. Not tried: `railway config plan` and `apply`, and a deployment. Read the plan before you apply it.
import { defineRailway, github, preserve, project, service } from "railway/iac";

// Without a name of its own the file stands for the whole project, and what it does not list, the database included, is
// planned to be deleted.
export const partial = "<service>";

export default defineRailway(() => {
  const application = service("<service>", {
    // As it is in the dashboard: what is left out is planned to be removed.
    source: github("<owner>/<repository>", { branch: "main" }),

    // Runs in a container of its own, once, before the new version starts: if it fails, the old one goes on.
    preDeploy: "sh migrations/scripts/deploy/predeploy.sh",

    // Without a shell around it, an image built from a Dockerfile would not know $PORT.
    start: "/bin/sh -c 'exec uvicorn app.main:app --host 0.0.0.0 --port $PORT'",
    // A SQLite file on a volume, which a pre-deploy does not see: without preDeploy, and
    // start: "/bin/sh -c 'exec sh migrations/scripts/deploy/start.sh uvicorn app.main:app --host 0.0.0.0 --port $PORT'",

    // The application has no /health.
    healthcheck: "/healthz",
    // Seconds. More than all that may go before the first answer: start.sh takes 60 at most, the start-up hook 60.
    healthcheckTimeout: 300,

    // Every variable the service has: one that is left out is planned to be deleted. preserve() keeps its value.
    env: {
      DATABASE_URL: preserve(),
    },
  });

  return project("<project>", { resources: [application] });
});
