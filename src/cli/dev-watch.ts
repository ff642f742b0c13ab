// Watches a folder for saves: one watcher for each folder in it, so that files that are new, renamed into place or gone are all seen alike.
// What is below node_modules is watched for what is installed there, and where there are too many folders for that, looked at with every save.
import { type FSWatcher, watch } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import { CommandError } from "./terminal.ts";
import { LEFT_OUT } from "./zip-folder.ts";

/** An editor's save is several changes (truncate, write, rename): they are told together when nothing has happened for so long … */
const QUIET_MS = 15;
/** … and at least so often while a build goes on writing. */
const LONGEST_MS = 500;
/** An installation goes on for a while, and half of one is nothing to deploy. */
const INSTALLED_QUIET_MS = 500;
const FOLDERS_MAX = 2_000;
const INSTALLED_FOLDERS_MAX = 8_000;
/** The kernel keeps so many events for a program that is busy (16,384, fs.inotify.max_queued_events), and drops the rest unsaid. */
const EVENTS_MAX = 1_000;
const INSTALLED = "node_modules";
/** What editors put beside a file while it is saved: Vim's and Emacs' swap, lock and backup files, and Vim's probe. */
const EDITORS_OWN = /^(\.#.*|#.*#|.*~|\..*\.sw[a-z]|4913)$/;

export interface FolderWatch {
  close(): void;
}

/** `changed` gets the paths below `folder` that were touched, folders that have come whole among them; `all` when there may be others. */
export async function watchFolder(folder: string, clock: Clock, changed: (paths: Set<string>, all: boolean) => void): Promise<FolderWatch> {
  const watchers = new Map<string, FSWatcher>();
  let touched = new Set<string>();
  let events = 0;
  let sinceMs: number | undefined; // the first of them that is not below node_modules
  let cancel: (() => void) | undefined;
  let closed = false;
  let installedFolders = 0;
  let hasUnwatched = false;

  const isInstalled = (path: string): boolean => path.slice(folder.length).split("/").includes(INSTALLED);

  const tell = () => {
    cancel = undefined;
    const [told, all] = [touched, hasUnwatched || events > EVENTS_MAX || [...touched].some((path) => isInstalled(join(folder, path)))];
    touched = new Set();
    events = 0;
    sinceMs = undefined;
    changed(told, all);
  };
  const touch = (path: string) => {
    const now = clock.monotonicMs();
    if (!isInstalled(path)) sinceMs ??= now;
    events++;
    touched.add(relative(folder, path));
    cancel?.();
    cancel = clock.after(sinceMs === undefined ? INSTALLED_QUIET_MS : Math.max(0, Math.min(QUIET_MS, sinceMs + LONGEST_MS - now)), tell);
  };
  const leave = (path: string) => {
    if (!watchers.has(path)) return;
    for (const [below, watcher] of watchers) {
      if (below !== path && !below.startsWith(`${path}/`)) continue;
      watcher.close();
      watchers.delete(below);
      if (isInstalled(below)) installedFolders--;
    }
  };

  /** `isNew`: it has come since, and what is in it with nobody told. */
  async function enter(path: string, isNew: boolean): Promise<void> {
    if (closed || watchers.has(path)) return;
    const installed = isInstalled(path);
    if (installed ? installedFolders >= INSTALLED_FOLDERS_MAX : watchers.size - installedFolders >= FOLDERS_MAX) {
      if (!installed) throw new CommandError(`${folder} holds more than ${FOLDERS_MAX} folders outside node_modules, which are too many to watch: name the function's own folder`);
      hasUnwatched = true;
      return;
    }
    const watcher = watchFor(path, installed);
    if (!watcher) return;
    watcher.on("error", () => leave(path)); // it is gone
    watchers.set(path, watcher);
    if (installed) installedFolders++;
    if (isNew) touch(path); // again: what came into it before it was watched is seen by who looks now
    await look(path, isNew);
  }

  /** Undefined where the machine has no watcher left for what is below node_modules. */
  const watchFor = (path: string, installed: boolean): FSWatcher | undefined => {
    try {
      return watch(path, (kind, name) => { if (name !== null) seen(path, String(name), kind === "rename"); });
    } catch (error) {
      if (!installed || (error as NodeJS.ErrnoException).code === "ENOENT") throw error;
      hasUnwatched = true;
      return undefined;
    }
  };

  const seen = (path: string, name: string, isOther: boolean) => {
    if (LEFT_OUT.has(name) || EDITORS_OWN.test(name)) return;
    const at = join(path, name);
    touch(at);
    if (!isOther) return;
    leave(at); // another folder may have its name already
    enterIfFolder(at).catch(() => leave(at));
  };

  const enterIfFolder = async (path: string) => {
    const about = await lstat(path).catch(() => undefined);
    if (about?.isDirectory()) await enter(path, true); // not a link, which may lead back here
  };

  async function look(path: string, isNew: boolean): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    await Promise.all(entries.filter((entry) => entry.isDirectory() && !LEFT_OUT.has(entry.name)).map((entry) => enter(join(path, entry.name), isNew)));
  }

  try {
    await enter(folder, false);
  } catch (error) {
    leave(folder);
    throw error;
  }
  return {
    close() {
      closed = true;
      cancel?.();
      leave(folder);
    },
  };
}
