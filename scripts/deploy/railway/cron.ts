// An example of the .railway/railway.ts of a project that looks after many databases: a service each, which runs by night
// and ends. Its exit code is the database's own, so that Railway shows which one is not well.
//
// Copy it into a repository whose project has these services and nothing else: what the file does not list is planned to
// be deleted. Name the databases, put your own values where a name stands in <>, and install what it imports:
// `npm install railway`. A service's source is this repository, whose Dockerfile is built, and its DATABASE_URL is that of
// its own database. Railway skips a start while the one before it still runs.
//
// Tried without Railway: the file fits the types of the package `railway` 3.11 and gives the settings that are meant. Not
// tried: `railway config plan` and `apply`. Read the plan before you apply it.
import { defineRailway, github, preserve, project, service } from "railway/iac";

const databases = ["loja-1", "loja-2"];

const nightly = (name, number) =>
  service(`migrations-${name}`, {
    source: github("<owner>/<repository>", { branch: "main" }),
    build: { builder: "DOCKERFILE", dockerfilePath: "Dockerfile" },
    deploy: {
      // To head, if it is not there; then its health, and the alerts that are due.
      startCommand: "/bin/sh -c 'python -m painel_migrations upgrade && exec python -m painel_migrations health --report'",
      // Half past five UTC is the night in Brazil; a minute apart, so that not all begin at once.
      cronSchedule: `${30 + number} 5 * * *`,
      // Another start would say the same until somebody has looked.
      restartPolicyType: "NEVER",
    },
    env: {
      DATABASE_URL: preserve(),
      MIGRATION_ALERT_URL: preserve(),
    },
  });

export default defineRailway(() => project("<project>", { resources: databases.map(nightly) }));
