// The texts of machines we met: pure v2, hybrid, a container.
import assert from "node:assert/strict";
import { it } from "node:test";
import { hierarchiesOf } from "./cgroup-layout.ts";

it("reads a machine with version 2 alone", () => {
  const found = hierarchiesOf("30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", "0::/user.slice/user-1000.slice/session-3.scope\n");
  assert.deepEqual(found, [{ version: 2, mountPoint: "/sys/fs/cgroup", own: "/user.slice/user-1000.slice/session-3.scope", controllers: [] }]);
});

it("reads a hybrid machine, and leaves out hierarchies that limit nothing", () => {
  const mounts = [
    "31 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
    "32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
    "33 30 0:29 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd",
    "34 30 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
  ].join("\n");
  const found = hierarchiesOf(mounts, "4:memory:/shell/1\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n");
  assert.deepEqual(found.map(({ version, own, controllers }) => [version, own, controllers]), [[1, "/shell/1", ["memory"]], [1, "/", ["cpu"]], [2, "/", []]]);
});

it("knows its place when a container's mount shows only a branch", () => {
  const found = hierarchiesOf("40 39 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory", "5:memory:/docker/abc/inner\n");
  assert.equal(found[0]?.own, "/inner");
});

it("is empty where nothing is mounted", () => {
  assert.deepEqual(hierarchiesOf("23 1 8:1 / / rw - ext4 /dev/root rw", ""), []);
});
