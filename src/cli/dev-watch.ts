// Watches a folder for saves: one watcher for each folder in it, so that files that are new, renamed into place or gone are all seen alike.
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
const FOLDERS_MAX = 2_000;
/** In the package, but nobody edits there, and it can hold thousands of folders. */
const NOT_WATCHED = new Set([...LEFT_OUT, "node_modules"]);
/** What editors put beside a file while it is saved: Vim's and Emacs' swap, lock and backup files, and Vim's probe. */
const EDITORS_OWN = /^(\.#.*|#.*#|.*~|\..*\.sw[a-z]|4913)$/;

export interface FolderWatch {
  close(): void;
}

/** `changed` gets the paths below `folder` that were touched. */
export async function watchFolder(folder: string, clock: Clock, changed: (paths: Set<string>) => void): Promise<FolderWatch> {
  const watchers = new Map<string, FSWatcher>();
  let touched = new Set<string>();
  let sinceMs = 0;
  let cancel: (() => void) | undefined;
  let closed = false;

  const tell = () => {
    cancel = undefined;
    const told = touched;
    touched = new Set();
    changed(told);
  };
  const touch = (path: string) => {
    const now = clock.monotonicMs();
    if (touched.size === 0) sinceMs = now;
    touched.add(relative(folder, path));
    cancel?.();
    cancel = clock.after(Math.max(0, Math.min(QUIET_MS, sinceMs + LONGEST_MS - now)), tell);
  };
  const leave = (path: string) => {
    for (const [below, watcher] of watchers) {
      if (below !== path && !below.startsWith(`${path}/`)) continue;
      watcher.close();
      watchers.delete(below);
    }
  };

  async function enter(path: string): Promise<void> {
    if (closed || watchers.has(path)) return;
    if (watchers.size >= FOLDERS_MAX) throw new CommandError(`${folder} holds more than ${FOLDERS_MAX} folders outside node_modules, which are too many to watch: name the function's own folder`);
    const watcher = watch(path, (_kind, name) => { if (name !== null) seen(path, String(name)); });
    watcher.on("error", () => leave(path)); // it is gone
    watchers.set(path, watcher);
    await look(path);
  }

  const seen = (path: string, name: string) => {
    if (NOT_WATCHED.has(name) || EDITORS_OWN.test(name)) return;
    touch(join(path, name));
    enterIfFolder(join(path, name)).catch(() => leave(join(path, name)));
  };

  /** A folder that came in whole (unpacked, renamed) has told nobody of what is in it. */
  const enterIfFolder = async (path: string) => {
    const about = await lstat(path).catch(() => undefined);
    if (!about?.isDirectory()) return leave(path); // a file, a link (which may lead back here), or nothing anymore
    await enter(path);
  };

  async function look(path: string): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    await Promise.all(entries.filter((entry) => entry.isDirectory() && !NOT_WATCHED.has(entry.name)).map((entry) => enter(join(path, entry.name))));
  }

  try {
    await enter(folder);
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
