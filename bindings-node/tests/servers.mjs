// Servers of a test's own, made by scripts/with-servers, to be killed, stopped and started again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const SCRIPT = join(import.meta.dirname, "../../../scripts/with-servers");

/** Starts servers of one kind; answers what the script said of them, the processes, and how they are ended. */
export async function start(kind, environment = {}) {
  // A free port may be another's before a server has it, and a cluster wants a dozen.
  for (let left = 2; left > 0; left--) {
    try {
      return await startOnce(kind, environment);
    } catch (error) {
      console.error(`# once more: ${error.message}`);
    }
  }
  return startOnce(kind, environment);
}

async function startOnce(kind, environment) {
  const command = ["bash", "-c", 'echo "$SANSMS_REDIS $SANSMS_REDIS_CLUSTER $SANSMS_POSTGRES $SANSMS_MARIADB"; exec cat'];
  // Those of the script that runs the tests would be passed on.
  const none = { SANSMS_REDIS: "", SANSMS_REDIS_CLUSTER: "", SANSMS_POSTGRES: "", SANSMS_MARIADB: "" };
  // A crash must lose nothing that was answered.
  const env = { ...process.env, ...none, CI: "true", SANSMS_DURABLE: "1", ...environment };
  const script = spawn(SCRIPT, [kind, ...command], { env, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  script.stderr.on("data", (chunk) => (said += chunk));
  const lines = createInterface({ input: script.stdout });
  const [line] = await Promise.race([once(lines, "line"), once(script, "close").then(() => Promise.reject(new Error(`no ${kind}: ${said}`)))]);
  let servers;
  try {
    // One that is just ending has no command line any more, or nothing at all.
    const alive = children(script.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "");
    servers = alive.map((pid) => new Server(pid)).filter(({ name }) => name in PROGRAMS);
  } catch (error) {
    // What was started would keep this process from ending.
    script.stdin.end();
    throw error;
  }
  const close = async () => {
    await Promise.all(servers.map((server) => server.kill()));
    const closed = once(script, "close");
    script.stdin.end();
    await closed;
  };
  return { address: line.trim(), servers, close };
}

const PROGRAMS = {
  "redis-server": ({ port, cwd }) => ["--bind", "127.0.0.1", "--port", port, "--dir", cwd, "--save", "", "--appendonly", "yes", "--appendfsync", "always"],
  "postgres": ({ words }) => words,
  "mariadbd": ({ words }) => words,
};

/** One process, and its children, as it can be started again: for Redis with a file that outlives it. */
export class Server {
  constructor(pid) {
    const home = `/proc/${pid}`;
    this.pid = pid;
    this.program = readlinkSync(`${home}/exe`);
    // Redis writes its address after its name; and its program may be a link to another, which goes by the name.
    const [title, ...words] = readFileSync(`${home}/cmdline`, "utf8").split("\0").slice(0, -1);
    [this.argv0, this.title] = [title.split(" ")[0], title];
    this.name = this.argv0.split("/").at(-1);
    this.words = words;
    this.cwd = readlinkSync(`${home}/cwd`);
    const pairs = readFileSync(`${home}/environ`, "utf8").split("\0").filter(Boolean);
    this.env = Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
    const { uid, gid } = statSync(home);
    this.who = process.getuid() === 0 ? { uid, gid } : {};
  }

  /** Sends a signal to all of the server's processes. */
  signal(name) {
    for (const pid of [this.pid, ...children(this.pid)]) {
      try {
        process.kill(pid, name);
      } catch {
        // It has ended.
      }
    }
  }

  /** Ends it at once, as a crash would. */
  async kill() {
    if (this.pid === undefined) return;
    this.signal("SIGKILL");
    // A process whose parent has heard of its end has closed its port for sure.
    while (existsSync(`/proc/${this.pid}`)) await sleep(5);
    this.pid = undefined;
  }

  /** Starts it again at the same port, and waits until it listens. */
  async start(port) {
    const words = PROGRAMS[this.name]({ ...this, port });
    const child = spawn(this.program, words, { argv0: this.argv0, cwd: this.cwd, env: this.env, stdio: "ignore", ...this.who });
    process.once("exit", () => child.kill("SIGKILL"));
    this.pid = child.pid;
    for (let left = 400; !(await listens(port)); left--) {
      if (left === 0 || child.exitCode !== null) throw new Error(`${this.name} did not start again`);
      await sleep(25);
    }
  }
}

function children(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port) }, () => resolve(socket.destroy() !== undefined));
    socket.on("error", () => resolve(false));
  });
}

/** Stands before a server, and while `cuts` is set cuts one connection in ten in the middle of a reply. */
export async function cutter(port) {
  const sockets = new Set();
  const proxy = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port: Number(port) });
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined).on("close", () => (near.destroy(), far.destroy(), sockets.delete(socket))));
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => {
      if (!state.cuts || Math.random() >= 0.1) return near.write(bytes);
      state.done += 1;
      near.write(bytes.subarray(0, bytes.length >> 1), () => near.destroy());
    });
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const state = {
    port: proxy.address().port,
    cuts: false,
    done: 0,
    close: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
  return state;
}
